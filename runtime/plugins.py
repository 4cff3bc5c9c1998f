"""Sources by name: those of the registry, and `package.module:ClassName` of anyone."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from errors import FixSettings
from processors import PROCESSORS
from processors.base import StreamProcessor
from receivers.base import Receiver
from settings import Settings


def processor_class(source: str) -> type[StreamProcessor]:
    """The source's class. Raises FixSettings where there is none."""
    if source in PROCESSORS:
        return PROCESSORS[source]
    if ":" not in source:
        raise _mistake(source, f"it must be one of {', '.join(PROCESSORS)}, or package.module:ClassName")
    return _subclass(source, source, StreamProcessor)


def required_settings(source: str) -> Sequence[str]:
    """The settings without which the source cannot run. Raises FixSettings where there is no such source."""
    processor = processor_class(source)
    if unknown := [name for name in processor.requires if name not in Settings.model_fields]:
        raise _mistake(source, f"its `requires` names {', '.join(unknown)}, which are no settings")
    return (*processor.requires, "spool") if receiver_class(processor) else processor.requires


def receiver_class(processor: type[StreamProcessor]) -> type[Receiver] | None:
    """The receiver that the source names, None for a source that Spark reads by itself. Raises FixSettings."""
    source = f"{processor.__module__}:{processor.__qualname__}"
    return _subclass(source, processor.receiver, Receiver) if processor.receiver else None


def _subclass(source: str, place: str, base: type[Any]) -> type[Any]:
    module, _, name = place.partition(":")
    if not (module and name):
        raise _mistake(source, "it must be package.module:ClassName")
    try:  # anything may go wrong in somebody else's module
        found = getattr(import_module(module), name)
    except Exception as error:
        raise _mistake(source, f"{place} cannot be imported: {type(error).__name__}: {error}") from error
    if not (isinstance(found, type) and issubclass(found, base)):
        raise _mistake(source, f"{place} must be a class that extends {base.__module__}.{base.__name__}")
    if lacking := sorted(getattr(found, "__abstractmethods__", ())):
        raise _mistake(source, f"{place} lacks {', '.join(lacking)}")
    return found


def _mistake(source: str, what: str) -> FixSettings:
    return FixSettings([f"--source (CASESTREAM_SOURCE)={source}: {what}"])
