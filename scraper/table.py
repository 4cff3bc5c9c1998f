"""CSV as it comes from the web, row by row, so that tens of megabytes are never in memory at once.

RFC 4180, with what publishers make of it: a byte order mark, lines that end in CRLF or LF.
"""

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from errors import CountUnparsed
from scraper.page import Page

LONGEST_LINE = 100_000

Row = TypeVar("Row")


def rows(page: Page, columns: Callable[[Sequence[str]], Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """The cells of these columns, by row: what `columns` chooses of the header, in its order.

    Raises CountUnparsed where it is no such table: no UTF-8, a row of another length than the header, a line of more
    than `LONGEST_LINE` characters, or whatever `columns` raises; CountUnavailable where the end of the body could not
    be told from a connection that broke, since a part of a table adds up to a number, too.
    """
    table = csv.reader(_lines(_text(page.whole_chunks())), strict=True)
    try:
        header = next(table, [])
        places = [header.index(name) for name in columns(header)]
        for row in table:
            if len(row) != len(header):
                if not row:
                    continue
                raise CountUnparsed(f"has {len(row)} cells, not {len(header)}, in line {table.line_num}")
            yield tuple(row[place] for place in places)
    except csv.Error as error:
        raise CountUnparsed(f"is no CSV: {error}, in line {table.line_num}") from error


def one_of(header: Sequence[str], names: Iterable[str], what: str) -> str:
    """The first of these names that the header has. Raises CountUnparsed with what the header is instead."""
    for name in names:
        if name in header:
            return name
    raise CountUnparsed(f"has no column for {what}; its first line is {','.join(header)[:200]!r}")


def _text(chunks: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        for chunk in chunks:
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise CountUnparsed(f"is no UTF-8: {error.reason}") from error


def _lines(texts: Iterable[str]) -> Iterator[str]:
    waiting = ""
    for text in texts:
        *whole, waiting = (waiting + text).split("\n")
        if len(waiting) > LONGEST_LINE:
            raise CountUnparsed(f"has a line of more than {LONGEST_LINE:,} characters")
        yield from (f"{line}\n" for line in whole)
    if waiting:
        yield waiting
