"""Sources and providers by name: those of the registries, and `package.module:ClassName` of anyone."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from errors import FixSettings
from processors import PROCESSORS
from processors.base import StreamProcessor
from receivers.base import Receiver
from scraper import PROVIDERS
from scraper.base import CountProvider
from settings import Settings

_SOURCE, _COUNT_PROVIDER = "--source (CASESTREAM_SOURCE)", "--count-provider (CASESTREAM_COUNT_PROVIDER)"
_OF_PROVIDERS = ("name", "terms")  # which abstract classes cannot ask for


@dataclass(frozen=True)
class ProviderNeeds:
    """What a provider of the case count asks of the settings: see `scraper.base.CountProvider`.

    takes: the settings that not every provider heeds, and it does. schemes: none where it has no address.
    """

    required: Sequence[str]
    takes: Sequence[str]
    schemes: Sequence[str]


def processor_class(source: str) -> type[StreamProcessor]:
    """The source's class. Raises FixSettings where there is none."""
    if source in PROCESSORS:
        return PROCESSORS[source]
    if ":" not in source:
        raise _mistake(_SOURCE, source, f"it must be one of {', '.join(PROCESSORS)}, or package.module:ClassName")
    return class_at(_SOURCE, source, (StreamProcessor,))


def required_settings(source: str) -> Sequence[str]:
    """The settings without which the source cannot run. Raises FixSettings where there is no such source."""
    processor = processor_class(source)
    if unknown := [name for name in processor.requires if name not in Settings.model_fields]:
        raise _mistake(_SOURCE, source, f"its `requires` names {', '.join(unknown)}, which are no settings")
    return (*processor.requires, "spool") if receiver_class(processor) else processor.requires


def receiver_class(processor: type[StreamProcessor]) -> type[Receiver] | None:
    """The receiver that the source names, None for a source that Spark reads by itself.

    Raises FixSettings where it names none that there is.
    """
    source = f"{processor.__module__}:{processor.__qualname__}"
    if processor.receiver is None:
        return None
    if not processor.receiver:
        what = 'it extends PushProcessor and names no receiver: add `receiver = "package.module:Class"`'
        raise _mistake(_SOURCE, source, what)
    return _subclass(_SOURCE, source, processor.receiver, Receiver)


def provider_class(provider: str) -> type[CountProvider]:
    """The class of the case count's provider. Raises FixSettings where there is none."""
    if provider in PROVIDERS:
        return PROVIDERS[provider]
    if ":" not in provider:
        allowed = f"it must be one of {', '.join(PROVIDERS)}, or package.module:ClassName"
        raise _mistake(_COUNT_PROVIDER, provider, allowed)
    return class_at(_COUNT_PROVIDER, provider, (CountProvider,))


def provider_needs(provider: str) -> ProviderNeeds:
    """What the provider asks of the settings. Raises FixSettings where there is no such provider."""
    kind = provider_class(provider)
    if unknown := [name for name in (*kind.requires, *kind.takes) if name not in Settings.model_fields]:
        raise _mistake(_COUNT_PROVIDER, provider, f"it names {', '.join(unknown)}, which are no settings")
    required = kind.requires if kind.default_url or not kind.schemes else (*kind.requires, "count_url")
    return ProviderNeeds(tuple(dict.fromkeys(required)), (*kind.requires, *kind.takes), kind.schemes)


def class_at(setting: str, place: str, bases: tuple[type[Any], ...]) -> type[Any]:
    """The class at `package.module:Class`, which extends one of these and lacks nothing.

    setting: what names it, for the error. Raises FixSettings where there is no such class.
    """
    found = _subclass(setting, place, place, *bases)
    lacking = [name for name in _OF_PROVIDERS if not hasattr(found, name)] if issubclass(found, CountProvider) else []
    if lacking:
        raise _mistake(setting, place, f"{place} lacks {' and '.join(lacking)}, see scraper.base.CountProvider")
    return found


def _subclass(setting: str, source: str, place: str, *bases: type[Any]) -> type[Any]:
    module, _, name = place.partition(":")
    if not (module and name):
        raise _mistake(setting, source, "it must be package.module:ClassName")
    try:  # anything may go wrong in somebody else's module, and a script ends when it is done
        found = getattr(import_module(module), name)
    except (Exception, SystemExit) as error:
        is_unknown = isinstance(error, ModuleNotFoundError) and error.name == module.partition(".")[0]
        hint = ". Is its folder on PYTHONPATH?" if is_unknown else ""
        raise _mistake(setting, source, f"{place} cannot be imported: {type(error).__name__}: {error}{hint}") from error
    if not (isinstance(found, type) and issubclass(found, bases)):
        allowed = " or ".join(f"{base.__module__}.{base.__name__}" for base in bases)
        raise _mistake(setting, source, f"{place} must be a class that extends {allowed}")
    if lacking := sorted(getattr(found, "__abstractmethods__", ())):
        raise _mistake(setting, source, f"{place} lacks {', '.join(lacking)}")
    return found


def _mistake(setting: str, value: str, what: str) -> FixSettings:
    return FixSettings([f"{setting}={value}: {what}"])
