"""Sources and providers of the case count of other people, and their mistakes."""

import sys
from pathlib import Path

import pytest

from errors import FixSettings
from processors.kafka import KafkaProcessor
from processors.socket import SocketProcessor
from receivers.socket import SocketReceiver
from runtime.plugins import processor_class, provider_class, provider_needs, receiver_class, required_settings
from scraper.worldometers import Worldometers

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

from processors.push import PushProcessor
class Forgetful(PushProcessor):
    def process(self, event):
        return event

from scraper.base import CountProvider, Terms
from scraper.web import WebProvider
class Counts(WebProvider):
    name = "foreign"
    terms = Terms("CC0", "https://example.org/terms")
    requires = ("count_selector",)
    takes = ("count_as_of",)
    def read(self, page):
        return None
class Nameless(WebProvider):
    def read(self, page):
        return None
class Asking(Counts):
    requires = ("count_colour",)
"""


@pytest.fixture(autouse=True)
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "foreign_source.py").write_text(FOREIGN)
    (tmp_path / "broken_source.py").write_text("def (")
    (tmp_path / "script_source.py").write_text("raise SystemExit('done')")
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
        ("kafak", "it must be one of bluesky, files, kafka, mastodon, socket, twitter, or package.module:ClassName"),
        (
            "no_such_module:X",
            "no_such_module:X cannot be imported: ModuleNotFoundError: No module named 'no_such_module'. Is its folder "
            "on PYTHONPATH?",
        ),
        ("foreign_source:None_", "foreign_source:None_ cannot be imported: AttributeError"),
        ("broken_source:X", "broken_source:X cannot be imported: SyntaxError"),
        ("script_source:X", "script_source:X cannot be imported: SystemExit: done"),
        (":X", "it must be package.module:ClassName"),
        ("..x:X", "cannot be imported: TypeError"),
        ("pathlib:Path", "pathlib:Path must be a class that extends processors.base.StreamProcessor"),
        ("foreign_source:Half", "foreign_source:Half lacks process, read_stream"),
        ("foreign_source:Wanting", "its `requires` names kafka_topic, which are no settings"),
        ("foreign_source:Deaf", "foreign_source:Good must be a class that extends receivers.base.Receiver"),
        ("foreign_source:Forgetful", "it extends PushProcessor and names no receiver: add `receiver = "),
    ],
)
def test_a_source_that_cannot_work_is_a_mistake_in_one_line(source: str, why: str) -> None:
    line = mistake(source)
    assert line.startswith(f"--source (CASESTREAM_SOURCE)={source}: ")
    assert why in line


def test_a_registered_provider_of_the_count_goes_by_its_name() -> None:
    assert provider_class("worldometers") is Worldometers
    assert provider_needs("worldometers").required == ()
    assert provider_needs("page").required == ("count_url", "count_selector")
    assert provider_needs("fixed").takes == ("count_value", "count_as_of")
    assert provider_needs("file").schemes == ("", "file")
    assert provider_needs("none").schemes == ()


def test_a_provider_of_somebody_else_goes_by_its_module_and_class_and_needs_an_address_if_it_has_none() -> None:
    assert provider_class("foreign_source:Counts").name == "foreign"
    needs = provider_needs("foreign_source:Counts")
    assert needs.required == ("count_selector", "count_url")
    assert needs.takes == ("count_selector", "count_as_of")


@pytest.mark.parametrize(
    ("provider", "why"),
    [
        (
            "who.int",
            "it must be one of worldometers, who, owid, page, file, fixed, none, or package.module:ClassName",
        ),
        ("no_such_module:X", "no_such_module:X cannot be imported: ModuleNotFoundError"),
        ("foreign_source:Good", "foreign_source:Good must be a class that extends scraper.base.CountProvider"),
        ("scraper.web:WebProvider", "scraper.web:WebProvider lacks read"),
        ("foreign_source:Nameless", "foreign_source:Nameless lacks name and terms"),
        ("foreign_source:Asking", "it names count_colour, which are no settings"),
    ],
)
def test_a_provider_that_cannot_work_is_a_mistake_in_one_line(provider: str, why: str) -> None:
    with pytest.raises(FixSettings) as raised:
        provider_needs(provider)
    (line,) = raised.value.problems
    assert line.startswith(f"--count-provider (CASESTREAM_COUNT_PROVIDER)={provider}: ")
    assert why in line
