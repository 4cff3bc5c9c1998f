"""The member of a replica set that is left when a majority is down: it answers, and there is no primary.

https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/: OP_MSG, and OP_QUERY for a driver's first hello.
"""

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import bson

_REPLY, _QUERY, _MESSAGE = 1, 2004, 2013
_HEAD = struct.Struct("<iiii")


class _Member(socketserver.ThreadingTCPServer):
    daemon_threads = True

    @property
    def reply(self) -> bytes:
        """To whatever it is asked."""
        here = f"127.0.0.1:{self.server_address[1]}"
        limits = {"maxBsonObjectSize": 16_777_216, "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000}
        state = {"isWritablePrimary": False, "secondary": True, "setName": "rs0", "hosts": [here], "me": here}
        return bson.encode({**limits, **state, "minWireVersion": 0, "maxWireVersion": 21, "ok": 1.0})


class _Connection(socketserver.StreamRequestHandler):
    server: _Member

    def handle(self) -> None:
        with suppress(ConnectionError):
            while len(head := self.rfile.read(_HEAD.size)) == _HEAD.size:
                length, request, _, code = _HEAD.unpack(head)
                if code not in (_QUERY, _MESSAGE):  # who tries whether it speaks TLS
                    return
                self.rfile.read(length - _HEAD.size)
                before = struct.pack("<iqii", 0, 0, 0, 1) if code == _QUERY else struct.pack("<IB", 0, 0)
                body = before + self.server.reply
                answer = _REPLY if code == _QUERY else _MESSAGE
                self.wfile.write(_HEAD.pack(_HEAD.size + len(body), 1, request, answer) + body)


@contextmanager
def member_without_primary() -> Iterator[str]:
    """The URI of the set, of which this member alone is up."""
    with _Member(("127.0.0.1", 0), _Connection) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"mongodb://127.0.0.1:{server.server_address[1]}/?replicaSet=rs0"
        finally:
            server.shutdown()
            thread.join()
