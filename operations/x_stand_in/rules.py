"""The rules of a filtered stream, kept and answered for as X does."""

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from operations.times import iso
from operations.x_stand_in.ids import Ids
from operations.x_stand_in.problems import Body, duplicate_rule, invalid_rule, rule_cap, unknown_rule

MOST_RULES = 1000
MOST_CHARACTERS = 1024
"""Of one rule."""

_QUOTED = re.compile(r'"[^"]*"')


@dataclass(frozen=True)
class Rule:
    """What to look for, and the name that its finder gave it."""

    id: str
    value: str
    tag: str | None = None

    def body(self) -> Body:
        """As X lists it: without `tag` where there is none."""
        return {"id": self.id, "value": self.value} | ({"tag": self.tag} if self.tag is not None else {})

    def words(self) -> set[str]:
        """Its plain keywords in small letters, without operators and negations."""
        found = re.findall(r"[^\s()\"]+", self.value)
        return {word.lower() for word in found if word != "OR" and ":" not in word and not word.startswith("-")}


class RuleStore:
    """Every answer is a status and a body. Used by many threads."""

    def __init__(self, rules: Iterable[dict[str, Any]] = ()) -> None:
        """`rules`: those that are there already, `{"value", "tag"?, "id"?}`; taken unchecked."""
        self._guard = threading.Lock()
        self._ids = Ids()
        self._rules: list[Rule] = []
        self.replace(rules)

    def replace(self, rules: Iterable[dict[str, Any]]) -> None:
        """Have these rules and no others."""
        made = [Rule(rule.get("id") or self._ids.next(), rule["value"], rule.get("tag")) for rule in rules]
        with self._guard:
            self._rules = made

    def all(self) -> list[Rule]:
        """In the order in which they were added."""
        with self._guard:
            return list(self._rules)

    def page(self, ids: Sequence[str], start: int, most: int) -> tuple[int, Body]:
        """The rules of these ids (all where none is given), so many at most, from the one with that number on."""
        found = [rule for rule in self.all() if not ids or rule.id in ids]
        shown = [rule.body() for rule in found[start : start + most]]
        meta: Body = {"sent": iso(datetime.now(UTC)), "result_count": len(shown)}
        if start + most < len(found):
            meta["next_token"] = f"{start + most:016d}"
        return 200, ({"data": shown} if shown else {}) | {"meta": meta}

    def add(self, asked: Sequence[dict[str, Any]], dry_run: bool) -> tuple[int, Body]:
        """Add what can be added; refused ones are told one by one, save where they would be too many."""
        with self._guard:
            if len(self._rules) + len(asked) > MOST_RULES:
                return 422, rule_cap(MOST_RULES)
            created: list[Rule] = []
            errors: list[Body] = []
            for rule in asked:
                if error := self._refusal(rule["value"], created):
                    errors.append(error)
                else:
                    created.append(Rule(self._ids.next(), rule["value"], rule.get("tag")))
            if not dry_run:
                self._rules.extend(created)
        summary = {
            "created": len(created),
            "not_created": len(errors),
            "valid": len(created),
            "invalid": len(errors),
        }
        return 201, _changed(summary, [rule.body() for rule in created], errors)

    def delete(self, ids: Sequence[str], dry_run: bool) -> tuple[int, Body]:
        """Delete the rules of these ids; those that are not there are told one by one."""
        with self._guard:
            known = {rule.id for rule in self._rules} & set(ids)
            if not dry_run:
                self._rules = [rule for rule in self._rules if rule.id not in known]
        unknown = [unknown_rule(rule_id) for rule_id in ids if rule_id not in known]
        return 200, _changed({"deleted": len(known), "not_deleted": len(unknown)}, [], unknown)

    def _refusal(self, value: str, created: list[Rule]) -> Body | None:
        if details := list(faults(value)):
            return invalid_rule(value, details)
        twins = [rule.id for rule in (*self._rules, *created) if rule.value == value]
        return duplicate_rule(value, twins[0]) if twins else None


def is_rule(asked: Any) -> bool:  # noqa: ANN401 - whatever the client sent
    """Whether it has the form of a rule to add: `{"value", "tag"?}`."""
    match asked:
        case {"value": str(), **rest}:
            return rest.keys() <= {"tag"} and isinstance(rest.get("tag", ""), str)
    return False


def faults(value: str) -> Iterator[str]:
    """What is wrong with a rule, in words; a small part of what X finds."""
    if not value.strip():
        yield "Rule must not be empty."
    if len(value) > MOST_CHARACTERS:
        yield f"Rules must not be longer than {MOST_CHARACTERS} characters; this one has {len(value)}."
    if value.count('"') % 2:
        yield "The quotes of this rule are not balanced."
    plain = _QUOTED.sub(" quoted ", value)
    if not _balanced(plain):
        yield "The brackets of this rule are not balanced."
    words = [word.strip("()") for word in plain.split()]
    if "AND" in words or "and" in words:
        yield 'Ambiguous use of "and": put a space between two clauses that must both match, or quote the word.'
    if words and all(word.startswith("-") for word in words if word != "OR"):
        yield "Rules must contain a clause that is not negated."


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0


def _changed(summary: Body, data: list[Body], errors: list[Body]) -> Body:
    shown = {"data": data, "errors": errors}
    return {"meta": {"sent": iso(datetime.now(UTC)), "summary": summary}} | {
        name: items for name, items in shown.items() if items
    }
