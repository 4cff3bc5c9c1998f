"""The table in docs/metrics.md, out of `monitoring.definitions`: `python -m docs.make_metrics`."""

from pathlib import Path

from monitoring.definitions import DEFINITIONS, Definition

PAGE = Path(__file__).with_name("metrics.md")
BEGIN, END = "<!-- made by python -m docs.make_metrics -->\n", "<!-- end of what is made -->\n"
_HEAD = "| metric | kind | labels | what it is |\n|---|---|---|---|\n"


def page(text: str) -> str:
    """That page, its table made anew."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + _HEAD + "".join(map(_row, DEFINITIONS)) + END + rest.partition(END)[2]


def _row(each: Definition) -> str:
    labels = "; ".join(
        f"`{name}`: {', '.join(values)}" if values else f"`{name}`" for name, values in each.labels.items()
    )
    return f"| `{each.name}` | {each.kind} | {labels} | {each.about} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
