"""A bar on a terminal or in a notebook, for what takes long."""

import sys
import warnings
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import tqdm

DELAY_SECONDS = 2


def bar(posts: int, progress: bool | None) -> "tqdm.tqdm[NoReturn]":
    """A bar over so many posts. progress: see `loader.load_posts`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without ipywidgets the bar is drawn as text, and it says so
        from tqdm import auto

    shown = progress if progress is not None else _is_watched()
    delay = 0 if progress else DELAY_SECONDS
    return auto.tqdm(total=posts, unit=" posts", unit_scale=True, desc="posts", disable=not shown, delay=delay)


def _is_watched() -> bool:
    return sys.stderr.isatty() or "ipykernel" in sys.modules
