"""Events to play: the lines of a file or of standard input, as bytes that nothing decodes."""

import json
import sys
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Any

from operations.interrupt import Interrupt

BLOCK_BYTES = 65536
STANDARD_INPUT = "-"


def batches(file: str, loop: bool, interrupt: Interrupt) -> Iterator[list[bytes]]:
    """The events of `file`, in lists as they come in: with `-` a line is handed on as soon as it is there.

    Each event keeps its newline; a last line without one is an event too, and is left as it is unless the file is
    repeated (`loop`), where it would otherwise run into the first. Raises: Interrupted; OSError: not readable.
    """
    while True:
        with _opened(file) as source:
            yield from lines(_blocks(source, interrupt), complete=loop)
        if not loop:
            return


def object_of(line: bytes) -> dict[str, Any] | None:
    """The JSON object that the line is, which is played as an event; None where it is none: text."""
    try:
        found = json.loads(line) if line.startswith(b"{") else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def lines(blocks: Iterator[bytes], complete: bool = False) -> Iterator[list[bytes]]:
    """Cut blocks at their newlines. `complete`: add the newline that the last line lacks."""
    held: list[bytes] = []
    for block in blocks:
        *ended, rest = block.split(b"\n")
        if ended:
            first, *others = ended
            yield [b"".join([*held, first, b"\n"]), *(line + b"\n" for line in others)]
            held = []
        held.append(rest)
    if last := b"".join(held):
        yield [last + b"\n" if complete else last]


def _opened(file: str) -> FileIO:
    if file == STANDARD_INPUT:
        return FileIO(sys.stdin.fileno(), closefd=False)
    return Path(file).open("rb", buffering=0)


def _blocks(source: FileIO, interrupt: Interrupt) -> Iterator[bytes]:
    while True:
        interrupt.wait_for(source)
        block = source.read(BLOCK_BYTES)
        if not block:
            return
        yield block
