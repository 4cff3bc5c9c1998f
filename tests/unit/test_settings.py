"""One frozen object that hears of nothing but what it is given."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from settings import Settings, Storage
from tests.servers.certificates import make_certificates


def made(**fields: Any) -> Settings:  # noqa: ANN401
    return Settings.model_validate({"jobname": "demo", "source": "socket", **fields})


def test_settings_do_not_change() -> None:
    settings = made()
    with pytest.raises(ValidationError, match="frozen"):
        settings.jobname = "other"
    with pytest.raises(ValidationError, match="frozen"):
        Storage().database = "other"


def test_settings_are_deaf_to_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASESTREAM_DATABASE", "environment")
    monkeypatch.setenv("DATABASE", "environment")
    assert made().database == "casestream"
    assert Storage().database == "casestream"


def test_nothing_but_settings_is_taken() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        made(jobnamm="x")


def test_a_document_holds_the_longest_post_whichever_of_the_two_is_set() -> None:
    for given in ({"max_event_bytes": 1_000_001}, {"max_document_bytes": 7_999_999}):
        with pytest.raises(ValidationError, match="max_document_bytes"):
            made(**given)
    assert made(max_event_bytes=2_000_000, max_document_bytes=16_000_000).max_event_bytes == 2_000_000


def test_secrets_are_hidden_in_text_and_in_errors() -> None:
    settings = made(mongodb_uri="mongodb://user:hunter2@host", kafka_sasl_password="hunter3")
    assert "hunter" not in f"{settings!r} {settings} {settings.model_dump()}"
    with pytest.raises(ValidationError) as raised:
        made(mongodb_uri="hunter2")
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("uri", "passwords"),
    [
        ("mongodb://host", ()),
        ("mongodb://user:a%40b@h1,h2/?x=y", ("a%40b", "a@b")),
        ("mongodb+srv://user:pass@host", ("pass", "pass")),
    ],
)
def test_secrets_are_the_uri_and_the_password_in_it_as_written_and_as_meant(
    uri: str, passwords: tuple[str, ...]
) -> None:
    assert Storage(mongodb_uri=SecretStr(uri)).secrets() == (uri, *passwords)


@pytest.mark.parametrize("password", ["x://[y", "://:@", "http://a:b℀@c", "%", "\\"])
def test_any_password_can_be_kept_out_of_what_is_printed(password: str) -> None:
    assert password in made(kafka_sasl_password=password).secrets()


def test_a_token_is_taken_without_the_white_space_around_it_and_refused_with_any_inside() -> None:
    token = made(twitter_bearer_token="AAAA%2Fbb=\r\n").twitter_bearer_token
    assert token is not None
    assert token.get_secret_value() == "AAAA%2Fbb="
    for wrong in ("two words", "a\rb", "“quoted”", "\n"):
        with pytest.raises(ValidationError) as raised:
            made(twitter_bearer_token=wrong)
        assert wrong.strip() == "" or wrong not in str(raised.value)


def test_rules_are_one_a_line_each_once() -> None:
    assert made(twitter_rules=" a \n\n tag: b \n").twitter_rules == "a\ntag: b"
    for wrong in ("\n \n", "a\na"):
        with pytest.raises(ValidationError, match="it must hold"):
            made(twitter_rules=wrong)


def test_expansions_may_be_none() -> None:
    assert made().twitter_expansions == ("referenced_tweets.id",)
    assert made(twitter_expansions="none").twitter_expansions == ()


@pytest.mark.parametrize("option", ["tlsCAFile=/etc/ca.pem", "tls=true&tlscafile=ca.pem", "tlsCertificateKeyFile=k"])
def test_what_only_python_would_read_of_a_uri_is_a_mistake(option: str) -> None:
    with pytest.raises(ValidationError, match="which Spark's connector does not read"):
        made(mongodb_uri=f"mongodb://host/?{option}")


def test_a_file_of_authorities_must_be_there_and_asks_for_tls(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nno base64\n-----END CERTIFICATE-----\n")
    for wrong in (tmp_path / "none.pem", broken, tmp_path):
        with pytest.raises(ValidationError, match="holds certificates in PEM"):
            made(mongodb_uri="mongodb://host/?tls=true", mongodb_ca_file=str(wrong))
    file = make_certificates(tmp_path).ca
    for uri in ("mongodb://host/?tls=true", "mongodb://host/?ssl=true", "mongodb+srv://host"):
        assert made(mongodb_uri=uri, mongodb_ca_file=str(file)).mongodb_ca_file == str(file)
    for given in ({}, *({"mongodb_uri": f"{kind}://host/?tls=false"} for kind in ("mongodb", "mongodb+srv"))):
        with pytest.raises(ValidationError, match="CASESTREAM_MONGODB_URI with tls=true"):
            made(**given, mongodb_ca_file=str(file))
