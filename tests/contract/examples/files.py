"""Files: lines, a new file each time."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.contract.examples import text
from tests.contract.examples.base import ProcessorExamples


def publish(folder: Path, events: Sequence[bytes]) -> Mapping[str, Any]:
    """Another file of that folder."""
    folder.mkdir(exist_ok=True)
    number = len(list(folder.iterdir()))
    (folder / f"{number}.txt").write_bytes(b"".join(event + b"\n" for event in events))
    return {"files_folder": folder.as_uri()}


# A line of nothing but blanks is no event in a file.
PROBLEMS = {event: problem for event, problem in text.PROBLEMS.items() if event.strip()}
# Tweets of API v1.1 are written anew as v2 has them, and read once more.
FilesProcessor = ProcessorExamples(text.POSTS, PROBLEMS, {"files_folder": "file:/nowhere"}, publish, parses=2)
