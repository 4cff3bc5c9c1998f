"""Receivers that break one promise each."""

import queue
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from receivers.base import NoBookmark, ReceiverParts, Spool
from receivers.bluesky import BlueskyReceiver
from receivers.socket import SocketReceiver
from spool.segments import Event
from tests.servers.heard import Heard


class LosesItsPlaceReceiver(BlueskyReceiver):
    def __init__(self, parts: ReceiverParts) -> None:
        super().__init__(replace(parts, bookmark=NoBookmark()))


class KeylessReceiver(SocketReceiver):
    goes_on: ClassVar[bool] = True


class FussyReceiver(SocketReceiver):
    @staticmethod
    def key(event: bytes) -> str | None:
        if event == b"null":
            raise TypeError("null has no id")
        return None


class NeverStopsReceiver(SocketReceiver):
    def receive(self) -> None:
        super().receive()
        if self._was_connected and not self.settings.available_now:
            threading.Event().wait()


class NeverOverReceiver(SocketReceiver):
    def __init__(self, parts: ReceiverParts) -> None:
        super().__init__(replace(parts, settings=parts.settings.model_copy(update={"available_now": False})))


class SwallowsBytesReceiver(SocketReceiver):
    def __init__(self, parts: ReceiverParts) -> None:
        super().__init__(replace(parts, spool=_Decoding(parts.spool)))


class KeepsAnyLengthReceiver(SocketReceiver):
    def __init__(self, parts: ReceiverParts) -> None:
        super().__init__(replace(parts, settings=parts.settings.model_copy(update={"max_event_bytes": 2_000_000})))


class ReadsOnReceiver(SocketReceiver):
    def __init__(self, parts: ReceiverParts) -> None:
        super().__init__(replace(parts, spool=_Hoarding(parts.spool)))


class SaysNothingOfGapsReceiver(SocketReceiver):
    def __init__(self, parts: ReceiverParts) -> None:
        super().__init__(replace(parts, coverage=Heard()))


class PrintsItsSecretReceiver(SocketReceiver):
    def receive(self) -> None:
        if self.settings.source_token is not None:
            print("logging in with", self.settings.source_token.get_secret_value())
        super().receive()


class ExamplelessReceiver(SocketReceiver):
    pass


class _Decoding:
    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def append(self, events: Sequence[Event]) -> int:
        return self._spool.append(
            [each.decode("utf-8", "ignore").encode() if isinstance(each, bytes) else each for each in events]
        )


class _Hoarding:
    """Takes all that comes, and hands it on in a thread of its own; of the first it waits for what becomes of it."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._waiting: queue.Queue[Sequence[Event]] = queue.Queue()
        self._failure: Exception | None = None
        self._has_tried = threading.Event()
        threading.Thread(target=self._hand_on, daemon=True).start()

    def append(self, events: Sequence[Event]) -> int:
        self._waiting.put(events)
        self._has_tried.wait(0.2)
        self._has_tried.set()
        if self._failure is not None:
            raise self._failure
        return len(events)

    def _hand_on(self) -> None:
        while True:
            try:
                self._spool.append(self._waiting.get())
            except Exception as failure:  # noqa: BLE001 - raised by the next `append`
                self._failure = failure
            self._has_tried.set()
