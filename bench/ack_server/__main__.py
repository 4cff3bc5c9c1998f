"""`python -m bench.ack_server [PORT]`: says its port in its first line, then serves until it is ended.

A thread for each connection; a message is taken out of the kernel in one call and not read but for its lengths.
"""

import socket
import sys
import threading

from bench.ack_server.messages import HEADER, NotUnderstood, Seen, answer

_BUFFER = 64 * 1024


def serve(listener: socket.socket) -> None:
    """Until the listener is closed."""
    seen = Seen()
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_converse, args=(connection, seen), daemon=True).start()


def _converse(connection: socket.socket, seen: Seen) -> None:
    buffer = bytearray(_BUFFER)
    with connection:
        while (head := _exactly(connection, memoryview(buffer)[: HEADER.size])) is not None:
            length, request, _, kind = HEADER.unpack(head)
            if length > len(buffer):
                buffer = bytearray(2 * length)
            message = _exactly(connection, memoryview(buffer)[: length - HEADER.size])
            if message is None:
                return
            try:
                said = answer(kind, request, message, seen)
            except NotUnderstood as error:
                print(f"ack_server: {error}", file=sys.stderr, flush=True)
                return
            if said is not None:
                connection.sendall(said)


def _exactly(connection: socket.socket, room: memoryview) -> memoryview | None:
    """The room, filled; None where the client is gone."""
    filled = 0
    while filled < len(room):
        try:
            got = connection.recv_into(room[filled:], flags=socket.MSG_WAITALL)
        except ConnectionError:
            return None
        if not got:
            return None
        filled += got
    return room


def main(port: int) -> None:
    """Listen on loopback, at that port or, for 0, at a free one."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        print(listener.getsockname()[1], flush=True)
        serve(listener)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 0)
