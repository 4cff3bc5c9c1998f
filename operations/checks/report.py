"""The lines of an examination for people, and for programs."""

import re
from collections.abc import Sequence
from typing import Any

from monitoring.log_lines import redacted
from operations.checks.result import Mark
from operations.checks.runner import Line

_SIGNS = {Mark.OK: "✓", Mark.FAILED: "✗", Mark.WARNING: "!", Mark.SKIPPED: "–"}
_PLAIN_SIGNS = {Mark.OK: "ok  ", Mark.FAILED: "FAIL", Mark.WARNING: "!   ", Mark.SKIPPED: "-   "}


class Report:
    """secrets: what is shown nowhere. encoding: of where the lines go; signs that it does not have are written out."""

    def __init__(self, secrets: Sequence[str], encoding: str, width: int) -> None:
        """width: of the longest name of a check."""
        self._secrets = secrets
        self._encoding = encoding
        self._width = width
        self._signs = _SIGNS if _can_show(encoding, "".join(_SIGNS.values())) else _PLAIN_SIGNS
        self._lines: list[Line] = []

    def add(self, line: Line) -> str:
        """The line for people."""
        self._lines.append(line)
        result = line.result
        said = self._clean(result.said) + (f". To do: {self._clean(result.to_do)}" if result.to_do else "")
        text = f"{self._signs[result.mark]} {line.check:<{self._width}}  {said}"
        return text.encode(self._encoding, "backslashreplace").decode(self._encoding)

    @property
    def failures(self) -> int:
        """How many checks have failed."""
        return len({line.check for line in self._lines if line.result.mark == Mark.FAILED})

    def as_json(self, jobname: str | None) -> dict[str, Any]:
        """Everything, for programs; `ok` is what the exit code says."""
        lines = [
            {
                "check": line.check,
                "mark": line.result.mark.value,
                "said": self._clean(line.result.said),
                "to_do": self._clean(line.result.to_do),
                "seconds": line.seconds,
            }
            for line in self._lines
        ]
        return {"job": jobname, "ok": not self.failures, "checks": lines}

    def _clean(self, text: str) -> str:
        text = redacted(" ".join(text.split()), self._secrets)
        text = "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)  # a server may say anything
        text = re.sub(r"(?<=://)[^/@\s]*@", "***@", text)  # a login
        return re.sub(r"(://[^?\s]*\?)[^\s'\"]+", r"\1***", text)  # a query may hold a token


def _can_show(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
