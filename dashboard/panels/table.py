"""A table that is text through and through: what is in a cell is shown as it is, never read as HTML or Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st


@dataclass(frozen=True)
class Column:
    """A heading; is_number: aligned to the right; is_wide: left out on a phone."""

    heading: str
    is_number: bool = False
    is_wide: bool = False

    @property
    def classes(self) -> str:
        """Its classes in CSS."""
        return " ".join(name for name, has in (("number", self.is_number), ("wide", self.is_wide)) if has)


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], strong: Sequence[int] = ()) -> None:
    """Draw it. strong: the numbers of the rows that stand out."""
    heads = "".join(f'<th class="{column.classes}">{escape(column.heading)}</th>' for column in columns)
    lines = (_row(columns, row, "strong" if number in strong else "") for number, row in enumerate(rows))
    st.html(f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table>")


def bars(heading: str, unit: str, rows: Sequence[tuple[str, int]]) -> None:
    """Draw names with their numbers, and a bar beside each: the first is the longest."""
    most = max((count for _, count in rows), default=1)
    lines = (
        f"<tr><td>{escape(name)}</td><td class='number'>{count:,}</td>"
        f"<td class='bar'><i style='width: {100 * count / most:.1f}%'></i></td></tr>"
        for name, count in rows
    )
    heads = f"<th>{escape(heading)}</th><th class='number'>{escape(unit)}</th><th></th>"
    st.html(f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table>")


def _row(columns: Sequence[Column], cells: Sequence[str], classes: str) -> str:
    pairs = zip(columns, cells, strict=True)
    inner = "".join(f'<td class="{column.classes}">{escape(cell)}</td>' for column, cell in pairs)
    return f'<tr class="{classes}">{inner}</tr>'
