"""Checks run side by side: bounded in time, and none stopped by another."""

import os
import threading
from collections.abc import Iterator
from time import monotonic

import pytest
from pymongo.errors import OperationFailure, ServerSelectionTimeoutError

from clock import SystemClock
from errors import CannotStart
from operations.checks import CHECKS
from operations.checks.check import Check, Look
from operations.checks.report import Report
from operations.checks.result import Mark, Result, failed, ok, skipped, warning
from operations.checks.runner import Line, examine, parts
from operations.checks.subject import Machine, Subject
from processors.base import StreamProcessor
from processors.kafka import KafkaProcessor
from processors.push import PushProcessor
from receivers.base import Receiver
from receivers.mastodon import MastodonReceiver
from receivers.socket import SocketReceiver
from settings import Settings
from spool.files import Folder


def saying(*results: Result) -> Look:
    return lambda _: iter(results)


def told(*checks: Check, seconds: float = 30) -> list[tuple[str, Result]]:
    with Subject(None, (), seconds, Machine(os.environ, SystemClock())) as subject:
        return [(line.check, line.result) for line in examine(checks, subject)]


def test_lines_come_in_the_order_of_the_checks_whoever_is_first() -> None:
    second = threading.Event()

    def slow(_: Subject) -> Iterator[Result]:
        assert second.wait(30)
        yield ok("slow")

    def quick(_: Subject) -> Iterator[Result]:
        second.set()
        yield ok("quick")

    assert told(Check("a", slow), Check("b", quick)) == [("a", ok("slow")), ("b", ok("quick"))]


def test_a_line_of_which_all_is_known_waits_for_no_other_check() -> None:
    released = threading.Event()

    def slow(_: Subject) -> Iterator[Result]:
        yield ok("slow") if released.wait(5) else failed("nobody was told of b")

    checks = (Check("a", saying(failed("a"))), Check("b", saying(), needs=("a",)), Check("c", slow))
    with Subject(None, (), 30, Machine(os.environ, SystemClock())) as subject:
        for line in examine(checks, subject):
            if line.check == "b":
                released.set()
    assert line.result == ok("slow")


@pytest.mark.parametrize(("former", "is_looked_at"), [
    (ok("a"), True), (warning("a"), True), (failed("a"), False), (skipped("a"), False),
])  # fmt: skip
def test_a_check_looks_where_what_it_needs_is_well_and_else_says_so(former: Result, is_looked_at: bool) -> None:
    found = told(Check("a", saying(former)), Check("b", saying(ok("b")), needs=("a",)))
    assert found == [("a", former), ("b", ok("b") if is_looked_at else skipped("it needs a"))]


@pytest.mark.parametrize(
    ("only_for", "found"),
    [
        (PushProcessor, ok("a")),
        (SocketReceiver, ok("a")),
        (KafkaProcessor, skipped("the source is tests.words_source:Words")),
        (MastodonReceiver, skipped("the source is tests.words_source:Words")),
    ],
)
def test_a_check_of_some_sources_looks_at_those_that_extend_them_too(
    only_for: type[StreamProcessor] | type[Receiver], found: Result
) -> None:
    settings = Settings.model_validate({"jobname": "a", "source": "tests.words_source:Words"})
    with Subject(settings, (), 30, Machine(os.environ, SystemClock())) as subject:
        (line,) = examine([Check("a", saying(ok("a")), only_for=only_for)], subject)
    assert line.result == found


def test_what_a_job_would_end_with_and_what_nobody_thought_of_are_failures_of_their_check_alone() -> None:
    def refuses(_: Subject) -> Iterator[Result]:
        raise CannotStart("no:\n  start it otherwise")

    def breaks(_: Subject) -> Iterator[Result]:
        raise RuntimeError("oh")

    found = told(Check("a", refuses), Check("b", breaks), Check("c", saying(ok("c"))))
    assert found == [
        ("a", failed("no: start it otherwise")),
        ("b", failed("the check itself failed: RuntimeError: oh")),
        ("c", ok("c")),
    ]


@pytest.mark.parametrize(
    ("error", "said", "to_do"),
    [
        (ServerSelectionTimeoutError("a:1: gone, Timeout: 5s, Topology …"), "MongoDB: a:1: gone", "still answers"),
        (OperationFailure("not authorized", 13, {"errmsg": "…"}), "MongoDB: not authorized", "may do there"),
        (PermissionError(13, "Permission denied", "/a/b"), "[Errno 13] Permission denied: '/a/b'", "may read it"),
    ],
)
def test_a_server_or_a_disk_that_fails_meanwhile_is_said_in_a_few_words_with_what_to_do(
    error: Exception, said: str, to_do: str
) -> None:
    def fails(_: Subject) -> Iterator[Result]:
        raise error

    ((_, found),) = told(Check("a", fails))
    assert (found.mark, found.said, to_do in found.to_do) == (Mark.FAILED, said, True)


def test_a_folder_of_a_file_system_that_is_away_is_not_reached() -> None:
    class Away(Subject):
        def folder(self, uri: str) -> Folder:
            raise OSError(f"{uri.partition(':')[0]}: connection refused")

    with Away(None, (), 30, Machine(os.environ, SystemClock())) as subject:
        why = subject.refusal("hdfs://there/a", to_write=True)
    assert why == "hdfs://there/a is not reached: hdfs: connection refused"


def test_one_that_hangs_has_failed_when_its_time_is_up_and_the_others_have_answered() -> None:
    released = threading.Event()

    def hangs(_: Subject) -> Iterator[Result]:
        released.wait(30)
        yield ok("too late")

    began = monotonic()
    checks = (Check("a", hangs), Check("b", saying(ok("b")), needs=("a",)), Check("c", saying(ok("c"))))
    (_, late), second, third = told(*checks, seconds=0.4)
    assert monotonic() - began < 5
    released.set()
    assert late.said == "no answer within 0.2 s"
    assert "--timeout, now 0.4" in late.to_do
    assert (second, third) == (("b", skipped("it needs a")), ("c", ok("c")))


def test_an_answer_that_comes_too_late_is_passed_over() -> None:
    released, go_on = threading.Event(), threading.Event()

    def answers_late(_: Subject) -> Iterator[Result]:
        released.wait(30)
        yield ok("too late")

    def goes_on(_: Subject) -> Iterator[Result]:
        go_on.wait(30)
        yield ok("b")

    checks = (Check("a", answers_late), Check("b", goes_on), Check("c", saying(ok("c")), needs=("a",)))
    with Subject(None, (), 0.2, Machine(os.environ, SystemClock())) as subject:
        lines = examine(checks, subject)
        assert next(lines).result.mark == Mark.FAILED
        subject.timeout_seconds = 60
        released.set()
        for thread in [each for each in threading.enumerate() if each.name == "check-a"]:
            thread.join(30)
        go_on.set()
        assert [line.result for line in lines] == [ok("b"), skipped("it needs a")]


def test_the_time_is_shared_along_the_longest_way_to_a_check_and_from_it() -> None:
    checks = [
        Check(name, saying(), needs)
        for name, needs in {"a": (), "b": ("a",), "c": ("b",), "d": ("a",), "e": ()}.items()
    ]
    assert parts(checks) == {"a": 1 / 3, "b": 2 / 3, "c": 1, "d": 1, "e": 1}


def test_every_check_of_the_registry_has_a_name_of_its_own_and_stands_behind_what_it_needs() -> None:
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    assert all(set(check.needs) <= set(names[: names.index(check.name)]) for check in CHECKS)


def test_a_terminal_without_the_signs_gets_words() -> None:
    report = Report((), "ascii", 4)
    assert report.add(Line("java", failed("café", "drink it"), 0.0)) == "FAIL java  caf\\xe9. To do: drink it"


def test_no_secret_login_or_query_of_an_address_is_shown() -> None:
    report = Report(("hunter2",), "utf-8", 4)
    line = Line("java", failed("hunter2 at http://me:pw@there/?token=abc: gone", "ask hunter2"), 0.0)
    assert report.add(line) == "✗ java  *** at http://***@there/?*** gone. To do: ask ***"
    assert "hunter2" not in str(report.as_json("demo"))
    assert report.as_json("demo")["ok"] is False
