"""A whole number as publishers write it."""

import re

from errors import CountUnparsed

_PLAIN = re.compile(r"0|[1-9][0-9]{0,20}")
_IN_THREES = re.compile(r"[1-9][0-9]{0,2}([,'\u2019 \u00a0\u2009\u202f])[0-9]{3}(?:\1[0-9]{3}){0,6}")
_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,20})\.0+")


def whole_number(published: str) -> int:
    """Of digits, or of digits in threes with commas, apostrophes or blanks between, one kind of them.

    Points are not taken: 704.753 could be less than a thousand. Raises CountUnparsed, saying what is there instead.
    """
    written = published.strip()
    if _PLAIN.fullmatch(written) or _IN_THREES.fullmatch(written):
        return int(re.sub(r"[^0-9]", "", written))
    raise CountUnparsed(f"gives {published[:100]!r} as the number, not digits like 704,753,890")


def cell_number(cell: str) -> int | None:
    """Of a cell of a table: digits, maybe with zeros behind a point (`5718.0`); None of an empty one.

    Raises CountUnparsed where it is anything else.
    """
    if not cell:
        return None
    whole = _DECIMAL.fullmatch(cell)
    if not (whole or _PLAIN.fullmatch(cell)):
        raise CountUnparsed(f"gives {cell[:100]!r} as a number of cases")
    return int(whole[1] if whole else cell)
