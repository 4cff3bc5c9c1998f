"""Sources by name: those of the registry, and `package.module:ClassName` of anyone."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from errors import FixSettings
from processors import PROCESSORS
from processors.base import StreamProcessor
from receivers.base import Receiver


def processor_class(source: str) -> type[StreamProcessor]:
    """The source's class. Raises FixSettings where there is none."""
    if source in PROCESSORS:
        return PROCESSORS[source]
    if ":" not in source:
        raise FixSettings(
            [f"--source={source}: it must be one of {', '.join(PROCESSORS)}, or package.module:ClassName"]
        )
    return _subclass(source, StreamProcessor)


def required_settings(source: str) -> Sequence[str]:
    """The settings without which the source cannot run. Raises FixSettings where there is no such source."""
    return processor_class(source).requires


def receiver_class(processor: type[StreamProcessor]) -> type[Receiver] | None:
    """The receiver that the source names, None for a source that Spark reads by itself."""
    return _subclass(processor.receiver, Receiver) if processor.receiver else None


def _subclass(place: str, base: type[Any]) -> type[Any]:
    module, _, name = place.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise FixSettings([f"--source={place}: it cannot be imported: {error}"]) from error
    if not (isinstance(found, type) and issubclass(found, base)):
        raise FixSettings([f"--source={place}: it must be a class that extends {base.__module__}.{base.__name__}"])
    return found
