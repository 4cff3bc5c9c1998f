"""Where the examples of a class are: those of our own in this folder, those of others beside their module."""

from importlib import import_module
from importlib.util import find_spec
from typing import TypeVar

import pytest

from tests.contract.examples.base import ProcessorExamples, ReceiverExamples

_Examples = TypeVar("_Examples", ProcessorExamples, ReceiverExamples)

_SMALLEST = {
    ProcessorExamples: """from tests.contract.examples.base import ProcessorExamples

{name} = ProcessorExamples(
    posts={{b'{{"text": "hello"}}': "hello"}},       # an event, and the text of its post
    problems={{b'{{"text": " "}}': "no_text"}},      # an event that is none, and the problem of its dead letter
)""",
    ReceiverExamples: """from contextlib import contextmanager
from tests.contract.examples.base import ReceiverExamples

@contextmanager
def serve(connections):  # Connection: says, missed, hangs_up
    ...                  # listen at 127.0.0.1; the first client gets connections[0].says, and so on
    yield {{"source_url": "http://127.0.0.1:PORT/"}}
    ...                  # hang up on every client

{name} = ReceiverExamples(serve)""",
}


def examples_of(kind: type, form: type[_Examples]) -> _Examples | None:
    """What stands under the class's name in its module of examples; None where nothing does."""
    module = place_of(kind)
    if not _is_there(module):
        return None
    found = getattr(import_module(module), kind.__name__, None)
    return found if isinstance(found, form) else None


def needed(kind: type, form: type[_Examples]) -> _Examples:
    """The same, where a check cannot do without; else it is skipped: one check says what is missing."""
    found = examples_of(kind, form)
    if found is None:
        pytest.skip(f"no examples of {kind.__qualname__}")
    return found


def what_to_write(kind: type, form: type[_Examples]) -> str:
    """The smallest examples of that class, and where they belong."""
    file = f"{place_of(kind).replace('.', '/')}.py"
    return (
        f"{kind.__qualname__} has no examples to be tried with: checks that need them were skipped.\n"
        f"Write {file}, beside the module of {kind.__qualname__}; it names them as the class is named:\n\n"
        f"{_SMALLEST[form].format(name=kind.__name__)}\n\n"
        "What each field means: tests/contract/examples/base.py. Whole ones: tests/contract/examples/, "
        "docs/add-a-source.md."
    )


def place_of(kind: type) -> str:
    """The module in which the examples of the class stand."""
    room, _, name = kind.__module__.partition(".")
    return f"tests.contract.examples.{name}" if room in ("processors", "receivers") else f"{kind.__module__}_examples"


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a package above it
        return False
