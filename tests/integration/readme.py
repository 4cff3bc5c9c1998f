"""A section of README.md, or of another page, as its readers take it: blocks to be typed, and what they print."""

import re
from dataclasses import dataclass

from tests.integration.jobs import ROOT

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A block between fences; kind: what stands behind the first fence, empty for a shell."""

    kind: str
    text: str


def blocks(heading: str, page: str = "README.md") -> list[Block]:
    """Those of the section, in their order."""
    parts = re.split(r"^## (.*)\n", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    return [Block(kind, text) for kind, text in _BLOCK.findall(sections[heading])]


def shape(output: str) -> list[str]:
    """What is the same at every run: the lines without the rows of tables, white space as one space."""
    lines = [" ".join(line.split()) for line in output.splitlines()]
    return [line for line in lines if line and not line[0].isdigit()]
