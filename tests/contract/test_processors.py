"""What every processor promises, tried on its examples (`tests/contract/examples`)."""

import hashlib
from dataclasses import dataclass, field

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from errors import FixSettings
from processors import PROCESSORS
from processors.base import StreamProcessor
from processors.rows import with_outcome
from runtime.plugins import required_settings
from tests.contract.conftest import Frame, ordered, outcome
from tests.contract.examples.base import ProcessorExamples
from tests.contract.examples.found import examples_of, needed, what_to_write
from tests.contract.lived import Lived, live
from tests.contract.overheard import Overheard, overhearing, with_secrets
from tests.contract.plugin import registered
from tests.contract.promises import broken, kept
from tests.streaming.fakes import FakeJob

PROBLEMS = {"not_utf8", "too_long", "not_json", "no_text", "bad_field", "not_a_post"}
LONGEST = 1_000
TOO_LONG, NOT_UTF8 = b"x" * (LONGEST + 1), b"\xff\x00\r"
OF_THE_BASE = {TOO_LONG: "too_long", NOT_UTF8: "not_utf8"}
ANYTHING = [
    *(b"", b" ", b"\n", b"\x00", b"plain words", "\ufeff\u2028é😀".encode(), b"#" * LONGEST, b"&amp;" * 200),
    *(b"42", b"-1e999", b"null", b"true", b'"text"', b"'text'", b"NaN", b"[]", b"[[", b"[{}]", b"[" * LONGEST),
    *(
        b"{",
        b"{}",
        b"}",
        b'{"',
        b'{"a":',
        b'{"a":1}{"a":2}',
        b'{"a":1} more',
        b'{"text":',
        b'{"a":' * 199,
        b'{"id":{}}',
    ),
    *(
        b'{"text":null}',
        b'{"text":{"text":[]}}',
        b'{"text":["x"]}',
        b'{"text":1}',
        b'{"id":[],"text":"x"}',
        b'{"data":[]}',
    ),
    *(
        b'{"text":"\\ud800"}',
        b'{"text":"x","text":"y"}',
        b'{"created_at":99999999999999999999,"text":"x"}',
        b"<p>x</p>",
    ),
]
PROCESS = "processors/base.py, StreamProcessor.process"


@dataclass
class Tried:
    """A processor with everything that it was made of, and what it made of events, read once.

    rows: of the `known` events and a tombstone behind them; anything: of ANYTHING, or what that raised.
    """

    kind: type[StreamProcessor]
    examples: ProcessorExamples | None
    processor: StreamProcessor
    overheard: Overheard
    rows: list[Row] = field(default_factory=list)
    anything: list[Row] | Exception = field(default_factory=list)

    @property
    def known(self) -> list[bytes]:
        """Events of which it is known what becomes of them."""
        if self.examples is None:
            pytest.skip(f"no examples of {self.kind.__qualname__}")
        return [*self.examples.posts, *self.examples.problems, *OF_THE_BASE, *self.examples.removals]

    def read_all(self, events: Frame) -> None:
        """Both in one go, which takes half the time; apart where that fails."""
        known = [*self.known, None] if self.examples else []
        try:
            rows = ordered(self.read(events([*known, *ANYTHING])))
        except Exception as error:  # noqa: BLE001 - whatever Spark makes of what a plug-in raises
            self.anything = error
            self.rows = ordered(self.read(events(known))) if known else []
        else:
            self.rows, self.anything = rows[: len(known)], rows[len(known) :]

    def read(self, batch: DataFrame) -> DataFrame:
        return with_outcome(batch, self.processor.process, self.processor.settings)


@pytest.fixture(scope="module")
def tried(
    processor_kind: type[StreamProcessor], events: Frame, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Tried:
    """The processor, made of fakes, and what it makes of events."""
    examples = examples_of(processor_kind, ProcessorExamples)
    given = with_secrets(examples.settings if examples else {}, processor_kind.requires)
    source = {kind: name for name, kind in PROCESSORS.items()}.get(processor_kind, "own")
    job = FakeJob(spark, tmp_path_factory.mktemp("tried"), source=source, max_event_bytes=LONGEST, **given)
    with overhearing() as overheard:
        made = Tried(processor_kind, examples, processor_kind(job.parts()), overheard)
        made.read_all(events)
    return made


@pytest.fixture(scope="module")
def lived(
    processor_kind: type[StreamProcessor], spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Lived:
    """Its job, from one batch to the next."""
    examples = needed(processor_kind, ProcessorExamples)
    if examples.publish is None and not processor_kind.receiver:
        pytest.skip("it reads by itself, and its examples have no `publish`: what its job does is tried elsewhere")
    return live(processor_kind, examples, spark, tmp_path_factory.mktemp("lived"))


def test_every_registered_processor_has_examples() -> None:
    assert all(examples_of(kind, ProcessorExamples) for kind in registered(StreamProcessor).values())


@pytest.mark.parametrize("name", PROCESSORS)
def test_every_problem_of_the_closed_list_is_reached_by_the_examples_of_a_registered_source(name: str) -> None:
    assert {*needed(PROCESSORS[name], ProcessorExamples).problems.values(), *OF_THE_BASE.values()} == PROBLEMS


def test_a_processor_has_examples(processor_kind: type[StreamProcessor]) -> None:
    if examples_of(processor_kind, ProcessorExamples) is None:
        pytest.fail(what_to_write(processor_kind, ProcessorExamples), pytrace=False)


def test_what_it_requires_are_settings(processor_kind: type[StreamProcessor]) -> None:
    try:
        required_settings(f"{processor_kind.__module__}:{processor_kind.__qualname__}")
    except FixSettings as mistakes:
        broken("`requires` names settings, `receiver` a Receiver", str(mistakes), "processors/base.py, StreamProcessor")


def test_good_events_become_posts(tried: Tried) -> None:
    tried.known  # noqa: B018 - skips where there are none
    assert tried.examples
    for (event, text), row in zip(tried.examples.posts.items(), tried.rows, strict=False):
        kept(row["post"] is not None, f"{event!r} is a post", f"problem {row['problem']!r}", PROCESS)
        post = row["post"]
        kept(post["text"] == text, f"the text of {event!r} is {text!r}", post["text"], PROCESS)
        kept(
            bool(post["id"] and post["kind"] and post["created_at"]) and post["raw_text"] is not None,
            "a post has an id, a kind, a time and its raw text; id and time of receipt are put in where they are null",
            post,
            "processors/posts.py, POST",
        )
        kept(post["source"] == tried.processor.settings.source, "a post has its source", post["source"], PROCESS)


def test_events_that_are_no_posts_have_the_problem_that_they_should(tried: Tried) -> None:
    tried.known  # noqa: B018
    assert tried.examples
    problems = {**tried.examples.problems, **OF_THE_BASE}
    for (event, problem), row in zip(problems.items(), tried.rows[len(tried.examples.posts) :], strict=False):
        kept(
            row["problem"] == problem and row["post"] is None,
            f"{event[:100]!r} is a dead letter: {problem}",
            f"problem {row['problem']!r}, post {row['post']!r}",
            PROCESS,
        )


def test_events_that_end_a_post_remove_its_id_and_are_none(tried: Tried) -> None:
    rows = dict(zip(tried.known, tried.rows, strict=False))
    assert tried.examples
    for event, id in tried.examples.removals.items():
        came = {name: rows[event][name] for name in ("removes", "post", "problem")}
        promised = {"removes": id, "post": None, "problem": None}
        kept(came == promised, f"{event[:100]!r} removes the post {id}, and is neither post nor problem", came, PROCESS)


def test_a_dead_letter_keeps_the_bytes_their_length_and_their_hash(tried: Tried) -> None:
    rows = dict(zip(tried.known, tried.rows, strict=False))
    for event in (TOO_LONG, NOT_UTF8):
        row = rows[event]
        came = (bytes(row["raw"]), row["length"], row["sha256"])
        promised = (event[:LONGEST], len(event), hashlib.sha256(event).hexdigest())
        kept(came == promised, f"a dead letter keeps (raw, length, sha256) {promised}", came, "processors/rows.py")
    assert tried.examples
    letterless = rows[next(iter(tried.examples.posts))]
    assert [letterless[name] for name in ("raw", "length", "sha256")] == [None, None, None]


def test_a_tombstone_is_neither_post_nor_problem(tried: Tried) -> None:
    tried.known  # noqa: B018
    row = tried.rows[-1]
    kept(
        [row[name] for name in ("post", "problem", "removes", "raw")] == [None] * 4 and row["filtered"] is False,
        "an event without a value (null) is counted, and no more",
        row,
        PROCESS,
    )


def test_whatever_comes_becomes_one_of_the_five_outcomes_and_fails_nothing(tried: Tried) -> None:
    if isinstance(found := tried.anything, Exception):
        said = str(found).strip().partition("\n")[0]
        broken("no event, whatever it is, fails the query: what cannot be read is a dead letter", said, PROCESS)
    for event, row in zip(ANYTHING, found, strict=True):
        try:
            outcome(row)
        except AssertionError:
            broken(
                f"{event[:100]!r} is a post, a problem, a removal, an edit (post and removal), or left out",
                {name: row[name] for name in ("post", "problem", "removes")},
                PROCESS,
            )
        kept(
            row["problem"] is None or row["problem"] in PROBLEMS,
            f"a problem is one of {', '.join(sorted(PROBLEMS))}",
            f"{row['problem']!r} of {event[:100]!r}",
            PROCESS,
        )


def test_a_replayed_batch_gives_the_same_rows(tried: Tried, events: Frame) -> None:
    again = ordered(tried.read(events([*tried.known, None]).repartition(2)))
    kept(
        again == tried.rows,
        "the same events give the same rows, whenever and however they are divided: no random(), no current time",
        [row for row, former in zip(again, tried.rows, strict=True) if row != former][:1],
        PROCESS,
    )


def test_what_is_built_on_a_source_s_column_gives_the_same(tried: Tried, events: Frame) -> None:
    processor = tried.processor
    batch = events([*tried.known, None])
    wrapped = with_outcome(batch, lambda event: F.coalesce(processor.process(event)), processor.settings)
    assert ordered(wrapped) == tried.rows


def test_no_python_runs_on_executors(tried: Tried, events: Frame) -> None:
    plan = whole_plan(tried.read(events([b"x"])))
    assert "problem" in plan
    found = [word for word in ("Python", "Arrow", "MapInPandas", "Pandas") if word in plan]
    kept(not found, "process() is made of Spark's own functions: no UDF, no Python on executors", found, PROCESS)


def test_json_is_parsed_no_oftener_than_a_registered_source_needs(tried: Tried, events: Frame) -> None:
    if tried.examples is None or tried.kind not in PROCESSORS.values():
        pytest.skip("a matter of speed, not of the contract: see processors/steps.py")
    assert whole_plan(tried.read(events([b"x"]))).count("from_json(") == tried.examples.parses


def test_no_secret_is_in_rows_logs_and_reprs(tried: Tried) -> None:
    """Not even in what is kept beside a dead letter; its bytes are those that the feed sent."""
    tried.known  # noqa: B018
    told = [{name: value for name, value in row.asDict().items() if name != "raw"} for row in tried.rows]
    tried.overheard.add(repr(tried.processor), *map(str, told))
    lines = tried.overheard.secrets_in_it(tried.processor.settings.secrets())
    kept(
        bool(tried.processor.settings.secrets()) and not lines,
        "a secret setting is in no log line, nothing printed, no row and no repr",
        lines,
        tried.kind.__module__,
    )


def test_a_job_that_is_to_stop_begins_no_batch(lived: Lived) -> None:
    kept(
        lived.when_stopped is not None and lived.stored_when_stopped == 0,
        "process_micro_batch() raises StopRequested and stores nothing when the job is to stop",
        f"raised {lived.when_stopped!r}, stored {lived.stored_when_stopped} documents",
        "processors/base.py, StreamProcessor.process_micro_batch",
    )


def test_a_job_goes_on_where_it_was_and_stores_each_event_once(
    processor_kind: type[StreamProcessor], lived: Lived
) -> None:
    examples = needed(processor_kind, ProcessorExamples)
    texts = list(examples.posts.values())
    kept(
        list(lived.texts) == sorted([*texts, texts[0]]),
        f"two runs, the second of which goes on where the first was, store {sorted([*texts, texts[0]])}",
        f"{lived.texts}, in {lived.batches} batches",
        "processors/base.py, StreamProcessor.read_stream, and the checkpoint of write_stream",
    )


def test_a_job_stores_what_it_cannot_read_to_the_byte(processor_kind: type[StreamProcessor], lived: Lived) -> None:
    expected = sorted(needed(processor_kind, ProcessorExamples).problems)
    kept(
        list(lived.letters) == expected,
        f"read_stream() gives each event as it was received, and a dead letter keeps it: {expected}",
        list(lived.letters),
        "processors/base.py, StreamProcessor.read_stream",
    )


def test_a_batch_that_is_run_again_stores_the_same_bytes(lived: Lived) -> None:
    before, after = lived.replayed
    changed = {name for name in before if before[name] != after[name]}
    kept(
        not changed,
        "a batch whose offsets Spark has logged holds the same rows whenever it is run again: documents are the same",
        f"other documents in {', '.join(changed)}",
        "processors/base.py, StreamProcessor.read_stream: `value`, `origin` and `received_at` must not change",
    )


def whole_plan(frame: DataFrame) -> str:
    """The physical plan with every field in it."""
    conf = frame.sparkSession.conf
    conf.set("spark.sql.debug.maxToStringFields", "100000")
    try:
        return str(frame._jdf.queryExecution().executedPlan().toString())
    finally:
        conf.unset("spark.sql.debug.maxToStringFields")
