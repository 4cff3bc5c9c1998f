"""The stand-in of X's API answers as X does, and goes wrong as a test asks."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pytest
import requests
import tweepy

from operations.x_stand_in.server import RULES, STREAM
from operations.x_stand_in.stream import XStream
from tests.servers.scripted import refuse
from tests.servers.x_api import Step, XApi, in_turn
from tests.servers.x_bodies import (
    FORBIDDEN,
    NO_RULES,
    OPERATIONAL_DISCONNECT,
    TOO_MANY_CONNECTIONS,
    UNAUTHORIZED,
    UNAVAILABLE,
    post,
)

BOUND_SECONDS = 30
ONE_RULE = [{"value": "covid19", "tag": "demo"}]
ENDED_EARLY = (requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)


def ask(api: XApi, method: str, path: str, **rest: Any) -> requests.Response:  # noqa: ANN401 - what requests takes
    headers = {"Authorization": f"Bearer {api.token}"}
    return requests.request(method, api.url + path, **{"headers": headers, "timeout": BOUND_SECONDS, **rest})


def add(api: XApi, *values: str, **rest: Any) -> dict[str, Any]:  # noqa: ANN401 - what requests takes
    return dict(ask(api, "POST", RULES, json={"add": [{"value": value} for value in values]}, **rest).json())


@contextmanager
def connected(api: XApi) -> Iterator[requests.Response]:
    with ask(api, "GET", STREAM, stream=True) as response:
        assert response.status_code == 200
        yield response


def lines(response: requests.Response) -> Iterator[bytes]:
    return response.iter_lines(chunk_size=1, delimiter=b"\r\n")


def texts(response: requests.Response) -> list[str]:
    return [json.loads(line)["data"]["text"] for line in lines(response) if line]


@pytest.mark.parametrize("authorization", [None, "Basic a-token", "Bearer ", "Bearer another"])
def test_a_request_without_the_token_is_refused(authorization: str | None) -> None:
    with XApi(rules=ONE_RULE) as api:
        answer = ask(api, "GET", STREAM, headers={"Authorization": authorization})
        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


def test_rules_are_added_listed_and_deleted() -> None:
    with XApi() as api:
        assert ask(api, "GET", RULES).json().keys() == {"meta"}
        answer = ask(api, "POST", RULES, json={"add": [{"value": "covid19", "tag": "a"}, {"value": "corona"}]})
        assert answer.status_code == 201
        created = answer.json()
        assert created["meta"]["summary"] == {"created": 2, "not_created": 0, "valid": 2, "invalid": 0}
        assert [len(rule["id"]) for rule in created["data"]] == [19, 19]
        listed = ask(api, "GET", RULES).json()
        assert listed["data"] == created["data"] == api.rules
        assert listed["meta"]["result_count"] == 2
        deleted = ask(api, "POST", RULES, json={"delete": {"ids": [api.rules[0]["id"], "7"]}})
        assert deleted.status_code == 200
        assert deleted.json()["meta"]["summary"] == {"deleted": 1, "not_deleted": 1}
        assert [rule["value"] for rule in api.rules] == ["corona"]


def test_rules_come_in_pages() -> None:
    with XApi(rules=[{"value": f"word{number}"} for number in range(5)]) as api:
        found, token = [], None
        while True:
            page = ask(api, "GET", RULES, params={"max_results": 2, "pagination_token": token}).json()
            found += page["data"]
            if (token := page["meta"].get("next_token")) is None:
                break
        assert found == api.rules


def test_a_dry_run_changes_nothing() -> None:
    with XApi() as api:
        assert add(api, "covid19", params={"dry_run": "true"})["meta"]["summary"]["created"] == 1
        assert api.rules == []


def test_a_rule_that_is_there_already_is_told_with_its_id() -> None:
    with XApi(rules=ONE_RULE) as api:
        answer = add(api, "covid19", "new")
        assert [rule["value"] for rule in answer["data"]] == ["new"]
        assert answer["meta"]["summary"] == {"created": 1, "not_created": 1, "valid": 1, "invalid": 1}
        (error,) = answer["errors"]
        assert (error["title"], error["id"]) == ("DuplicateRule", api.rules[0]["id"])


@pytest.mark.parametrize("value", ["(covid", "covid)(", 'say "covid', "-covid", " ", "a AND b", "x" * 1025])
def test_a_rule_that_cannot_be_read_is_refused_with_a_reason(value: str) -> None:
    with XApi() as api:
        answer = add(api, value)
        (error,) = answer["errors"]
        assert (error["title"], error["value"]) == ("UnprocessableEntity", value)
        assert error["details"]
        assert "data" not in answer


@pytest.mark.parametrize(
    "value", ['(covid OR "corona (virus)") -is:retweet', "from:nasa", "lang:en #covid", "x" * 1024]
)
def test_a_good_rule_is_taken(value: str) -> None:
    with XApi() as api:
        assert "errors" not in add(api, value)


def test_more_rules_than_the_cap_are_refused_together() -> None:
    with XApi(rules=[{"value": f"word{number}"} for number in range(999)]) as api:
        answer = add(api, "one", "two")
        assert answer["type"].endswith("/problems/rule-cap")
        assert len(api.rules) == 999


@pytest.mark.parametrize("body", [None, [], {"add": []}, {"add": [{"tag": "t"}]}, {"delete": {"ids": [1]}}])
def test_a_body_that_is_none_of_these_is_an_invalid_request(body: Any) -> None:  # noqa: ANN401
    with XApi() as api:
        answer = ask(api, "POST", RULES, json=body)
        assert (answer.status_code, answer.json()["title"]) == (400, "Invalid Request")


def test_a_stream_needs_rules() -> None:
    with XApi() as api:
        answer = ask(api, "GET", STREAM)
        assert (answer.status_code, answer.json()) == (409, NO_RULES)
        assert api.connections == 0


def test_a_second_stream_is_refused_and_the_place_is_free_when_the_first_client_goes() -> None:
    with XApi(rules=ONE_RULE) as api:
        with connected(api):
            answer = ask(api, "GET", STREAM)
            assert (answer.status_code, answer.json()) == (429, TOO_MANY_CONNECTIONS)
        with connected(api):
            assert api.connections == 2


def test_the_second_client_hears_what_the_first_one_did_not() -> None:
    with XApi(rules=ONE_RULE) as api:
        with connected(api) as first:
            api.post(post(1, "one"))
            assert json.loads(next(lines(first)))["data"]["text"] == "one"
        sending = threading.Thread(target=api.post, args=(post(2, "two"),))
        sending.start()
        with connected(api) as second:
            assert json.loads(next(lines(second))) == post(2, "two")
        sending.join(BOUND_SECONDS)


@pytest.mark.parametrize("gzip", [False, True])
def test_events_arrive_at_once_and_keep_alives_between(gzip: bool) -> None:
    with XApi(rules=ONE_RULE, gzip=gzip, keep_alive_seconds=0.1) as api, connected(api) as response:
        assert response.headers.get("Content-Encoding") == ("gzip" if gzip else None)
        assert response.headers["Transfer-Encoding"] == "chunked"
        assert int(response.headers["x-rate-limit-remaining"]) > 0
        found = lines(response)
        assert next(found) == b""
        api.post(post(1, "one ✓"))
        assert json.loads(next(line for line in found if line))["data"]["text"] == "one ✓"
        api.stall()
        api.end()
        assert set(found) <= {b""}


def test_an_event_can_be_cut_anywhere() -> None:
    with XApi(rules=ONE_RULE) as api, connected(api) as response:
        for byte in b'{"a": 1}\r\n':
            api.raw(bytes([byte]))
        assert list(islice(lines(response), 1)) == [b'{"a": 1}']


@pytest.mark.parametrize("reset", [False, True])
def test_a_stream_that_is_dropped_is_an_error_for_its_client_and_leaves_its_place(reset: bool) -> None:
    with XApi(rules=ONE_RULE) as api:
        with connected(api) as response:
            found = lines(response)
            api.post(b"{}")
            assert next(found) == b"{}"
            api.drop(reset)
            with pytest.raises(ENDED_EARLY):
                list(found)
        with connected(api):
            assert api.connections == 2


def test_a_script_is_played_request_by_request() -> None:
    script: list[Step] = [
        refuse(503, UNAVAILABLE),
        lambda stream: stream.post(post(1, "one")),
        refuse(403, FORBIDDEN, {"x-rate-limit-reset": "7"}),
        in_turn(lambda stream: stream.post(OPERATIONAL_DISCONNECT), XStream.end),
    ]
    with XApi(rules=ONE_RULE, script=script, then=refuse(429, TOO_MANY_CONNECTIONS)) as api:
        assert ask(api, "GET", STREAM).status_code == 503
        with connected(api) as response:
            assert texts(response) == ["one"]
        refused = ask(api, "GET", STREAM)
        assert (refused.status_code, refused.headers["x-rate-limit-reset"]) == (403, "7")
        with connected(api) as response:
            assert [json.loads(line) for line in lines(response) if line] == [OPERATIONAL_DISCONNECT]
        assert [ask(api, "GET", STREAM).status_code for _ in range(2)] == [429, 429]
        assert api.connections == 2


def test_a_refusal_can_be_asked_for_on_the_way() -> None:
    with XApi(rules=ONE_RULE) as api:
        api.refuse_next(503, UNAVAILABLE, times=2)
        api.refuse_next(500, b"<html>", of="rules")
        assert [ask(api, "GET", STREAM).status_code for _ in range(2)] == [503, 503]
        assert ask(api, "GET", RULES).content == b"<html>"
        with connected(api):
            assert ask(api, "GET", RULES).status_code == 200


def test_a_silent_stream_sends_nothing_at_all() -> None:
    with XApi(rules=ONE_RULE, script=[XStream.stall], keep_alive_seconds=0.01) as api:
        with pytest.raises(requests.exceptions.ConnectionError, match="Read timed out"):
            ask(api, "GET", STREAM, timeout=0.5)
        with connected(api) as response:
            assert next(lines(response)) == b""


def test_requests_are_noted_in_order() -> None:
    with XApi(rules=ONE_RULE) as api:
        add(api, "corona", params={"dry_run": "true"})
        with connected(api):
            pass
        first, second = api.requests
        assert (first.method, first.path, first.query) == ("POST", RULES, {"dry_run": "true"})
        assert first.json == {"add": [{"value": "corona"}]}
        assert (second.path, second.headers["authorization"]) == (STREAM, f"Bearer {api.token}")
        assert api.stream_requests == [second]


def test_leaving_ends_the_open_stream() -> None:
    with XApi(rules=ONE_RULE) as api:
        response = ask(api, "GET", STREAM, stream=True)
        api.post(post(1, "one"))
    assert texts(response) == ["one"]


class _ToStandIn(requests.adapters.HTTPAdapter):
    """tweepy knows X's address only: this sends its requests elsewhere."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *rest: Any, **more: Any) -> requests.Response:  # noqa: ANN401
        assert request.url is not None
        request.url = request.url.replace("https://api.twitter.com", self._url)
        return super().send(request, *rest, **more)


class _Client(tweepy.StreamingClient):  # type: ignore[misc]  # tweepy has no types
    def __init__(self, api: XApi) -> None:
        super().__init__(api.token)
        self.session.mount("https://", _ToStandIn(api.url))
        self.heard: list[Any] = []

    def on_response(self, response: Any) -> None:  # noqa: ANN401
        self.heard.append(response)
        self.disconnect()


def test_tweepy_reads_it() -> None:
    with XApi(script=[in_turn(XStream.keep_alive, lambda stream: stream.post(post(1, "one")), XStream.stall)]) as api:
        client = _Client(api)
        client.add_rules([tweepy.StreamRule("covid19", "demo"), tweepy.StreamRule("corona")])
        assert [rule.value for rule in client.get_rules().data] == ["covid19", "corona"]
        assert client.add_rules(tweepy.StreamRule("corona")).errors[0]["title"] == "DuplicateRule"
        client.delete_rules([client.get_rules().data[0].id])
        assert [rule["value"] for rule in api.rules] == ["corona"]
        client.filter()
        (response,) = client.heard
        assert (response.data.text, response.data.author_id) == ("one", 2244994945)
        assert response.matching_rules[0].tag == ""
