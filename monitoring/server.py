"""The job's HTTP server: /metrics, /healthz, /readyz, answered from memory. It has no login and takes no orders."""

import errno
import logging
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import NamedTuple

log = logging.getLogger(__name__)

FIRST_PORT, PORTS = 9109, 20
"""Where no port is set: the first free one of these."""

_REQUEST_SECONDS = 5
_MOST_AT_ONCE = 16
_LOOK_SECONDS = 0.1
_AGAIN_SECONDS = 10


class Page(NamedTuple):
    """What is answered."""

    status: int
    content_type: str
    body: bytes


Answer = Callable[[str, str], Page]
"""Of a path, and an Accept header."""


class MetricsServer:
    """Listens in a thread of its own. port: None for the first free one of `PORTS`, 0 for any.

    A port that is taken costs one line of the log and no more: the job goes on without, and tries again.
    """

    def __init__(self, address: str, port: int | None, answer: Answer) -> None:
        self._address = address.strip("[]")
        self._ports = range(FIRST_PORT, FIRST_PORT + PORTS) if port is None else (port,)
        self._answer = answer
        self._stopping = threading.Event()
        self._server: _Server | None = None
        self._is_said = False
        self._thread = threading.Thread(target=self._run, name="metrics-server", daemon=True)

    @property
    def port(self) -> int | None:
        """Where it listens, None while it does not."""
        return None if self._server is None else int(self._server.server_address[1])

    def start(self) -> None:
        """Listen, at once where there is a port."""
        self._open()
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while self._server is None:
            if self._stopping.wait(_AGAIN_SECONDS):
                return
            self._open()
        threading.Thread(target=self._server.serve_forever, args=(_LOOK_SECONDS,), daemon=True).start()
        self._stopping.wait()
        self._server.shutdown()
        self._server.server_close()

    def _open(self) -> None:
        why: OSError | None = None
        for port in self._ports:
            try:
                self._server = _Server(self._address, port, self._answer)
            except OSError as error:
                why = error
                if error.errno != errno.EADDRINUSE:
                    break
            else:
                log.info("metrics url=http://%s/metrics", _shown(self._address, self._server.server_address[1]))
                return
        if not self._is_said:
            where = f"{self._ports[0]}-{self._ports[-1]}" if len(self._ports) > 1 else self._ports[0]
            log.warning(
                "no metrics for now, see METRICS_PORT address=%s port=%s why=%r", self._address, where, str(why)
            )
        self._is_said = True


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 2 * _MOST_AT_ONCE

    def __init__(self, address: str, port: int, answer: Answer) -> None:
        self.answer = answer
        self._room = threading.BoundedSemaphore(_MOST_AT_ONCE)
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, port), _Handler)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """In a thread, as long as there are not too many."""
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: object, client_address: object) -> None:
        """One request, and its place is free again."""
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]
        finally:
            self._room.release()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002
        """Who hangs up, or is too slow, is no news."""
        log.debug("a request for metrics came to nothing from=%s", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    timeout = _REQUEST_SECONDS
    server_version, sys_version = "casestream", ""

    def do_GET(self) -> None:
        assert isinstance(self.server, _Server)
        page = self.server.answer(self.path.partition("?")[0], self.headers.get("Accept", ""))
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(page.body)

    def log_message(self, *_: object) -> None:
        """A scrape every few seconds is no news."""


def _shown(address: str, port: object) -> str:
    """Of all addresses, this machine's name, for whoever is to find it."""
    host = socket.gethostname() if address in ("0.0.0.0", "::") else address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
