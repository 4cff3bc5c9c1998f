"""How a check says that a promise is broken: what was promised, what came, where to look."""

from typing import NoReturn

import pytest

_SHOWN = 300


def broken(promised: str, came: object, look_at: str) -> NoReturn:
    """Fail, in three lines and without a traceback: whoever reads it has not written the check."""
    shown = came if isinstance(came, str) else repr(came)
    if len(shown) > _SHOWN:
        shown = f"{shown[:_SHOWN]}… ({len(shown)} characters)"
    pytest.fail(f"promised: {promised}\ncame:     {shown}\nlook at:  {look_at}", pytrace=False)


def kept(is_kept: bool, promised: str, came: object, look_at: str) -> None:
    """Fail where it is not."""
    if not is_kept:
        broken(promised, came, look_at)
