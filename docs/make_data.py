"""docs/data.md, the dictionary of all that is stored, out of `casestream.stored`: `python -m docs.make_data`."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from casestream.fields import Collection, Field, Type
from casestream.stored import COLLECTIONS
from casestream.tables import POSTS, POSTS_VIEW, TABLES, VIEWS

PAGE = Path(__file__).with_name("data.md")
HEAD = """# Data dictionary

What a job stores in MongoDB, field by field. This page is made from the code: `python -m docs.make_data`; the job's
validators, `manage.py check`, the views and the loader are made from the same description.

## How it hangs together

    batches        5a27…:17              an entry for each micro-batch: what was read, what came of it, when
    micro_batches  5a27…:17:0            its posts, and the case count of that time; 5a27…:17:1 is its next part
    dead_letters   5a27…:posts/3/12345   an event of it that is no post, with its bytes
    posts, texts                         views of micro_batches: a row for each post, a row for each document
    removals       5a27…:posts/3/12346   a post that an event of it deletes, or edits, until it is gone
    coverage       covid:1795000000000   a time in which a push feed was not heard

`5a27…` is the id of Spark's query, 17 the number of the micro-batch in it. Posts of a requeue are in documents
`requeue:<run>:<part>`. An event is a post once, a dead letter once, or counted only: a tombstone, `forgotten`, one of
`deletions` or `filtered`.

**Committed or not.** A micro-batch is stored when its entry in `batches` has `state: "committed"`. Views and loader
show no other. Who reads `micro_batches` itself may see a batch's first parts before its last, or posts of a batch
that will be written again.

**-1 or null.** In MongoDB, views too, `total_case_count` is a number always, and -1 where it was not known:
`case_count.status` is then `unparsed`, `never` or `none`. In the loader's tables it is null instead, so that no mean
is taken with -1 in it. `cached` numbers are good ones, of `case_count.fetched_at`; the provider's own date of the
number is `case_count.as_of`. The number is world-wide and cumulative. It is always what was published;
`case_count.flags` says where it should not be trusted ([case-count.md](case-count.md)). Batches of before there were
flags have no such field: null in the loader's tables and the views, where later ones have a list, an empty one if there
is nothing to say.

**Times** are UTC, to the millisecond (pymongo returns them without a zone, unless told `tz_aware=True`). Of one post,
in the usual order: `created_at`, posted; `received_at`, heard; `timestamp`, its micro-batch was triggered, the same
for all posts of the batch and at every replay; of the batch, `planned_at` and `committed_at`. Different machines'
clocks made them: `created_at` may be a little later than `received_at`, and is years earlier where an old post is
sent again. To count posts per minute as they were written take `created_at`, as they came in `received_at`; to join
them with the case count take `timestamp`.

**A gap** is an entry of `coverage`, from `from` to `to`; without `to` it is still open. Posts of that time are
missing where it is `lost`, and were sent again later where it is `backfilled`. A minute without posts and without a
gap was a quiet one. Kafka has no gaps: it keeps what nobody has read yet.

**Integers** are 64 bits to a reader; MongoDB may hold what fits into 32 as such. A field that may be *missing* is not
there at all; one that may be null is there.

**To read quickly** ask for `job` and `timestamp` first: those have an index, `content` has none. A view passes the
question on, if it stands at the beginning of the pipeline: `db.posts.aggregate([{$match: {job: "covid", timestamp:
{$gte: …}}}, …])`.

MongoDB warns in its own log of a document that is not like this (`$jsonSchema`, of a post its fields' names only),
until an operator has it refuse them: `db.runCommand({collMod: "micro_batches", validationAction: "error"})`.
`manage.py check` looks at everything that is stored, down to each field of each post, and names what differs.
"""


def page() -> str:
    """The whole page."""
    parts = [
        HEAD,
        "## Collections\n",
        *(_section("", each) for each in COLLECTIONS),
        "## Views\n",
        *(_section("View ", each) for each in VIEWS),
        "## Tables of the loader\n",
        f"`load_posts` has the columns of the view `posts`, without `{POSTS_VIEW.fields[0].name}`. The others:\n",
        *(_section("Table ", _without_missing(each)) for each in TABLES if each is not POSTS),
    ]
    return "\n".join(parts)


def _without_missing(table: Collection) -> Collection:
    """A column is there for every row: what is missing in MongoDB is null in it."""
    fields = (replace(field, null=field.null or field.optional, optional=False) for field in table.fields)
    return replace(table, fields=tuple(fields))


def _section(kind: str, collection: Collection) -> str:
    rows = "".join(_row(name, field) for name, field in flat(collection.fields))
    head = "| field | what it is | type | unit | null | set by | example |\n|---|---|---|---|---|---|---|\n"
    return f"### {kind}`{collection.name}`\n\n{collection.about[0].upper()}{collection.about[1:]}.\n\n{head}{rows}"


def flat(fields: tuple[Field, ...], above: str = "") -> Iterator[tuple[str, Field]]:
    """Each field with its path, those of an object or of an array's objects behind it: `content[].metrics.likes`."""
    for field in fields:
        yield f"{above}{field.name}", field
        below = f"{above}{field.name}{'[]' if field.type == Type.OBJECTS else ''}."
        yield from flat(field.fields, below)


def _row(name: str, field: Field) -> str:
    values = f"; one of {', '.join(f'`{value}`' for value in field.values)}" if field.values else ""
    null = " or ".join(["null"] * field.null + ["missing"] * field.optional)
    cells = (f"`{name}`", field.about + values, str(field.type), field.unit, null, field.source, _example(field))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _example(field: Field) -> str:
    return "" if field.fields else f"`{json.dumps(field.example, ensure_ascii=False)}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
