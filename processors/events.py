"""One event, text or JSON, to a post or a problem: what the Kafka and the socket source have in common."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from processors.json_event import is_json
from processors.tweets import tweet_or_problem


def post_or_problem(event: Column) -> Column:
    """One decoded event to `STRUCT<post, problem, removes>` (`StreamProcessor.process`), removes beside an edit only.

    A JSON object is read by `tweets.tweet_or_problem`; an array is no post; any other line is a post whose text is that
    line (people do write a number, a word in quotes, `null`). What begins as an object or as an array of objects is
    taken for JSON. `id` and `created_at` are null where there is none.
    """
    return tweet_or_problem(event, _array_or_text)


def _array_or_text(json: Column) -> Column:
    return F.when(json.startswith("[") & is_json(json), "not_a_post").when(json.startswith('[{"'), "not_json")
