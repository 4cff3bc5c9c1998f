"""What a person is told of settings that are wrong, and which of three places wins."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import command_line
from command_line import Surroundings
from command_line.mistakes import flag, is_secret, variable
from errors import FixSettings
from processors import PROCESSORS
from runtime.plugins import provider_needs, required_settings
from scraper import PROVIDERS
from settings import Settings
from settings.frozen import PREFIX

MAIN = Path(__file__).parents[2] / "main.py"
BOUND_SECONDS = 60
SECRET = "hunter2-hunter2"
GOOD = ("--jobname", "demo", "--source", "socket")


@pytest.fixture(autouse=True)
def no_settings_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def around(*, is_local: bool = True) -> Surroundings:
    return Surroundings(tuple(PROCESSORS), required_settings, provider_needs, is_local)


def read(*arguments: str, is_local: bool = True) -> Settings:
    return command_line.read(arguments, around(is_local=is_local)).settings


def mistakes_of(*arguments: str, is_local: bool = True) -> Sequence[str]:
    with pytest.raises(FixSettings) as raised:
        read(*arguments, is_local=is_local)
    assert all("\n" not in line for line in raised.value.problems)
    return raised.value.problems


def test_three_mistakes_give_three_lines_of_name_value_and_what_is_allowed() -> None:
    assert mistakes_of("--jobname", "a b", "--source", "socket", "--trigger-seconds", "soon", "--socket-port", "0") == (
        "--jobname (CASESTREAM_JOBNAME)=a b: it must be 1 to 64 letters, digits, dots, underscores and hyphens, "
        "a letter or digit first",
        "--trigger-seconds (CASESTREAM_TRIGGER_SECONDS)=soon: it must be a number",
        "--socket-port (CASESTREAM_SOCKET_PORT)=0: it must be at least 1",
    )


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("idle-seconds", "nan", "a number"),
        ("idle-seconds", "0", "more than 0"),
        ("lease-seconds", "1e9", "at most 3600"),
        ("socket-port", "9.5", "a whole number"),
        ("available-now", "perhaps", "true or false"),
        ("log-format", "xml", "text or json"),
        ("database", "a.b", "1 to 63 letters, digits, underscores and hyphens"),
        ("count-url", "ftp://x", "an address that begins with http:// or https://, or for the provider file a path"),
        ("count-url", "http://", "an address that begins with http:// or https://, or for the provider file a path"),
        ("count-url", "/a", "an address that begins with http:// or https://, for the count's provider worldometers"),
        ("count-provider", "nobody", f"one of {', '.join(PROVIDERS)}, or package.module:ClassName"),
        ("kafka-bootstrap-servers", "a:1,b", "host:port, or several with commas between"),
        ("kafka-starting", "{topic}", 'earliest, latest or {"topic":{"partition":offset}}'),
        ("kafka-starting", '{"topic": 3}', 'earliest, latest or {"topic":{"partition":offset}}'),
        ("checkpoint", "hdfs:///x", "a path, or a URI with its host, as fs.defaultFS has it: hdfs://host/path"),
        ("spool", "s3a://bucket/x", "a path, file:/… or hdfs://…; s3a: has no atomic rename"),
        ("spool", "/data/[a]", "without { } [ ] * ? and backslashes, which Spark takes for patterns"),
        ("source", "nope", "one of bluesky, files, kafka, mastodon, socket, twitter, or package.module:ClassName"),
    ],
)
def test_a_value_that_is_not_allowed_is_answered_in_plain_words(name: str, value: str, allowed: str) -> None:
    named = f"--{name} ({PREFIX}{name.replace('-', '_').upper()})"
    assert mistakes_of(*GOOD, f"--{name}", value) == (f"{named}={value}: it must be {allowed}",)


def test_a_line_is_one_line_and_short_whatever_the_value() -> None:
    (line,) = mistakes_of("--source", "socket", "--jobname", "a\nb\x1b[31m" + "x" * 1000)
    assert r"=a\nb\x1b[31mxxx" in line
    assert "x…: it must be" in line
    assert len(line) < 300


def test_a_flag_beats_the_environment_and_the_environment_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings"
    file.write_text("CASESTREAM_SOCKET_PORT=1\nCASESTREAM_SOCKET_HOST=file\nexport CASESTREAM_DATABASE='file'\n")
    monkeypatch.setenv("CASESTREAM_SOCKET_PORT", "2")
    monkeypatch.setenv("CASESTREAM_SOCKET_HOST", "environment")
    settings = read(*GOOD, "--settings-file", str(file), "--socket-port", "3")
    assert (settings.socket_port, settings.socket_host, settings.database) == (3, "environment", "file")


def test_an_empty_value_is_none_and_leaves_the_place_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings"
    file.write_text("CASESTREAM_SOCKET_HOST=file\n")
    monkeypatch.setenv("CASESTREAM_SOCKET_HOST", "")
    monkeypatch.setenv("CASESTREAM_MONGODB_URI", "")
    settings = read(*GOOD, "--settings-file", str(file))
    assert (settings.socket_host, settings.mongodb_uri) == ("file", None)


def test_a_switch_in_the_environment_can_be_turned_off_by_its_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASESTREAM_AVAILABLE_NOW", "true")
    assert read(*GOOD).available_now
    assert not read(*GOOD, "--available-now", "false").available_now
    monkeypatch.delenv("CASESTREAM_AVAILABLE_NOW")
    assert read(*GOOD, "--available-now").available_now


def test_unknown_flags_and_variables_come_with_a_suggestion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASESTREAM_JOBNAMM", "x")
    monkeypatch.setenv("CASESTREAM_TEST_MONGODB_URI", "the tests' own")
    assert mistakes_of(*GOOD, "--trigger-second", "5", "--check-setings", "--mongodb-url=x", "--zzz") == (
        "--trigger-second is no flag; did you mean --trigger-seconds?",
        "--check-setings is no flag; did you mean --check-settings?",
        "--mongodb-url is no flag; did you mean CASESTREAM_MONGODB_URI?",
        "--zzz is no flag",
        "CASESTREAM_JOBNAMM is set in the environment and is no setting; did you mean CASESTREAM_JOBNAME?",
    )


def test_unknown_lines_of_the_file_are_named_with_their_number_and_a_suggestion(tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text(f"# ours\n\nSOCKET_HOST=x\nmongodb://user:{SECRET}@host\nCASESTREAM_SPOL={SECRET}\n\n'{SECRET}\n")
    assert mistakes_of(*GOOD, "--settings-file", str(file)) == (
        f"{file}, line 3: SOCKET_HOST is no setting; did you mean CASESTREAM_SOCKET_HOST?",
        f"{file}, line 4: it must read CASESTREAM_A_B=value",
        f"{file}, line 5: CASESTREAM_SPOL is no setting; did you mean CASESTREAM_SPOOL?",
        f"{file}, line 7: it must read CASESTREAM_A_B=value",
    )


def test_a_file_that_cannot_be_read_is_a_mistake_like_others(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"CASESTREAM_DATABASE=\xe4\n")
    assert mistakes_of(*GOOD, "--settings-file", str(tmp_path / "none")) == (
        f"--settings-file={tmp_path / 'none'}: it cannot be read: No such file or directory",
    )
    assert "it cannot be read: Is a directory" in mistakes_of(*GOOD, "--settings-file", str(tmp_path))[0]
    assert "it cannot be read: it is not UTF-8" in mistakes_of(*GOOD, "--settings-file", str(tmp_path / "latin"))[0]


def test_a_password_in_the_file_is_taken_as_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text("\ufeffCASESTREAM_KAFKA_SASL_PASSWORD='${HOME} #$x'\n", encoding="utf-8")
    password = read(*GOOD, "--settings-file", str(file)).kafka_sasl_password
    assert password is not None
    assert password.get_secret_value() == "${HOME} #$x"


def test_a_flag_without_its_value_is_one_mistake_beside_the_others() -> None:
    assert mistakes_of("--jobname", "--source", "socket", "--settings-file", "--socket-port", "x") == (
        "--settings-file: a value must stand behind it",
        "--jobname: a value must stand behind it",
        "--socket-port (CASESTREAM_SOCKET_PORT)=x: it must be a whole number",
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("--mongodb-uri", f"mongodb://u:{SECRET}@h"),
        (f"--mongodb-uri=mongodb://u:{SECRET}@h",),
        ("--mongodb_uri", f"-{SECRET}"),
        ("--kafka-sasl-password", SECRET),
        ("--kafka-sasl-password", f"--{SECRET}"),
        (SECRET,),
        (f"-{SECRET}",),
        (f"--check-settings={SECRET}",),
        ("--database", f"mongodb://u:{SECRET}@h"),
        ("--spool", f"s3a://u:{SECRET}@bucket"),
    ],
)
def test_a_secret_is_in_no_line_wherever_it_was_put(arguments: tuple[str, ...]) -> None:
    lines = mistakes_of(*GOOD, *arguments)
    assert SECRET[:6] not in "".join(lines)


@pytest.mark.parametrize(
    "uri",
    [
        SECRET,
        f"http://user:{SECRET}@host",
        f"mongodb://user:{SECRET}/@host",
        f"mongodb://user:{SECRET}@@host",
        f"mongodb://user:{SECRET}℀@[host",
        f"mongodb://user:{SECRET}%zz@host",
        f"mongodb://user:{SECRET}@host:port",
        "mongodb://",
    ],
)
def test_a_broken_uri_is_a_mistake_and_is_not_shown(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASESTREAM_MONGODB_URI", uri)
    (line,) = mistakes_of(*GOOD)
    assert line.startswith("CASESTREAM_MONGODB_URI=***: it must be")
    assert SECRET not in line


def test_the_table_hides_secrets_and_can_be_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASESTREAM_MONGODB_URI", f"mongodb://user:{SECRET}@host")
    monkeypatch.setenv("CASESTREAM_KAFKA_SASL_PASSWORD", SECRET)
    settings = read(*GOOD, "--kafka-topics", "a, b", "--count-url", f"http://user:{SECRET}@host/", "--from-start")
    table = command_line.table(settings)
    assert SECRET not in table
    assert [line.split("=")[0] for line in table.splitlines()] == [variable(name) for name in Settings.model_fields]
    file = tmp_path / "settings"
    file.write_text("\n".join(line for line in table.splitlines() if "***" not in line))
    again = read("--settings-file", str(file), "--count-url", str(settings.count_url))
    assert again == settings


def test_who_names_no_source_is_told_which_there_are() -> None:
    (line,) = mistakes_of("--jobname", "demo")
    assert line.endswith(f"where posts come from: {', '.join(sorted(PROCESSORS))}, or package.module:ClassName")


def test_a_source_asks_for_what_it_needs() -> None:
    assert mistakes_of("--jobname", "demo", "--source", "kafka", "--kafka-topics", " , ") == (
        "--kafka-bootstrap-servers (CASESTREAM_KAFKA_BOOTSTRAP_SERVERS) is missing: the source kafka needs it",
        "--kafka-topics (CASESTREAM_KAFKA_TOPICS) is missing: the source kafka needs it",
    )
    assert mistakes_of(*GOOD, "--kafka-security-protocol", "SASL_SSL") == (
        "--kafka-sasl-username (CASESTREAM_KAFKA_SASL_USERNAME) is missing: the protocol asks for a login",
        "CASESTREAM_KAFKA_SASL_PASSWORD is missing: the protocol asks for a login",
    )
    assert [line.split()[0] for line in mistakes_of()] == ["--jobname", "--source"]


def test_a_master_elsewhere_asks_for_the_places_that_have_no_default_there() -> None:
    why = "is missing: it has a default with a local Spark master only"
    assert mistakes_of(*GOOD, is_local=False) == (
        f"CASESTREAM_MONGODB_URI {why}",
        f"--checkpoint (CASESTREAM_CHECKPOINT) {why}",
        "--spool (CASESTREAM_SPOOL) is missing: the source socket needs it",
    )
    kafka = ("--source", "kafka", "--kafka-topics", "t", "--kafka-bootstrap-servers", "h:1")
    assert len(mistakes_of("--jobname", "demo", *kafka, is_local=False)) == 2


@pytest.mark.parametrize("place", ["file:/var/x", "file:///var/x", "FILE:/var/x", "/var/x", "x"])
def test_in_cluster_mode_a_folder_of_one_machine_is_a_mistake(place: str) -> None:
    checkpoint, spool, _ = mistakes_of(*GOOD, "--in-cluster", "--checkpoint", place, "--spool", place)
    for told, name in ((checkpoint, "--checkpoint (CASESTREAM_CHECKPOINT)"), (spool, "--spool (CASESTREAM_SPOOL)")):
        assert told.startswith(f"{name}={place}: in cluster mode the driver may start again on another machine")
        assert told.endswith("hdfs://host/path")
    assert read(*GOOD, "--checkpoint", place).checkpoint


def test_in_cluster_mode_nothing_has_a_default_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASESTREAM_MONGODB_URI", "mongodb://h/")
    assert [line.split()[0] for line in mistakes_of(*GOOD, "--in-cluster")] == ["--checkpoint", "--spool"]
    shared = ("--checkpoint", "hdfs://h/c", "--spool", "hdfs:///s")
    assert read(*GOOD, "--in-cluster", *shared).checkpoint == "hdfs://h/c"


def test_a_local_master_keeps_everything_below_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a b%20c"
    folder.mkdir()
    monkeypatch.chdir(folder)
    settings = read(*GOOD)
    assert settings.checkpoint == f"file://{folder}/.data/demo/checkpoint"
    assert settings.spool == f"file://{folder}/.data/demo/spool"
    assert read(*GOOD, "--spool", "hdfs://h/x").spool == "hdfs://h/x"


def test_a_working_folder_that_spark_takes_for_a_pattern_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "[x]"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert "it must be without { } [ ] * ?" in mistakes_of(*GOOD)[0]
    assert read(*GOOD, "--spool", str(tmp_path)).spool == f"file://{tmp_path}"


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_help_names_every_setting_the_sources_and_the_exit_codes(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read(word)
    assert ended.value.code == 0
    text = capsys.readouterr().out
    for name, field in Settings.model_fields.items():
        assert (variable(name) if is_secret(field) else f"{flag(name)} ") in text
        assert field.description
    assert "sources: bluesky, files, kafka, mastodon, socket, twitter, or package.module:ClassName" in text
    assert all(f"\n  {code}  " in text for code in range(4))
    assert max(map(len, text.splitlines())) <= 120


def test_an_operators_command_reads_where_documents_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "settings"
    file.write_text("CASESTREAM_DATABASE=file\nCASESTREAM_JOBNAME=demo\n")
    monkeypatch.setenv("CASESTREAM_MONGODB_URI", "mongodb://host/")
    storage = command_line.read_storage(file)
    assert storage.database == "file"
    assert storage.secrets() == ("mongodb://host/",)
    monkeypatch.setenv("CASESTREAM_MONGODB_URI", SECRET)
    with pytest.raises(FixSettings, match=r"\*\*\*: it must begin with mongodb://") as raised:
        command_line.read_storage(file)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("broken", ["--settings-file", "--in-cluster=1", "--log-format", "--check-settings=yes"])
def test_how_mistakes_are_told_is_known_whatever_the_mistakes_are(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert command_line.log_format([*GOOD, broken]) == "text"
    monkeypatch.setenv("CASESTREAM_LOG_FORMAT", "json")
    assert command_line.log_format([*GOOD, broken]) == "json"
    assert mistakes_of(*GOOD, broken)


def test_main_says_three_mistakes_in_three_lines_and_starts_nothing(tmp_path: Path) -> None:
    environment = {"PATH": "", "CASESTREAM_MONGODB_URI": SECRET}  # without a PATH no Java is found
    command = [sys.executable, "-X", "importtime", str(MAIN), "--jobname", "a b", "--source", "nope"]
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=BOUND_SECONDS, check=False
    )
    lines = [line for line in ended.stderr.splitlines() if not line.startswith("import time:")]
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert [line.split("=")[0].split(" ")[0] for line in lines] == ["--jobname", "CASESTREAM_MONGODB_URI", "--source"]
    assert SECRET not in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            ("--count-provider", "page"),
            [
                "--count-url (CASESTREAM_COUNT_URL) is missing: the count's provider page needs it",
                "--count-selector (CASESTREAM_COUNT_SELECTOR) is missing: the count's provider page needs it",
            ],
        ),
        (
            ("--count-provider", "page", "--count-url", "/a/file", "--count-selector", "#n"),
            [
                "--count-url (CASESTREAM_COUNT_URL)=/a/file: it must be an address that begins with http:// or "
                "https://, for the count's provider page"
            ],
        ),
        (
            ("--count-provider", "file", "--count-url", "http://a/"),
            [
                "--count-url (CASESTREAM_COUNT_URL)=http://a/: it must be a path, or file:/…, for the count's "
                "provider file"
            ],
        ),
        (
            ("--count-provider", "fixed"),
            ["--count-value (CASESTREAM_COUNT_VALUE) is missing: the count's provider fixed needs it"],
        ),
        (
            ("--count-provider", "fixed", "--count-value", "-1"),
            ["--count-value (CASESTREAM_COUNT_VALUE)=-1: it must be at least 0"],
        ),
        (
            ("--count-provider", "fixed", "--count-value", "5", "--count-as-of", "yesterday"),
            [
                "--count-as-of (CASESTREAM_COUNT_AS_OF)=yesterday: it must be a date like 2024-04-13, or a time with "
                "its zone like 2024-04-13T01:00Z"
            ],
        ),
        (
            ("--count-provider", "none", "--count-url", "http://a/"),
            [
                "--count-url (CASESTREAM_COUNT_URL)=http://a/: it must not be given: the count's provider none reads "
                "none"
            ],
        ),
        (
            ("--count-selector", "#n", "--count-url", "http://a/"),
            [
                "--count-selector (CASESTREAM_COUNT_SELECTOR)=#n: it must not be given: the count's provider "
                "worldometers does not heed it"
            ],
        ),
    ],
)
def test_a_provider_of_the_count_asks_for_what_it_needs_and_for_nothing_else(
    arguments: Sequence[str], lines: Sequence[str]
) -> None:
    assert mistakes_of(*GOOD, *arguments) == tuple(lines)


@pytest.mark.parametrize("selector", ["#", "div[", "a > ", ":nope", "p::text", "a,,b"])
def test_a_selector_with_a_mistake_in_it_is_found_before_anything_begins(selector: str) -> None:
    (line,) = mistakes_of(*GOOD, "--count-provider", "page", "--count-url", "http://a/", f"--count-selector={selector}")
    assert line.startswith(f"--count-selector (CASESTREAM_COUNT_SELECTOR)={selector.strip()}")
    assert "it must be a CSS selector like #cases .number; " in line


def test_a_job_with_a_mistake_in_its_selector_ends_with_code_2() -> None:
    arguments = (*GOOD, "--count-provider=page", "--count-url=http://a.invalid/", "--count-selector=div[")
    ended = subprocess.run(
        [sys.executable, str(MAIN), *arguments], capture_output=True, text=True, timeout=BOUND_SECONDS, check=False
    )
    assert ended.returncode == 2
    assert "--count-selector (CASESTREAM_COUNT_SELECTOR)=div[: it must be a CSS selector" in ended.stderr


def test_settings_of_the_count_can_be_read_again_from_the_table(tmp_path: Path) -> None:
    settings = read(*GOOD, "--count-provider", "fixed", "--count-value", "5", "--count-as-of", "2024-04-13T03:00+02:00")
    file = tmp_path / "settings"
    file.write_text(command_line.table(settings))
    assert read("--settings-file", str(file)) == settings
