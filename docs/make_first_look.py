"""notebooks/first_look.ipynb with its pictures, and docs/first_look.png: `python -m docs.make_first_look`.

They show the data at CASESTREAM_MONGODB_URI; docs/first_look.png is the notebook's first picture.
"""

import base64
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "first_look.ipynb"
PICTURE = Path(__file__).with_name("first_look.png")
CELL_SECONDS = 120


def run(variables: Mapping[str, str]) -> NotebookNode:
    """The notebook from top to bottom, in a fresh kernel with these environment variables; until a cell fails."""
    notebook: NotebookNode = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=CELL_SECONDS, kernel_name="python3", record_timing=False)
    # A backend that somebody chose for this process would keep the pictures out of the notebook.
    own = {**variables, "PYTHONPATH": str(ROOT), "MPLBACKEND": ""}
    with suppress(CellExecutionError):  # it is among the outputs
        client.execute(env=own)
    return notebook


def outputs(notebook: NotebookNode, kind: str) -> list[NotebookNode]:
    """The outputs of that kind (stream, error, display_data, execute_result), in their order."""
    return [each for cell in notebook.cells for each in cell.get("outputs", []) if each.output_type == kind]


def pictures(notebook: NotebookNode) -> list[bytes]:
    """Every figure, as PNG."""
    shown = [output.data for output in outputs(notebook, "display_data")]
    return [base64.b64decode(data["image/png"]) for data in shown if "image/png" in data]


if __name__ == "__main__":
    finished = run(os.environ)
    if failed := outputs(finished, "error"):
        raise SystemExit("\n".join(failed[0].traceback))
    nbformat.write(finished, NOTEBOOK)
    PICTURE.write_bytes(pictures(finished)[0])
