"""A JSON object in an event: found, parsed once, known to be whole. Steps (`processors.steps`) of any source of JSON.

Spark's reader stops at the end of what it reads, and makes nulls of what it cannot: `{…}{…}` and `{…}] more` would pass
for their beginnings. So an event is parsed between two objects of ours, that hold what no event holds by chance.
(The options of the reader: https://spark.apache.org/docs/3.5.7/sql-data-sources-json.html#data-source-option)
"""

from collections.abc import Callable, Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from processors.posts import POST
from processors.steps import Found, in_steps

_OPTIONS = {
    "allowSingleQuotes": "false",
    "allowNonNumericNumbers": "false",
    "allowUnquotedControlChars": "true",
    "columnNameOfCorruptRecord": "damaged",
}
_BEFORE_JSON = r"^[\s\x{FEFF}]+"


def object_or_problem(
    event: Column,
    fields: str,
    problem: Callable[[Column], Column],
    post: Callable[[Column], Column],
    removes: Callable[[Column], Column] | None = None,
) -> Column:
    """An event that is one JSON object to `STRUCT<post, problem, removes>`, parsed once: see `StreamProcessor.process`.

    fields: a DDL list, `id STRING, text STRING`; what is not in the object is null, also what is of another type, but
    that a STRING takes anything, as its JSON. The rest are of the struct of these fields. problem: the name of what
    is wrong, null where nothing is; post: `posts.POST`, asked for where there is no problem; removes: the id of the
    post that the event ends, null where it ends none, which makes it a removal and nothing else. What is no JSON is
    `not_json`, and any JSON but an object `not_a_post`.
    """
    nothing = F.lit(None).cast("string")

    def judge(found: Found) -> Mapping[str, Column]:
        no_object = problem_of_json(found)
        ended = removes(root(found)).cast("string") if removes else nothing
        return {"object": root(found), "no_object": no_object, "removes": F.when(no_object.isNull(), ended)}

    def find_problem(found: Found) -> Mapping[str, Column]:
        wrong = F.when(found["removes"].isNull(), problem(found["object"]))
        return {"problem": F.coalesce(found["no_object"], wrong)}

    def finish(found: Found) -> Mapping[str, Column]:
        made = F.when(found["problem"].isNull() & found["removes"].isNull(), found["post"]).cast(POST)
        return {"outcome": F.struct(made.alias("post"), *(found[name].alias(name) for name in ("problem", "removes")))}

    return in_steps(
        event,
        find_json,
        find_mark,
        lambda found: {"read": parsed(found, fields)},
        judge,
        find_problem,
        lambda found: {"post": post(found["object"])},
        finish,
    )


def problem_of_json(found: Found) -> Column:
    """The problem of an event that is no whole JSON object, as `object_or_problem` names it; null where it is one."""
    broken = F.when(~is_whole(found), "not_json")
    return F.when(found["is_object"], broken).otherwise(problem_of_no_object(found["json"]))


def problem_of_no_object(json: Column) -> Column:
    """`not_a_post` for JSON of another kind than an object, else `not_json`."""
    # `get_json_object`, behind `is_json`, takes single quotes too.
    return F.when(is_json(json) & ~json.startswith("'"), "not_a_post").otherwise("not_json")


def find_json(found: Found) -> Mapping[str, Column]:
    """`json`: the event without the white space and byte order mark before it."""
    event = found["event"]
    return {"json": F.when(event.startswith("{"), event).otherwise(F.regexp_replace(event, _BEFORE_JSON, ""))}


def find_mark(found: Found) -> Mapping[str, Column]:
    """`is_object`: whether it begins as one; `mark`, for `parsed`."""
    json = found["json"]
    return {"is_object": json.startswith("{"), "mark": _mark(json)}


def parsed(found: Found, fields: str) -> Column:
    """The event's fields (a DDL list), as `root` finds them in `read`; null where it does not begin as an object."""
    schema = f"STRUCT<payload ARRAY<STRUCT<{fields}, mark STRING>>, damaged STRING>"
    mark = F.concat(F.lit('{"mark":"'), found["mark"], F.lit('"}'))
    payload = F.concat(F.lit('{"payload":['), mark, F.lit(","), found["json"], F.lit(","), mark, F.lit("]}"))
    return F.from_json(F.when(found["is_object"], payload), schema, _OPTIONS)


def root(found: Found) -> Column:
    """The struct of the event's fields, out of `read`."""
    return found["read"]["payload"][1]


def is_whole(found: Found) -> Column:
    """Whether the event was one value and nothing but that, as `is_json` says, without parsing it anew; never null.

    Spark makes nulls of what it cannot read in a field, be it only of another type, and goes on; it says so in a column
    of its choice. Only then is the event parsed a second time.
    """
    payload, mark = found["read"]["payload"], found["mark"]
    is_framed = (F.size(payload) == 3) & (payload[0]["mark"] == mark) & (payload[2]["mark"] == mark)
    whole = is_framed & (found["read"]["damaged"].isNull() | is_json(found["json"]))
    return F.coalesce(whole, F.lit(False))


def is_json(json: Column) -> Column:
    """Whether a string is one JSON value and nothing but that: what stands behind it is read too. Never null."""
    mark = _mark(json)
    return F.get_json_object(F.concat(F.lit("["), json, F.lit(',"'), mark, F.lit('"]')), "$[1]").eqNullSafe(mark)


def _mark(json: Column) -> Column:
    return F.xxhash64(json).cast("string")
