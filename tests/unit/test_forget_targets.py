"""What is meant by an id: which posts, which dead letters, which events of a spool; and the file that ids come from."""

import json
from collections import Counter
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from errors import FixSettings
from forgotten import Forgotten, holds_post, of_author, of_post
from operations.forgetting.id_file import read_ids
from operations.forgetting.targets import Targets

POST: dict[str, Any] = {"id": "12", "author": "7", "kind": "post", "refers_to": None, "edit_of": None}
TWELVE, SEVEN = Targets(posts=frozenset({"12"})), Targets(authors=frozenset({"7"}))


@pytest.mark.parametrize(
    ("changes", "is_taken"),
    [
        ({}, True),
        ({"id": "123"}, False),
        ({"id": "1", "kind": "repost", "refers_to": "12"}, True),
        ({"id": "1", "kind": "quote", "refers_to": "12"}, False),
        ({"id": "1", "kind": "reply", "refers_to": "12"}, False),
        ({"id": "1", "edit_of": "12"}, True),
    ],
    ids=["itself", "another", "its-repost", "a-quote", "a-reply", "a-later-version"],
)
def test_with_a_post_go_its_reposts_and_its_versions(changes: dict[str, Any], is_taken: bool) -> None:
    post = POST | changes
    assert TWELVE.takes(post) == is_taken
    assert holds_post(Forgotten(frozenset({of_post("12")})), post) == is_taken


def test_an_author_is_no_post_of_that_id() -> None:
    assert SEVEN.takes(POST)
    assert not Targets(posts=frozenset({"7"})).takes(POST)
    assert holds_post(Forgotten(frozenset({of_author("7")})), POST)
    assert not holds_post(Forgotten(frozenset({of_post("7")})), POST)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"id":"12","text":',
        b'{"data":{"id": "12"}}{',
        b'{"tweet_id" : 12, "x": \xff}',
        b'["12"]',
        b'"{\\"id\\":\\"12\\"}"',
    ],
)
def test_a_dead_letter_that_names_the_id_is_found(raw: bytes) -> None:
    assert TWELVE.holds(raw)


@pytest.mark.parametrize(
    "raw", [b'{"id":"123"}', b'{"id":112,"likes":12}', b'{"id":"1","text":"12 of them"}', b"12", b'{"id":1212', b"\xff"]
)
def test_a_dead_letter_with_the_digits_elsewhere_is_not(raw: bytes) -> None:
    assert not TWELVE.holds(raw)


def event(**fields: object) -> bytes:
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    ("targets", "line", "is_taken"),
    [
        (TWELVE, event(id="12", text="t"), True),
        (TWELVE, event(id=12, text="t"), True),
        (TWELVE, event(data={"id": "12", "text": "t"}), True),
        (TWELVE, b" \xef\xbb\xbf" + event(id="12", text="t"), True),
        (TWELVE, event(id="1", referenced_tweets=[{"type": "retweeted", "id": "12"}]), True),
        (TWELVE, event(id="1", referenced_tweets=[{"type": "quoted", "id": "12"}]), False),
        (TWELVE, event(id="1", edit_history_tweet_ids=["12", "1"]), True),
        (TWELVE, event(id="1", edit_history_tweet_ids=["1", "12"]), False),
        (TWELVE, b'{"id":"12","text":', True),
        (TWELVE, b"0" * 16 + b"f" * 64 + b'{"id":"12","text":"a long', True),
        (TWELVE, b'he said "12"', False),
        (SEVEN, event(id="1", author_id="7"), True),
        (SEVEN, event(id="7", author_id="1"), False),
        (Targets(posts=frozenset({md5(b"segment:0").hexdigest()})), b"a plain line", True),
    ],
)
def test_an_event_of_a_spool_is_read_as_the_job_would_read_it(targets: Targets, line: bytes, is_taken: bool) -> None:
    assert targets.is_event("segment:0", line) == is_taken


def test_the_results_of_a_compliance_job_say_which_go_and_why(tmp_path: Path) -> None:
    reasons = ("deleted", "protected", "suspended", "deactivated", "bounced", "scrub_geo", "something new")
    times = {"created_at": "2026-11-01T00:00:00.000Z", "redacted_at": "2026-11-02T00:00:00.000Z"}
    results = [{"id": str(n), "action": "delete", **times, "reason": reason} for n, reason in enumerate(reasons)]
    file = tmp_path / "results"
    file.write_text("\n".join(map(json.dumps, results)) + "\n")
    found = read_ids(file)
    assert found.ids == {"0", "1", "2", "3", "4", "6"}
    assert found.passed_over == 1
    assert found.reasons == Counter(reasons)


def test_a_plain_file_of_ids_is_taken_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "ids"
    file.write_text("\ufeff1\r\n\r\n  at://did:plc:x/app.bsky.feed.post/3k \n1\n")
    assert read_ids(file).ids == {"1", "at://did:plc:x/app.bsky.feed.post/3k"}


def test_every_mistake_in_the_file_is_said_at_once_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "ids"
    file.write_text('1\n{"id": "2"\n{"action": "delete"}\n{"id": "3", "action": "keep"}\ntwo words\n{"id": true}\n')
    with pytest.raises(FixSettings) as raised:
        read_ids(file)
    assert [problem.partition(":")[0].rpartition(" ")[2] for problem in raised.value.problems] == list("23456")


def test_a_file_that_is_away_or_empty_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    for name in ("away", "empty"):
        with pytest.raises(FixSettings, match=name):
            read_ids(tmp_path / name)
