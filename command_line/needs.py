"""What a source, a provider of the case count and Spark's master ask of the settings that were given."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from command_line import mistakes
from errors import FixSettings
from settings import Settings
from settings.folders import scheme_of
from settings.types import WEB_ADDRESS


class OfProvider(Protocol):
    """What a provider of the case count asks of the settings: those required, those others that it takes, and what
    COUNT_URL may begin with ("" is a path; none: it has no address).
    """

    @property
    def required(self) -> Sequence[str]: ...

    @property
    def takes(self) -> Sequence[str]: ...

    @property
    def schemes(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Surroundings:
    """What settings are checked against.

    sources: registered names. required: the settings that a source cannot do without; raises FixSettings where there
    is no such source. provider: the same for a provider of the case count. is_local: whether Spark's master is this
    machine. is_in_cluster: whether the driver is, or is to be, on any machine of a cluster.
    """

    sources: Collection[str]
    required: Callable[[str], Sequence[str]]
    provider: Callable[[str], OfProvider]
    is_local: bool
    is_in_cluster: bool = False


def unmet(given: Mapping[str, Any], around: Surroundings) -> list[str]:
    """What the source, the provider and the master ask for and is not given, a line each, whatever else is wrong.

    given: by setting, as it was written.
    """
    problems, needed = _needs_of_count(given, around)
    if not around.is_local:
        needed |= dict.fromkeys(("mongodb_uri", "checkpoint"), "it has a default with a local Spark master only")
    if source := given.get("source"):
        try:
            needed |= dict.fromkeys(around.required(source), f"the source {source} needs it")
        except FixSettings as mistake:
            problems += mistake.problems
    if str(given.get("kafka_security_protocol", "")).startswith("SASL"):
        needed |= dict.fromkeys(("kafka_sasl_username", "kafka_sasl_password"), "the protocol asks for a login")
    if around.is_local:
        needed.pop("spool", None)
    if around.is_in_cluster:
        problems += [
            mistakes.of_one_machine(name, given[name])
            for name in ("checkpoint", "spool")
            if name in given and scheme_of(given[name]) in ("", "file")
        ]
    return problems + [mistakes.missing(name, why) for name, why in needed.items() if name not in given]


def _needs_of_count(given: Mapping[str, Any], around: Surroundings) -> tuple[list[str], dict[str, str]]:
    """What is wrong for the provider of the case count, and what it needs, each with why."""
    name = str(given.get("count_provider", Settings.model_fields["count_provider"].default))
    try:
        provider = around.provider(name)
    except FixSettings as mistake:
        return list(mistake.problems), {}
    problems = [
        mistakes.of_no_use(each, given[each], f"the count's provider {name} does not heed it")
        for each in ("count_selector", "count_value", "count_as_of")
        if each in given and each not in provider.takes
    ]
    url = given.get("count_url")
    if url is not None and not provider.schemes:
        problems.append(mistakes.of_no_use("count_url", url, f"the count's provider {name} reads none"))
    elif url is not None and scheme_of(url) in {"", "file", "http", "https"} - set(provider.schemes):
        allowed = "a path, or file:/…" if "file" in provider.schemes else WEB_ADDRESS
        problems.append(mistakes.wrong_for("count_url", url, f"it must be {allowed}, for the count's provider {name}"))
    return problems, dict.fromkeys(provider.required, f"the count's provider {name} needs it")
