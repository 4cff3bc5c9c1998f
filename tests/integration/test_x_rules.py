"""The rules at X become those of the settings, and nobody else's are touched."""

from typing import Any

import pytest

from errors import CannotStart
from receivers.twitter import TwitterReceiver
from receivers.x_api.rules import Rule, wanted_rules
from tests.servers.heard import Heard
from tests.servers.x_api import XApi
from tests.told_clock import ToldClock

BOUND_SECONDS = 30
OTHERS = [
    {"value": "cats", "tag": "pets"},
    {"value": "dogs"},
    {"value": "birds", "tag": "job-2:pets"},
    {"value": "fish", "tag": "jobs"},
]


def synchronised(api: XApi, rules: str | None = None) -> TwitterReceiver:
    """A receiver that has connected, or failed to, and ended."""
    given: dict[str, Any] = {"jobname": "job", "source": "twitter", "available_now": True, "idle_seconds": 0.2}
    given |= {"twitter_bearer_token": api.token, "twitter_api_url": api.url}
    receiver = TwitterReceiver(Heard().parts(ToldClock(), **given, **({"twitter_rules": rules} if rules else {})))
    receiver.start()
    receiver._thread.join(BOUND_SECONDS)
    assert receiver.is_over
    return receiver


def rules_of(api: XApi) -> set[tuple[str, str]]:
    return {(rule["value"], rule.get("tag", "")) for rule in api.rules}


def changes(api: XApi) -> list[Any]:
    return [request.json for request in api.requests if request.method == "POST"]


@pytest.mark.parametrize(
    ("line", "value", "tag"),
    [
        ("covid19 OR coronavirus", "covid19 OR coronavirus", "job"),
        ("cases: covid19 lang:en", "covid19 lang:en", "job:cases"),
        ("  two words:   from:nasa -is:retweet ", "from:nasa -is:retweet", "job:two words"),
        ("from:nasa covid", "from:nasa covid", "job"),
        ('"breaking: news" covid', '"breaking: news" covid', "job"),
        ("(a OR b): c", "(a OR b): c", "job"),
    ],
)
def test_a_line_is_a_rule_with_or_without_a_tag(line: str, value: str, tag: str) -> None:
    assert wanted_rules(f"\n{line}\n\n", "job") == [Rule(value, tag)]


def test_rules_are_made_before_the_connection_and_others_stay() -> None:
    with XApi(rules=OTHERS) as api:
        assert synchronised(api, "covid19\nmasks: face mask").failure is None
        assert rules_of(api) == {
            ("covid19", "job"),
            ("face mask", "job:masks"),
            *((rule["value"], rule.get("tag", "")) for rule in OTHERS),
        }
        assert [request.method for request in api.requests] == ["GET", "POST", "GET"]


def test_equal_rules_are_left_alone() -> None:
    with XApi(rules=[{"value": "covid19 OR coronavirus", "tag": "job"}]) as api:
        ids = [rule["id"] for rule in api.rules]
        assert synchronised(api).failure is None
        assert [rule["id"] for rule in api.rules] == ids
        assert changes(api) == []


def test_own_rules_that_are_no_longer_wanted_are_removed() -> None:
    with XApi(rules=[{"value": "old", "tag": "job:old"}, {"value": "older", "tag": "job"}, *OTHERS]) as api:
        assert synchronised(api, "new").failure is None
        assert rules_of(api) == {("new", "job"), *((rule["value"], rule.get("tag", "")) for rule in OTHERS)}


def test_a_rule_may_change_its_tag() -> None:
    with XApi(rules=[{"value": "covid19", "tag": "job:before"}]) as api:
        assert synchronised(api, "after: covid19").failure is None
        assert rules_of(api) == {("covid19", "job:after")}


def test_a_rule_that_somebody_else_has_already_is_no_mistake() -> None:
    with XApi(rules=[{"value": "covid19", "tag": "pets"}]) as api:
        assert synchronised(api, "covid19\nmasks").failure is None
        assert rules_of(api) == {("covid19", "pets"), ("masks", "job")}


def test_all_refused_rules_are_told_at_once_in_x_s_words() -> None:
    with XApi(rules=[{"value": "old", "tag": "job"}]) as api:
        failure = synchronised(api, 'good\nbad (\nalso bad "').failure
        assert isinstance(failure, CannotStart)
        told = str(failure).splitlines()
        assert told[0] == "X refused rules of CASESTREAM_TWITTER_RULES; correct them and start again:"
        assert len(told) == 3
        assert "'bad ('" in told[1]
        assert "'also bad \"'" in told[2]
        assert api.connections == 0
        assert ("old", "job") in rules_of(api)


def test_a_thousand_rules_are_read_page_by_page() -> None:
    others = [{"value": f"word{number}", "tag": "pets"} for number in range(990)]
    with XApi(rules=others) as api:
        lines = "\n".join(f"own{number}" for number in range(10))
        assert synchronised(api, lines).failure is None
        assert synchronised(api, lines).failure is None
        assert len(api.rules) == 1_000
        assert len(changes(api)) == 1
        api.refuse_next(200, {"data": api.rules[:500], "meta": {"next_token": "0" * 16}}, of="rules")
        api.refuse_next(200, {"data": api.rules[500:], "meta": {}}, of="rules")
        assert synchronised(api, lines).failure is None
        assert len(changes(api)) == 1
