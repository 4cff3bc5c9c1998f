"""`--plugin package.module:Class`: what somebody else has written, told from its class."""

from collections.abc import Mapping

from processors import PROCESSORS
from processors.base import StreamProcessor
from receivers.base import Receiver
from runtime.plugins import class_at, receiver_class
from scraper import PROVIDERS
from scraper.base import CountProvider

FIXTURES: Mapping[str, type] = {
    "processor_kind": StreamProcessor,
    "receiver_kind": Receiver,
    "provider_kind": CountProvider,
}
"""What a check asks for, to be run over each class of that kind."""


def registered(base: type) -> dict[str, type]:
    """The built-in classes of that kind, by the names of their sources or providers."""
    if base is StreamProcessor:
        return dict(PROCESSORS)
    if base is CountProvider:
        return dict(PROVIDERS)
    found = {name: receiver_class(processor) for name, processor in PROCESSORS.items()}
    return {name: receiver for name, receiver in found.items() if receiver}


def plugged_in(place: str) -> list[type]:
    """The class, and behind a processor its receiver, which is of the same source. Raises FixSettings."""
    found = class_at("--plugin", place, tuple(FIXTURES.values()))
    if issubclass(found, StreamProcessor):
        receiver = receiver_class(found)
        return [found, receiver] if receiver else [found]
    return [found]
