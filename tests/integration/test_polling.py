"""What a feed that is polled may answer besides what every receiver is tried with; time is told."""

import json
from collections.abc import Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

import pytest

from errors import CannotStart
from receivers.page import Page
from receivers.polling import PollingReceiver
from tests.servers.heard import Heard
from tests.servers.scripted_http import Answer, refuse, serving
from tests.told_clock import ToldClock

TOKEN = "a-token-of-tests"
PLACE = "3"


class NumbersReceiver(PollingReceiver):
    longest_answer_bytes = 10_000

    def ask(self, place: str | None) -> Mapping[str, str]:
        return {"after": place or "start"}

    def read(self, answer: bytes, place: str | None) -> Page:  # noqa: ARG002
        told = json.loads(answer)
        lost = datetime.fromisoformat(told["oldest"]) if "oldest" in told else None
        numbers = told["numbers"]
        return Page([b"%d" % each for each in numbers], str(numbers[-1]) if numbers else None, told["more"], lost)


def page(*numbers: int, more: bool = False, **told: object) -> Answer:
    return body(json.dumps({"numbers": numbers, "more": more, **told}).encode())


def body(text: bytes, length: int | None = None) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(length or len(text)))
        request.end_headers()
        request.wfile.write(text)

    return answer


class Polled:
    """A receiver that was let loose on these answers, from a place or from none, until they were over."""

    def __init__(self, *answers: Answer, place: str | None = PLACE, gap: str | None = None, **given: object) -> None:
        self.heard, self.clock = Heard(), ToldClock()
        self.failure: CannotStart | None = None
        if place:
            self.heard.bookmark.note(place, self.clock.now())
        if gap:
            self.heard.open_gap(gap)
            self.heard.gap_lasted = 60

        def the_end(request: BaseHTTPRequestHandler) -> None:
            receiver.stopping.set()
            refuse(503)(request)

        with serving(*answers, the_end) as (url, asked):
            told: dict[str, Any] = {"jobname": "a", "source": "own", "source_url": url, "source_token": TOKEN, **given}
            receiver = NumbersReceiver(self.heard.parts(self.clock, **told))
            try:
                receiver.receive()
            except CannotStart as failure:
                self.failure = failure
        self.peer = urlsplit(url).netloc
        self.queries = [urlsplit(request.path).query for request in asked]
        self.tokens = {request.headers["Authorization"] for request in asked}


def test_each_request_asks_for_what_came_after_the_page_before_at_once_where_there_is_more() -> None:
    polled = Polled(page(1, 2, more=True), page(3), page(), page(4), place=None)
    assert polled.heard.events == [b"1", b"2", b"3", b"4"]
    assert polled.queries == ["after=start", "after=2", "after=3", "after=3", "after=4"]
    assert polled.clock.waits == [0, 5, 5, 5]
    assert polled.tokens == {f"Bearer {TOKEN}"}
    assert polled.heard.gaps == []


def test_a_page_that_leads_nowhere_is_not_asked_for_again_at_once() -> None:
    polled = Polled(page(3, more=True), page(more=True), gap="the job died")
    assert polled.clock.waits == [5, 5]
    assert polled.heard.gaps == [("the job died", True)]


def test_a_feed_that_asks_to_be_left_alone_is_for_so_long_and_otherwise_asked_ever_later() -> None:
    polled = Polled(refuse(429, Retry_After="30"), refuse(503), refuse(503), page(), refuse(503))
    assert polled.clock.waits == [30, 1, 2, 5, 0.5]


def test_a_feed_that_is_away_is_two_lines_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    polled = Polled(page(), refuse(503), refuse(502), refuse(503), page())
    told = [line.split(" peer=")[0] for line in caplog.messages if polled.peer in line]
    assert told[:3] == ["feed connected", "feed away", "feed back"]


def test_a_time_without_a_page_is_a_gap_since_the_last_page_and_backfilled_when_all_is_read() -> None:
    polled = Polled(page(), refuse(503), refuse(503), page(4, more=True), refuse(429), page(5))
    assert polled.heard.events == [b"4", b"5"]
    assert polled.heard.gaps == [(f"{polled.peer} answers 503", True)]
    assert polled.heard.began == [polled.clock.at(0)]


def test_a_gap_of_a_former_run_is_backfilled_where_there_is_a_place_to_go_on_at_and_else_lost() -> None:
    went_on, began = (Polled(page(4), place=place, gap="the job died") for place in (PLACE, None))
    assert (went_on.heard.backfilled, began.heard.backfilled) == ([60], [0])


def test_what_the_feed_has_no_more_kept_is_lost_until_its_oldest_event() -> None:
    clock = ToldClock()
    away = Polled(page(), *[refuse(503)] * 6, page(9, oldest=clock.at(20).isoformat()), gap="the job died")
    full = Polled(*[page()] * 4, page(9, oldest=clock.at(17).isoformat()))
    ahead = Polled(page(9, oldest=clock.at(20).isoformat()), gap="the job died")
    assert away.heard.lost_until == [clock.at(20)]
    assert full.heard.lost_until == [clock.at(17)]
    assert ahead.heard.lost_until == [clock.at(0)], "nothing is lost that is still to come"
    assert full.heard.gaps == [("the feed has no more kept all that was said", True)]
    assert full.heard.began == [clock.at(15)], "the last page before"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (body(b"<html>"), "is no page: JSONDecodeError: Expecting value"),
        (body(b'{"numbers": [4], "more": false}', length=99), "is no page: JSONDecodeError|the connection broke"),
        (body(b"[]"), "is no page: TypeError: list indices must be"),
        (body(b'{"numbers": [4]}'), "is no page: KeyError: 'more'"),
        (body(b"[" * 9_999), "is no page: RecursionError"),
        (page(*range(3_000)), "is longer than 10000 bytes: ask for less"),
    ],
)
def test_an_answer_that_is_no_page_is_asked_for_again_and_says_what_is_wrong(answer: Answer, why: str) -> None:
    polled = Polled(answer, page(4))
    assert polled.heard.events == [b"4"]
    ((cause, was_closed),) = polled.heard.gaps
    assert was_closed
    assert any(each in cause for each in why.split("|")), cause


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_no_start_and_the_message_names_the_setting_without_the_secret(status: int) -> None:
    failure = str(Polled(refuse(status)).failure)
    assert f"answers {status}: correct SOURCE_TOKEN" in failure
    assert TOKEN not in failure


def test_a_feed_that_gives_no_page_in_the_time_of_the_start_is_no_start_and_later_it_is_waited_for() -> None:
    away = [refuse(503)] * 9
    never, later = (Polled(*answers, start_timeout_seconds=100) for answers in (away, [page(), *away]))
    assert "gave no page within" in str(never.failure)
    assert later.failure is None
    assert later.clock.waits == [5, 0.5, 1, 2, 4, 8, 16, 32, 60, 60]


def test_with_available_now_it_ends_at_the_newest_page_and_where_none_comes_for_long() -> None:
    later = refuse(429, Retry_After="30")
    whole = Polled(later, page(4, more=True), refuse(503), page(5), page(6), available_now=True, idle_seconds=5)
    away = Polled(page(4, more=True), *[refuse(503)] * 9, available_now=True, idle_seconds=5)
    assert whole.heard.events == [b"4", b"5"]
    assert away.clock.waits == [0, 0.5, 1, 2, 4]
    assert away.failure is None
