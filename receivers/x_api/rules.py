"""The rules of a job at X: what of them is missing is added, what is no longer wanted is removed.

All jobs of an app share its rules. A job's own carry its name in their tag, `job` or `job:tag`; others are left alone.
https://docs.x.com/x-api/posts/filtered-stream/integrate/build-a-rule
"""

import logging
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import requests
import tweepy

from errors import CannotStart
from receivers.x_api.answers import words

log = logging.getLogger(__name__)

# `tag: value`; an operator, `from:nasa`, has no blank behind its colon, and a tag no quotes or brackets.
_TAGGED = re.compile(r"([^\"():]+):\s+(.+)")
_AT_ONCE = 100


class Rule(NamedTuple):
    """A rule at X. id is empty before X has given one."""

    value: str
    tag: str
    id: str = ""


class Difference(NamedTuple):
    """Between a job's rules at X and those that are wanted. others: how many are somebody else's."""

    missing: list[Rule]
    surplus: list[Rule]
    kept: int
    others: int


def wanted_rules(text: str, job: str) -> list[Rule]:
    """The rules of TWITTER_RULES, one a line, `value` or `tag: value`."""
    rules = []
    for line in filter(None, map(str.strip, text.splitlines())):
        tagged = _TAGGED.fullmatch(line)
        rules.append(Rule(tagged[2], f"{job}:{tagged[1].strip()}") if tagged else Rule(line, job))
    return rules


def synchronise(client: tweepy.StreamingClient, wanted: list[Rule], job: str) -> list[str]:
    """Make the job's rules at X those that are wanted; equal ones are not touched. The ids of those that were added.

    client: with `return_type=dict`. Raises CannotStart with X's words for every rule that it refuses, and tweepy's and
    requests' errors.
    """
    found = difference(client, wanted, job)
    missing, surplus = found.missing, found.surplus
    values = {rule.value for rule in missing}
    _delete(client, [rule for rule in surplus if rule.value in values])  # X takes a value only once, whatever its tag
    added = _add(client, missing)
    _delete(client, [rule for rule in surplus if rule.value not in values])
    log.info("rules at X added=%s removed=%s kept=%s", len(missing), len(surplus), found.kept)
    if found.others:
        log.warning("this app has other rules too: what they match comes with this job's posts others=%s", found.others)
    return added


def difference(client: tweepy.StreamingClient, wanted: list[Rule], job: str) -> Difference:
    """What `synchronise` would change; asks for the list only. Raises tweepy's and requests' errors."""
    there = list(_existing(client))
    own = [rule for rule in there if rule.tag == job or rule.tag.startswith(f"{job}:")]
    kept = {(rule.value, rule.tag) for rule in own}
    surplus = [rule for rule in own if rule[:2] not in {each[:2] for each in wanted}]
    missing = [rule for rule in wanted if rule[:2] not in kept]
    return Difference(missing, surplus, len(own) - len(surplus), len(there) - len(own))


def try_out(client: tweepy.StreamingClient, rules: list[Rule]) -> None:
    """Let X judge these rules without having them (`dry_run`). Raises as `synchronise`."""
    _add(client, rules, dry_run="true")


def withdraw(client: tweepy.StreamingClient, ids: list[str]) -> None:
    """Take back rules that were added. Raises tweepy's and requests' errors."""
    _delete(client, [Rule("", "", each) for each in ids])


def _existing(client: tweepy.StreamingClient) -> Iterator[Rule]:
    more: dict[str, str] = {}
    while True:
        page = client.get_rules(**more)
        if not isinstance(page, dict):
            raise requests.exceptions.InvalidJSONError("X's list of rules is no JSON object")
        for each in page.get("data") or ():
            yield Rule(each.get("value", ""), each.get("tag") or "", str(each["id"]))
        token = (page.get("meta") or {}).get("next_token")
        if not token:
            return
        more = {"pagination_token": token}


def _add(client: tweepy.StreamingClient, rules: list[Rule], **parameters: str) -> list[str]:
    """The ids. Raises CannotStart for all that X refuses; a rule that the app has from elsewhere is none of them."""
    refused: list[dict[str, Any]] = []
    ids: list[str] = []
    for some in _some_at_once(rules):
        try:
            answer = client.add_rules([tweepy.StreamRule(rule.value, rule.tag) for rule in some], **parameters)
        except tweepy.BadRequest as error:
            errors = error.api_errors or [{"detail": str(error)}]
        else:
            errors = answer.get("errors") or []
            ids += [str(each["id"]) for each in answer.get("data") or () if "id" in each]
        told = [each if isinstance(each, dict) else {"detail": str(each)} for each in errors]
        refused += [each for each in told if not _is_duplicate(each)]
    if refused:
        lines = "\n".join(f"  {words([each])}" for each in refused)
        raise CannotStart(f"X refused rules of CASESTREAM_TWITTER_RULES; correct them and start again:\n{lines}")
    return ids


def _is_duplicate(problem: dict[str, Any]) -> bool:
    return "duplicate-rule" in str(problem.get("type", "")) or problem.get("title") == "DuplicateRule"


def _delete(client: tweepy.StreamingClient, rules: list[Rule]) -> None:
    for some in _some_at_once(rules):
        client.delete_rules([rule.id for rule in some])


def _some_at_once(rules: list[Rule]) -> Iterator[list[Rule]]:
    return (rules[at : at + _AT_ONCE] for at in range(0, len(rules), _AT_ONCE))
