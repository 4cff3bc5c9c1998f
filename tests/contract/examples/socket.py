"""TCP: lines."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from socketserver import BaseRequestHandler
from typing import Any

from operations.streaming_stand_in.connections import HangUpServer
from tests.contract.examples import text
from tests.contract.examples.base import Connection, ProcessorExamples, ReceiverExamples


@contextmanager
def serve(connections: Sequence[Connection]) -> Iterator[Mapping[str, Any]]:
    """A line an event."""
    left, script = threading.Event(), iter(connections)

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            connection = next(script, Connection(()))
            for event in connection.says:
                self.request.sendall(event + b"\n")
            if not connection.hangs_up:
                left.wait()

    with HangUpServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield {"socket_port": server.server_address[1]}
        finally:
            left.set()
            server.shutdown()
            server.end_connections()


SocketProcessor = ProcessorExamples(text.POSTS, text.PROBLEMS)
SocketReceiver = ReceiverExamples(serve)
