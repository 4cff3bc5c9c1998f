"""What occurs twice among hundreds of millions of names, in a few megabytes of memory."""

from array import array
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from xxhash import xxh64_intdigest

_BUCKETS = 256
_HELD = 2_048  # names of a bucket that are in memory before they go to its file
_WORDS = 3


class Meeting(NamedTuple):
    """Where a name was met, and the mark that it had there."""

    place: int
    mark: int


class Names:
    """Names in a file, each by the place where it lies: a place is 8 bytes in memory, however long the name."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("w+b")
        self._end = 0

    def add(self, name: str) -> int:
        """Its place."""
        place = self._end
        line = name.encode("unicode_escape") + b"\n"
        self._file.write(line)
        self._end += len(line)
        return place

    def at(self, place: int) -> str:
        """The name that lies there."""
        self._file.seek(place)
        name = self._file.readline().rstrip(b"\n").decode("unicode_escape")
        self._file.seek(self._end)
        return name

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class Repeats:
    """Names, and where each was met; `repeated` says which were met more than once.

    A name is kept as 64 bits of it (xxHash64) with its place and a mark, 24 bytes, in 256 buckets that go to files of
    `folder`: 13 MB of memory while names come in, and then 120 bytes for each name of one bucket (50 MB at 100 million
    names). Two names may share their 64 bits: one chance in 4,000 at 100 million.
    """

    def __init__(self, folder: Path) -> None:
        """folder: one that is not there yet."""
        folder.mkdir()
        self._folder = folder
        self._buckets = [array("Q") for _ in range(_BUCKETS)]

    def add(self, name: str, place: int, mark: int = 0) -> None:
        """The name was met at that place. mark: 64 bits that tell one meeting from another."""
        digest = digest_of(name)
        number = digest % _BUCKETS
        bucket = self._buckets[number]
        bucket.extend((digest, place, mark))
        if len(bucket) >= _WORDS * _HELD:
            self._put_away(number)

    def repeated(self) -> Iterator[tuple[int, list[Meeting]]]:
        """Each digest that was met more than once, and where."""
        for number in range(_BUCKETS):
            bucket = self._read(number)
            digests = bucket[::_WORDS]
            if len(set(digests)) == len(digests):
                continue
            twice = {digest for digest, times in Counter(digests).items() if times > 1}
            meetings: dict[int, list[Meeting]] = {}
            for digest, place, mark in zip(digests, bucket[1::_WORDS], bucket[2::_WORDS], strict=True):
                if digest in twice:
                    meetings.setdefault(digest, []).append(Meeting(place, mark))
            yield from meetings.items()

    def _put_away(self, number: int) -> None:
        with (self._folder / str(number)).open("ab") as file:
            self._buckets[number].tofile(file)
        self._buckets[number] = array("Q")

    def _read(self, number: int) -> "array[int]":
        file = self._folder / str(number)
        found = array("Q")
        if file.exists():
            found.frombytes(file.read_bytes())
        found.extend(self._buckets[number])
        return found


def digest_of(name: str) -> int:
    """64 bits of a name."""
    return xxh64_intdigest(name.encode(errors="surrogatepass"))
