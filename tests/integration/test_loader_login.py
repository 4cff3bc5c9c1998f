"""The loader and a server that asks for TLS and a login: it needs the analyst's role, and says what is refused."""

from collections.abc import Iterator

import pytest

import casestream
from casestream.errors import CannotReach, CasestreamError, Refused
from ledger.database import connect
from tests.filled import Filling, fill
from tests.servers.secure_mongodb import PASSWORD, SecureMongo, secure_mongodb

WRONG = "wr0ng-s3cret"


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureMongo]:
    """A server that asks for TLS and a login, with thirty posts."""
    with secure_mongodb(tmp_path_factory.mktemp("secured")) as server:
        database = connect(server.uri(), "casestream", str(server.certificates.ca))
        with database.client:
            fill(database, Filling(batches=3, posts=10))
        yield server


def test_who_may_only_read_loads_everything(secured: SecureMongo) -> None:
    uri = f"{secured.uri(user='analyst')}&tlsCAFile={secured.certificates.ca}"
    assert len(casestream.load_posts(uri, job="covid")) == 30
    others = (casestream.load_batches, casestream.load_counts, casestream.coverage)
    assert [len(load(uri)) for load in others] == [3, 3, 0]


@pytest.mark.parametrize(
    ("password", "options", "error", "next_move"),
    [
        (WRONG, "&tls=true", Refused, "Correct the URI's user and password"),
        ("", "&tls=true", Refused, "Correct the URI's user and password"),
        (PASSWORD, "", CannotReach, "where it speaks TLS: the options tls=true"),
    ],
    ids=["password", "login", "plain text"],
)
def test_a_refusal_is_one_line_with_the_next_move(
    secured: SecureMongo, password: str, options: str, error: type[CasestreamError], next_move: str
) -> None:
    authority = f"&tlsCAFile={secured.certificates.ca}" if options else ""
    uri = secured.uri(password=password, tls=False) + options + authority + "&serverSelectionTimeoutMS=500"
    with pytest.raises(error, match=next_move) as refused:
        casestream.load_posts(uri)
    said = str(refused.value)
    assert "\n" not in said
    assert PASSWORD not in said
    assert WRONG not in said


def test_an_authority_that_is_not_trusted_is_told(secured: SecureMongo) -> None:
    with pytest.raises(CannotReach, match=r"certificate verify failed.*tlsCAFile=FILE"):
        casestream.load_posts(secured.uri() + "&serverSelectionTimeoutMS=500")
