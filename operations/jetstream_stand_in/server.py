"""A host that speaks as Jetstream does: `/subscribe`, its options, cursors into the past, one event a frame.

What it does is what https://github.com/bluesky-social/jetstream does on `/subscribe`: a cursor that is too old begins
at the oldest event that is left, without a word; one from the future, as none at all, begins with what comes now; a
client that takes nothing for some seconds is cut off; `compress` is refused here.
"""

import socket
import threading
import time
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import WebSocketException
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from operations.jetstream_stand_in.behaviour import Behaviour, HangUp, Subscription
from operations.jetstream_stand_in.event_log import EventLog

PATH = "/subscribe"
PATIENCE_SECONDS = 5.0
"""How long a client may take nothing."""
_LOOK_SECONDS = 0.05


class JetstreamServer:
    """Answers at a listening socket while it is entered; leaving ends the connections in order (1001)."""

    def __init__(
        self,
        listener: socket.socket,
        log: EventLog,
        behaviour: Behaviour | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        listener.setblocking(True)
        host, self.port = listener.getsockname()[:2]
        self.url = f"ws://[{host}]:{self.port}" if ":" in host else f"ws://{host}:{self.port}"
        self.subscriptions: list[Subscription] = []
        self.positions: dict[ServerConnection, int] = {}
        """By open connection: the number of the event that is sent next."""
        self._log = log
        self._behaviour = behaviour or Behaviour()
        self._patience_seconds = patience_seconds
        self._guard = threading.Lock()
        self._asked = 0
        self._asked_for: dict[ServerConnection, Subscription] = {}
        self._sending: dict[ServerConnection, float] = {}
        self._ending = threading.Event()
        self._server = serve(
            self._serve,
            sock=listener,
            process_request=self._answer,
            ping_interval=30,
            ping_timeout=None,
            close_timeout=1,
        )
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._server.serve_forever, self._watch)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        address = urlsplit(request.path)
        query = parse_qs(address.query)
        with self._guard:
            number, self._asked = self._asked, self._asked + 1
        if (refusal := self._behaviour.refusal(number)) is not None:
            return connection.respond(*refusal)
        if address.path != PATH:
            return connection.respond(HTTPStatus.NOT_FOUND, "not found")
        cursor = query.get("cursor", [""])[0]
        if cursor and not (cursor.isascii() and cursor.isdigit()):
            return connection.respond(HTTPStatus.BAD_REQUEST, f"invalid cursor: {cursor}")
        if query.get("compress") == ["true"]:
            return connection.respond(HTTPStatus.BAD_REQUEST, "the stand-in does not compress")
        most = query.get("maxMessageSizeBytes", ["0"])[0]
        with self._guard:
            subscription = Subscription(
                len(self.subscriptions),
                int(cursor) if cursor else None,
                query.get("wantedCollections", []),
                query.get("wantedDids", []),
                int(most) if most.isdigit() else 0,
            )
            self.subscriptions.append(subscription)
            self._asked_for[connection] = subscription
            self.positions[connection] = self._begin(subscription)
        return None

    def _begin(self, subscription: Subscription) -> int:
        cursor, skew = subscription.cursor, self._behaviour.skew_us
        is_live = cursor is None or cursor > self._log.now_us() + skew
        number = self._log.end if cursor is None or is_live else self._log.first_since(cursor - skew)
        return self._behaviour.first(subscription, number)

    def _serve(self, connection: ServerConnection) -> None:
        subscription = self._asked_for.pop(connection)
        try:
            self._play(connection, subscription)
        except HangUp:
            self._cut(connection)
        except WebSocketException:
            self._sending.pop(connection, None)  # the client went, or was cut off
        finally:
            self.positions.pop(connection, None)

    def _play(self, connection: ServerConnection, subscription: Subscription) -> None:
        sent = 0
        while not self._ending.is_set() and not connection.wait_closed(0):
            found = self._log.read(self.positions[connection], _LOOK_SECONDS)
            if found is None:
                continue
            number, entry = found
            frame = entry.frame(self._behaviour.skew_us)
            is_too_long = subscription.most_bytes and len(frame) > subscription.most_bytes
            if entry.wanted(subscription.collections, subscription.dids) and not is_too_long:
                self._behaviour.before(subscription, sent, self._ending)
                self._sending[connection] = time.monotonic()
                connection.send(frame, text=_is_text(frame))
                del self._sending[connection]
                sent += 1
            self.positions[connection] = number + 1

    def _watch(self) -> None:
        while not self._ending.wait(_LOOK_SECONDS):
            late = time.monotonic() - self._patience_seconds
            for connection in [each for each, since in list(self._sending.items()) if since < late]:
                self._cut(connection)
        for connection in list(self._sending):
            self._cut(connection)

    @staticmethod
    def _cut(connection: ServerConnection) -> None:
        try:
            connection.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            connection.socket.close()


def _is_text(frame: bytes) -> bool:
    try:
        frame.decode()
    except UnicodeDecodeError:
        return False
    return True
