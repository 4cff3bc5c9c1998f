"""`manage.py feed` as a process, with what is typed into it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[2]
TWEETS = ROOT / "demo" / "tweets.txt"
BOUND_SECONDS = 60

Feed = TypeVar("Feed", bound="FeedProcess")


@dataclass
class FeedProcess:
    """A running `manage.py feed`; `address`: where it says that it listens."""

    process: subprocess.Popen[bytes]
    address: str

    def type(self, text: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def end_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def exit_code(self) -> int:
        return self.process.wait(BOUND_SECONDS)


def feed(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """From start to end."""
    return subprocess.run(command(*arguments), input=stdin, capture_output=True, timeout=BOUND_SECONDS, check=False)


@contextmanager
def feeding(kind: type[Feed], *arguments: object) -> Iterator[Feed]:
    """Running while the block lasts."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command(*arguments), stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        try:
            yield kind(process, process.stdout.readline().decode().removeprefix("listening on ").strip())
        finally:
            process.kill()


def command(*arguments: object) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), "feed", *map(str, arguments)]
