"""What all pictures have in common."""

import textwrap
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

OURS, OTHERS = "#0b6e4f", "#9aa5b1"
_CAPTION = "#52606d"


def open_frame(axes: Axes) -> None:
    """No line at the top and on the right."""
    axes.spines[["top", "right"]].set_visible(False)


def save(figure: Figure, caption: str, file: Path) -> None:
    """With the caption in small letters below."""
    figure.supxlabel("\n".join(textwrap.wrap(caption, 110)), fontsize=7, color=_CAPTION)
    figure.savefig(file, dpi=130)
