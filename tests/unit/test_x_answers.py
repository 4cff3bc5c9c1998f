"""X's problems, read and said in X's own words."""

import json

from receivers.x_api.answers import Answer, ends_the_stream, is_too_many_connections, problems, words

DISCONNECT = {
    "title": "operational-disconnect",
    "disconnect_type": "UpstreamOperationalDisconnect",
    "detail": "This stream has been disconnected upstream for operational reasons.",
    "type": "https://api.x.com/2/problems/operational-disconnect",
}
TOO_MANY = {
    "title": "ConnectionException",
    "detail": "This stream is currently at the maximum allowed connection limit.",
    "connection_issue": "TooManyConnections",
    "type": "https://api.x.com/2/problems/streaming-connection",
}
MISSING = {"title": "Not Found Error", "detail": "Could not find tweet", "type": ".../resource-not-found"}


def body(value: object) -> bytes:
    return json.dumps(value).encode()


def test_problems_stand_in_errors_or_alone_and_never_beside_data() -> None:
    assert problems(body({"errors": [DISCONNECT]})) == (DISCONNECT,)
    assert problems(body(TOO_MANY)) == (TOO_MANY,)
    assert problems(body({"errors": ["plain", 5]})) == ({"detail": "plain"}, {"detail": "5"})
    harmless: list[object] = [
        {"data": {"id": "1"}, "errors": [MISSING]},
        {"errors": []},
        {"errors": 1},
        {"title": "x"},
        [1],
        1,
    ]
    for no_problem in harmless:
        assert problems(body(no_problem)) == ()
    assert problems(b"not json") == problems(b"[" * 100_000) == ()


def test_a_disconnect_ends_the_stream_and_a_missing_resource_does_not() -> None:
    assert ends_the_stream((DISCONNECT,))
    assert ends_the_stream((MISSING, TOO_MANY))
    assert not ends_the_stream((MISSING,))
    assert is_too_many_connections((TOO_MANY,))
    assert not is_too_many_connections((DISCONNECT,))


def test_words_are_x_s_own_on_one_bounded_line() -> None:
    assert words((DISCONNECT,)) == f"{DISCONNECT['title']}: {DISCONNECT['detail']}"
    rule = {"value": "cat (", "title": "UnprocessableEntity", "details": ["no closing\nbracket", "and more"]}
    assert words((rule,)) == "'cat (': UnprocessableEntity: no closing bracket: and more"
    assert words(({"code": 32},)) == '{"code": 32}'
    assert len(words(({"detail": "x" * 9_000},) * 9)) <= 2_000


def test_an_answer_without_problems_is_told_by_its_text_or_its_status() -> None:
    assert Answer(401, {}, body({"title": "Unauthorized", "detail": "Unauthorized"})).words == "HTTP 401: Unauthorized"
    assert Answer(503, {}, b"<h1>Over\n capacity</h1>\xff").words == "HTTP 503: <h1>Over capacity</h1>\ufffd"
    assert Answer(503).words == "HTTP 503"
