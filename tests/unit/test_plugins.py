"""Sources of other people, and their mistakes."""

import sys
from pathlib import Path

import pytest

from errors import FixSettings
from processors.kafka import KafkaProcessor
from processors.socket import SocketProcessor
from receivers.socket import SocketReceiver
from runtime.plugins import processor_class, receiver_class, required_settings

FOREIGN = """
from processors.kafka import KafkaProcessor
from processors.base import StreamProcessor
class Good(KafkaProcessor):
    requires = ("kafka_topics",)
class Half(StreamProcessor):
    pass
class Wanting(KafkaProcessor):
    requires = ("kafka_topic",)
class Deaf(KafkaProcessor):
    receiver = "foreign_source:Good"
"""


@pytest.fixture(autouse=True)
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "foreign_source.py").write_text(FOREIGN)
    (tmp_path / "broken_source.py").write_text("def (")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "foreign_source", raising=False)


def mistake(source: str) -> str:
    with pytest.raises(FixSettings) as raised:
        required_settings(source)
    (line,) = raised.value.problems
    return line


def test_a_registered_source_goes_by_its_name() -> None:
    assert processor_class("kafka") is KafkaProcessor
    assert receiver_class(KafkaProcessor) is None
    assert receiver_class(SocketProcessor) is SocketReceiver
    assert required_settings("kafka") == ("kafka_bootstrap_servers", "kafka_topics")
    assert required_settings("socket") == ("spool",)


def test_a_source_of_somebody_else_goes_by_its_module_and_class() -> None:
    assert processor_class("foreign_source:Good").__name__ == "Good"
    assert required_settings("foreign_source:Good") == ("kafka_topics",)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("kafak", "it must be one of kafka, mastodon, socket, twitter, or package.module:ClassName"),
        ("no_such_module:X", "no_such_module:X cannot be imported: ModuleNotFoundError"),
        ("foreign_source:None_", "foreign_source:None_ cannot be imported: AttributeError"),
        ("broken_source:X", "broken_source:X cannot be imported: SyntaxError"),
        (":X", "it must be package.module:ClassName"),
        ("..x:X", "cannot be imported: TypeError"),
        ("pathlib:Path", "pathlib:Path must be a class that extends processors.base.StreamProcessor"),
        ("foreign_source:Half", "foreign_source:Half lacks process, read_stream"),
        ("foreign_source:Wanting", "its `requires` names kafka_topic, which are no settings"),
        ("foreign_source:Deaf", "foreign_source:Good must be a class that extends receivers.base.Receiver"),
    ],
)
def test_a_source_that_cannot_work_is_a_mistake_in_one_line(source: str, why: str) -> None:
    line = mistake(source)
    assert line.startswith(f"--source (CASESTREAM_SOURCE)={source}: ")
    assert why in line
