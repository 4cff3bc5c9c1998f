"""The suite over plug-ins that break one promise each: that check fails, and no other; it says what was promised."""

import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from case_count import Reading
from errors import FixSettings
from processors.kafka import KafkaProcessor
from processors.socket import SocketProcessor
from receivers.socket import SocketReceiver
from scraper.page import Page
from scraper.web import WebProvider
from scraper.who import Who
from tests.broken_plugins.broken_receivers import KeylessReceiver
from tests.contract import test_receivers
from tests.contract.plugin import plugged_in
from tests.integration.readme import blocks

ROOT = Path(__file__).parents[2]
BROKEN = ROOT / "tests" / "broken_plugins"
END_SECONDS = 1_500

RECEIVERS = {
    "ExamplelessReceiver": "test_a_receiver_has_examples",
    "LosesItsPlaceReceiver": "test_the_next_run_goes_on_where_the_last_one_was",
    "FussyReceiver": "test_a_key_is_a_string_or_none_whatever_the_event",
    "NeverStopsReceiver": "test_it_stops_when_told_while_the_feed_is_silent",
    "NeverOverReceiver": "test_with_available_now_it_reads_the_feed_to_its_end",
    "SwallowsBytesReceiver": "test_events_are_appended_in_order_to_the_byte_over_a_lost_connection",
    "KeepsAnyLengthReceiver": "test_an_event_that_is_too_long_is_cut_and_its_neighbours_are_whole",
    "ReadsOnReceiver": "test_while_the_spool_is_full_the_feed_is_not_read_on",
    "SaysNothingOfGapsReceiver": "test_every_time_without_a_connection_is_a_gap_with_a_cause",
    "PrintsItsSecretReceiver": "test_no_secret_is_logged_printed_or_named_as_a_cause",
}
COUNTS = {
    "Exampleless": "test_a_provider_of_the_web_has_an_example",
    "Hangs": "test_it_ends_within_its_time_and_leaves_nothing_running",
    "Raises": "test_anything_else_in_place_of_the_number_is_unparsed_and_the_message_says_where",
    "TrustsAnything": "test_anything_else_in_place_of_the_number_is_unparsed_and_the_message_says_where",
    "TellsItsSecret": "test_no_secret_is_logged_printed_or_told",
}
PROCESSORS = {
    "Exampleless": "test_a_processor_has_examples",
    "LosesPosts": "test_a_job_goes_on_where_it_was_and_stores_each_event_once",
    "SwallowsBytes": "test_a_job_stores_what_it_cannot_read_to_the_byte",
    "NeverStops": "test_a_job_that_is_to_stop_begins_no_batch",
    "NeverTheSame": "test_a_batch_that_is_run_again_stores_the_same_bytes",
    "KeepsWhatEnded": "test_events_that_end_a_post_remove_its_id_and_are_none",
    "RaisesOnABadEvent": "test_whatever_comes_becomes_one_of_the_five_outcomes_and_fails_nothing",
    "RunsPython": "test_no_python_runs_on_executors",
    "PrintsItsSecret": "test_no_secret_is_in_rows_logs_and_reprs",
}


class Nameless(WebProvider):
    """A provider that cannot say whose numbers it has."""

    def read(self, page: Page) -> Reading:
        """See `WebProvider`."""
        raise NotImplementedError(page)


NAMELESS = f"{__name__}:{Nameless.__name__}"


def kit(*plugins: str, within: float = 4, more: Sequence[str] = (), beside: Path = BROKEN) -> str:
    """What the suite says of these plug-ins."""
    asked = [word for plugin in plugins for word in ("--plugin", plugin)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/contract", "-q", *asked, *more, "--within", str(within)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{BROKEN}{os.pathsep}{beside}"},
        capture_output=True,
        text=True,
        timeout=END_SECONDS,
        check=False,
    )
    return done.stdout + done.stderr


def failures(said: str) -> Mapping[str, set[str]]:
    """The names of the checks that failed, by class."""
    found: dict[str, set[str]] = defaultdict(set)
    for check, kind in re.findall(r"^(?:FAILED|ERROR) tests/contract/\w+\.py::(\w+)\[\w+:(\w+)", said, re.MULTILINE):
        found[kind].add(check)
    return found


def expected(checks: Mapping[str, str]) -> Mapping[str, set[str]]:
    return {kind: {check} for kind, check in checks.items()}


@pytest.mark.slow
@pytest.mark.timeout(END_SECONDS)
def test_of_each_broken_receiver_and_provider_exactly_the_check_of_its_promise_fails(tmp_path: Path) -> None:
    """And none of the provider that docs/case-count.md shows."""
    (ministry,) = [block for block in blocks("A provider of your own", "docs/case-count.md") if block.kind == "python"]
    (tmp_path / "my_counts.py").write_text(ministry.text)
    receivers = [f"broken_receivers:{name}" for name in RECEIVERS]
    counts = [f"broken_counts:{name}" for name in COUNTS]
    said = kit(*receivers, *counts, "my_counts:Ministry", beside=tmp_path)
    assert failures(said) == {**expected(RECEIVERS), **expected(COUNTS)}, said
    for promise in (
        "promised: receive() returns within 4 s of stop(), while the feed is connected and silent",
        "came:     it was still running 4.",
        "look at:  receivers/base.py, Receiver.hang_up and .stopping",
        "Write broken_receivers_examples.py, beside the module of ExamplelessReceiver",
        "ExamplelessReceiver = ReceiverExamples(serve)",
        "promised: fetch() ends, whatever the publisher does",
        "example: ClassVar[Example] = Example(b'{\"cases\": 5}', 5, None)",
    ):
        assert promise in said, said
    assert "Traceback" not in said


def test_a_receiver_that_goes_on_without_a_key_breaks_its_promise() -> None:
    with pytest.raises(pytest.fail.Exception, match="KeylessReceiver has no key of its own"):
        test_receivers.test_a_receiver_that_goes_on_can_tell_what_it_is_sent_again(KeylessReceiver)


@pytest.mark.faults
@pytest.mark.timeout(END_SECONDS)
def test_of_each_broken_processor_exactly_the_check_of_its_promise_fails() -> None:
    said = kit(*(f"broken_processors:{name}" for name in PROCESSORS), within=30, more=("-k", "not receiver"))
    assert failures(said) == expected(PROCESSORS), said
    assert "Exampleless = ProcessorExamples(" in said


@pytest.mark.parametrize(
    ("plugin", "why"),
    [
        ("no_such_module:X", "no_such_module:X cannot be imported: ModuleNotFoundError"),
        (
            "pathlib:Path",
            "pathlib:Path must be a class that extends processors.base.StreamProcessor or receivers.base.Receiver or "
            "scraper.base.CountProvider",
        ),
        ("processors.push:PushProcessor", "processors.push:PushProcessor lacks process"),
        ("scraper.web:WebProvider", "scraper.web:WebProvider lacks read"),
        (NAMELESS, f"{NAMELESS} lacks name and terms, see scraper.base.CountProvider"),
    ],
)
def test_what_is_no_plug_in_is_told_in_one_line(plugin: str, why: str) -> None:
    with pytest.raises(FixSettings, match=re.escape(f"--plugin={plugin}: {why}")):
        plugged_in(plugin)


def test_a_processor_that_pushes_and_forgets_its_receiver_is_told_so_and_not_passed() -> None:
    with pytest.raises(FixSettings, match="broken_processors:Deaf: it extends PushProcessor and names no receiver"):
        plugged_in("tests.broken_plugins.broken_processors:Deaf")


def test_the_receiver_of_a_processor_comes_with_it() -> None:
    assert plugged_in("processors.socket:SocketProcessor") == [SocketProcessor, SocketReceiver]
    assert plugged_in("processors.kafka:KafkaProcessor") == [KafkaProcessor]
    assert plugged_in("receivers.socket:SocketReceiver") == [SocketReceiver]
    assert plugged_in("scraper.who:Who") == [Who]
