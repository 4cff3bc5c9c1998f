"""An address on loopback that gives one told answer after the other."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from operations.streaming_stand_in.connections import HangUpServer

Answer = Callable[[BaseHTTPRequestHandler], None]


def refuse(status: int, **headers: str) -> Answer:
    """That status and nothing more; headers: `_` for `-` in their names."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {**headers, "Content_Length": "0"}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()

    return answer


@contextmanager
def serving(*answers: Answer) -> Iterator[tuple[str, list[BaseHTTPRequestHandler]]]:
    """The address, and the requests that came; 503 behind the last answer."""
    script, asked = iter(answers), list[BaseHTTPRequestHandler]()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self)
            next(script, refuse(503))(self)

        def log_message(self, *_: object) -> None:
            """Say nothing: tests look at what was asked."""

    with HangUpServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/feed", asked
        server.shutdown()
        server.end_connections()
