"""What every receiver promises, tried on the feed of its examples (`tests/contract/examples`)."""

import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from processors import PROCESSORS
from receivers.base import Receiver
from runtime.plugins import receiver_class
from settings import Settings
from spool.segments import CutEvent
from tests.contract.examples.base import Connection, ReceiverExamples
from tests.contract.examples.found import examples_of, needed, what_to_write
from tests.contract.listening import BASE, Kept, Listening, listening
from tests.contract.overheard import SECRET, overhearing, with_secrets
from tests.contract.promises import broken, kept

LONGEST = 1_000
QUIET_SECONDS = 0.3
FLOOD, FLOOD_BYTES = 400, 100_000  # far more than the buffers of a connection hold


@pytest.fixture
def examples(receiver_kind: type[Receiver]) -> ReceiverExamples:
    return needed(receiver_kind, ReceiverExamples)


def two_connections(events: Sequence[bytes]) -> list[Connection]:
    return [Connection(events[:2], hangs_up=True), Connection(events[2:])]


def test_every_receiver_of_a_registered_source_has_examples() -> None:
    receivers = [kind for kind in map(receiver_class, PROCESSORS.values()) if kind]
    assert receivers
    assert all(examples_of(kind, ReceiverExamples) for kind in receivers)


def test_a_receiver_has_examples(receiver_kind: type[Receiver]) -> None:
    if examples_of(receiver_kind, ReceiverExamples) is None:
        pytest.fail(what_to_write(receiver_kind, ReceiverExamples), pytrace=False)


def test_a_receiver_that_goes_on_can_tell_what_it_is_sent_again(receiver_kind: type[Receiver]) -> None:
    kept(
        not receiver_kind.goes_on or receiver_kind.key is not Receiver.key,
        "a receiver with goes_on has a key, by which the events that it is sent again are known",
        f"{receiver_kind.__qualname__} has no key of its own",
        f"{BASE}.key",
    )


@pytest.mark.parametrize("event", [b"", b"\xff\x00", b"{", b"[" * 10_000, b"42", b"null", b'{"id": {"a": [1]}}'])
def test_a_key_is_a_string_or_none_whatever_the_event(receiver_kind: type[Receiver], event: bytes) -> None:
    try:
        key = receiver_kind.key(event)
    except Exception as error:  # noqa: BLE001 - whatever a plug-in raises
        broken("key() raises nothing, whatever the feed sends", f"{error!r} for {event!r}", f"{BASE}.key")
    kept(key is None or isinstance(key, str), "key() gives a string or None", key, f"{BASE}.key")


def test_events_are_appended_in_order_to_the_byte_over_a_lost_connection(
    receiver_kind: type[Receiver], examples: ReceiverExamples, within: float
) -> None:
    heard = Kept()
    with (
        examples.serve(two_connections(examples.events)) as settings,
        listening(receiver_kind, heard, settings, within) as at_work,
    ):
        kept(not at_work.receiver.is_over, "receive() goes on while the feed is there", "it has ended", BASE)
        at_work.until_heard(examples.events[-1])
    kept(
        heard.events == list(examples.events),
        f"what the feed says is appended in order, to the byte: {list(examples.events)}",
        heard.events,
        f"{BASE}.receive",
    )


def test_every_time_without_a_connection_is_a_gap_with_a_cause(
    receiver_kind: type[Receiver], examples: ReceiverExamples, within: float
) -> None:
    heard = Kept()
    with (
        examples.serve(two_connections(examples.events)) as settings,
        listening(receiver_kind, heard, settings, within) as at_work,
    ):
        at_work.until_heard(examples.events[-1])
    kept(
        bool(heard.gaps and heard.gaps[0][0] and heard.gaps[0][1]),
        "coverage.open_gap(cause) when the connection is lost, coverage.close_gap() when there is one again",
        f"gaps (cause, whether it was closed): {heard.gaps}",
        "receivers/base.py, Gaps",
    )


def test_it_stops_when_told_while_the_feed_is_silent(
    receiver_kind: type[Receiver], examples: ReceiverExamples, within: float
) -> None:
    with (
        examples.serve([Connection(examples.events[:1])]) as settings,
        listening(receiver_kind, Kept(), settings, within) as at_work,
    ):
        at_work.until_heard(examples.events[0])
        stops(at_work, "while the feed is connected and silent")


def test_it_stops_when_told_while_nobody_answers(
    receiver_kind: type[Receiver], examples: ReceiverExamples, within: float
) -> None:
    heard = Kept()
    with examples.serve([]) as settings:
        pass
    with listening(receiver_kind, heard, settings, within) as at_work:
        at_work.for_a_while(lambda: bool(heard.gaps))
        stops(at_work, "while nobody answers")


def stops(at_work: Listening, when: str) -> None:
    asked_at = time.monotonic()
    at_work.receiver.stop(at_work.within)
    kept(
        at_work.receiver.is_over,
        f"receive() returns within {at_work.within:g} s of stop(), {when}",
        f"it was still running {time.monotonic() - asked_at:.1f} s later",
        f"{BASE}.hang_up and .stopping: a read needs a time limit, or somebody who ends it",
    )
    kept(
        at_work.receiver.failure is None,
        "whoever is told to stop returns, and raises nothing",
        at_work.receiver.failure,
        f"{BASE}.receive",
    )


def test_with_available_now_it_reads_the_feed_to_its_end(
    receiver_kind: type[Receiver], examples: ReceiverExamples, within: float
) -> None:
    heard, asked = Kept(), {"available_now": True, "idle_seconds": 0.3}
    with (
        examples.serve([Connection(examples.events)]) as settings,
        listening(receiver_kind, heard, settings, within, **asked) as at_work,
    ):
        at_work.receiver._thread.join(within)
        kept(
            at_work.receiver.is_over,
            "with available_now, receive() returns when the feed is silent for idle_seconds (here 0.3)",
            f"it was still running after {within:g} s",
            f"{BASE}.receive",
        )
    kept(
        len(heard.events) == len(examples.events) and at_work.receiver.failure is None,
        f"it has appended all that was said by then, and raised nothing: {list(examples.events)}",
        f"{heard.events}, failure: {at_work.receiver.failure!r}",
        f"{BASE}.receive",
    )


def test_the_next_run_goes_on_where_the_last_one_was(
    receiver_kind: type[Receiver], examples: ReceiverExamples, within: float
) -> None:
    """Who does not go on hears what is said from then on; who does, what was said meanwhile too, and all of it once."""
    first, second, missed, last = examples.numbered or examples.events
    heard = Kept(receiver_kind.key)
    script = [Connection([first, second]), Connection([last], missed=[missed])]
    with examples.serve(script) as settings:
        for event in (second, last):
            with listening(receiver_kind, heard, settings, within) as at_work:
                at_work.until_heard(event)
            heard.open_gap("the job ended")
            heard.gap_lasted = 60
    expected = [first, second, missed, last] if receiver_kind.goes_on else [first, second, last]
    came = [event for event in heard.events if event != missed or receiver_kind.goes_on]
    kept(
        came == expected,
        "with goes_on, another run is sent what the feed said since the bookmark, and each event is kept once",
        f"{heard.events}; bookmark: {heard.bookmark.read()!r}",
        "receivers/base.py, Bookmark, and Receiver.goes_on",
    )


def test_an_event_that_is_too_long_is_cut_and_its_neighbours_are_whole(
    receiver_kind: type[Receiver], examples: ReceiverExamples, within: float
) -> None:
    heard, long = Kept(), b'"' + b"x" * 20 * LONGEST + b'"'
    said = [examples.events[0], long, examples.events[-1]]
    with (
        examples.serve([Connection(said)]) as settings,
        listening(receiver_kind, heard, settings, within, max_event_bytes=LONGEST) as at_work,
    ):
        at_work.until_heard(examples.events[-1])
    cut = CutEvent(long[:LONGEST], len(long), hashlib.sha256(long).hexdigest())
    kept(
        heard.events == [examples.events[0], cut, examples.events[-1]],
        f"of an event longer than max_event_bytes ({LONGEST}) its start is kept, and length and SHA-256 of all of it",
        heard.events,
        "receivers/bounded.py, BoundedEvent",
    )


def test_while_the_spool_is_full_the_feed_is_not_read_on(
    receiver_kind: type[Receiver], examples: ReceiverExamples, within: float
) -> None:
    sent = 0

    def flood() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(FLOOD):
            yield b"x" * FLOOD_BYTES
            sent += 1

    heard = Kept()
    heard.full.set()
    with (
        examples.serve([Connection(flood())]) as settings,
        listening(receiver_kind, heard, settings, within) as at_work,
    ):
        if sent == FLOOD:
            pytest.skip("this feed takes its events in advance: nothing can be seen")
        at_work.until(lambda: sent > 0, "the feed is read")
        quiet_since, seen = time.monotonic(), 0
        while sent < FLOOD and time.monotonic() - quiet_since < QUIET_SECONDS:
            if sent != seen:
                quiet_since, seen = time.monotonic(), sent
            time.sleep(0.02)
        heard.full.clear()
        heard.room.set()
        kept(
            sent < FLOOD,
            "append() waits while the spool is full, and nothing is read from the feed meanwhile: memory is bounded",
            f"all of {FLOOD * FLOOD_BYTES:,} bytes were taken",
            f"{BASE}.receive: append in the thread that reads, before it reads on; and the examples: a feed must send "
            "what a Connection says one by one, as it takes it",
        )


def test_what_the_spool_raises_ends_the_receiver_and_is_kept(
    receiver_kind: type[Receiver], examples: ReceiverExamples, within: float
) -> None:
    class Broken(Kept):
        def append(self, events: Any) -> int:  # noqa: ANN401
            raise ZeroDivisionError(len(events))

    with (
        examples.serve([Connection(examples.events)]) as settings,
        listening(receiver_kind, Broken(), settings, within) as at_work,
    ):
        at_work.receiver._thread.join(within)
        kept(
            at_work.receiver.is_over and isinstance(at_work.receiver.failure, ZeroDivisionError),
            "what the spool raises ends receive(): nothing is read that cannot be kept",
            f"over: {at_work.receiver.is_over}, failure: {at_work.receiver.failure!r}",
            f"{BASE}.receive",
        )


def test_no_secret_is_logged_printed_or_named_as_a_cause(
    receiver_kind: type[Receiver], examples: ReceiverExamples, within: float
) -> None:
    """A connection that is lost, a feed that is away after it, and the receiver itself."""
    heard = Kept()
    with overhearing() as overheard:
        with examples.serve([Connection(examples.events[:1], hangs_up=True)]) as given:
            settings = with_secrets(given)
            with listening(receiver_kind, heard, settings, within) as at_work:
                at_work.until_heard(examples.events[0])
                at_work.for_a_while(lambda: bool(heard.gaps))
        away = Kept()
        with listening(receiver_kind, away, settings, within, start_timeout_seconds=0) as at_work:
            at_work.for_a_while(lambda: bool(away.gaps) or at_work.receiver.is_over)
            whole = Settings.model_validate({"jobname": "contract", "source": "socket", **settings})
            overheard.add(repr(at_work.receiver), at_work.receiver.failure, receiver_kind.account(whole))
        overheard.add(*(cause for cause, _ in heard.gaps + away.gaps))
    kept(
        not (lines := overheard.secrets_in_it((*whole.secrets(), SECRET))),
        "a secret setting is in no log line, nothing printed, no cause of a gap, no error, no repr and no account",
        f"{lines}",
        f"{receiver_kind.__module__}, wherever it says what it connects to",
    )


def test_two_receivers_do_not_share_what_they_are_told(receiver_kind: type[Receiver]) -> None:
    made = [receiver_kind(Kept().parts(**with_secrets({"jobname": "a", "source": "socket"}))) for _ in range(2)]
    kept(
        made[0].stopping is not made[1].stopping and isinstance(made[0].stopping, threading.Event),
        "each receiver has its own `stopping`, and making one does nothing yet",
        "they share it",
        f"{BASE}.__init__",
    )
    kept(not any(each.is_over for each in made), "a receiver begins when it is started", "it began before", BASE)
