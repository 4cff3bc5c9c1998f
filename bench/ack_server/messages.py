"""MongoDB's wire protocol as far as a client that writes needs it.

https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/: OP_MSG, and OP_QUERY for the first greeting.
"""

import struct
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bson import decode, encode
from bson.int64 import Int64

HEADER = struct.Struct("<iiii")  # length of all, id, id of what it answers, kind
_INT = struct.Struct("<i")
_OP_REPLY, _OP_QUERY, _OP_MSG = 1, 2004, 2013
_REPLY = struct.Struct("<iqii")
_CHECKSUM, _MORE_TO_COME = 1, 2
_BODY, _SEQUENCE = 0, 1

_GREETING = {
    "helloOk": True,
    "ismaster": True,
    "isWritablePrimary": True,
    "maxBsonObjectSize": 16_777_216,
    "maxMessageSizeBytes": 48_000_000,
    "maxWriteBatchSize": 100_000,
    "minWireVersion": 0,
    "maxWireVersion": 21,
    "readOnly": False,
}


class NotUnderstood(Exception):
    """The message is of a kind that this server does not know."""


@dataclass
class Seen:
    """What was written since the start."""

    documents: int = 0
    bytes: int = 0


def answer(kind: int, request: int, message: memoryview, seen: Seen) -> bytes | None:
    """To one message without its header; None where the client wants none. Raises NotUnderstood."""
    if kind == _OP_QUERY:
        return _reply(request, encode(_greeting()))
    if kind != _OP_MSG:
        raise NotUnderstood(f"opcode {kind}")
    (flags,) = _INT.unpack_from(message)
    end = len(message) - (4 if flags & _CHECKSUM else 0)
    command, in_sequences = _sections(message[4:end])
    result = _result(command, in_sequences, seen)
    seen.bytes += len(message)
    return None if flags & _MORE_TO_COME else _message(request, encode(result))


def _sections(message: memoryview) -> tuple[dict[str, Any], int]:
    """The command, and how many documents stand in sequences beside it; those are stepped over, not read."""
    command: dict[str, Any] = {}
    documents, place = 0, 0
    while place < len(message):
        (length,) = _INT.unpack_from(message, place + 1)
        end = place + 1 + length
        if message[place] == _BODY:
            command = decode(message[place + 1 : end])
        elif message[place] == _SEQUENCE:
            documents += _count(message[place + 5 : end])
        else:
            raise NotUnderstood(f"section {message[place]}")
        place = end
    return command, documents


def _count(sequence: memoryview) -> int:
    place = bytes(sequence[:64]).index(0) + 1  # behind its name
    documents = 0
    while place < len(sequence):
        place += _INT.unpack_from(sequence, place)[0]
        documents += 1
    return documents


def _result(command: dict[str, Any], in_sequences: int, seen: Seen) -> dict[str, Any]:
    name = next(iter(command))
    if name.lower() in ("hello", "ismaster"):
        return _greeting()
    if name in ("insert", "update"):
        documents = in_sequences + len(command.get("documents", command.get("updates", ())))
        seen.documents += documents
        return {"n": documents, "nModified": 0, "ok": 1.0}
    if name in ("find", "aggregate", "listCollections", "listIndexes"):
        return {"cursor": {"id": Int64(0), "ns": f"{command['$db']}.{command[name]}", "firstBatch": []}, "ok": 1.0}
    if name == "seen":
        return {"documents": Int64(seen.documents), "bytes": Int64(seen.bytes), "ok": 1.0}
    return {"n": 0, "ok": 1.0}


def _greeting() -> dict[str, Any]:
    return {**_GREETING, "localTime": datetime.now(UTC), "connectionId": time.monotonic_ns() % 2**31, "ok": 1.0}


def _reply(request: int, document: bytes) -> bytes:
    return HEADER.pack(36 + len(document), 0, request, _OP_REPLY) + _REPLY.pack(8, 0, 0, 1) + document


def _message(request: int, document: bytes) -> bytes:
    return HEADER.pack(21 + len(document), 0, request, _OP_MSG) + bytes(5) + document
