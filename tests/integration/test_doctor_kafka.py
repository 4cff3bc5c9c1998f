"""`manage.py doctor` and Kafka: a real broker with a login and rights, and a job that has run."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported, as its documentation has them
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from ledger.indexes import ensure_indexes
from tests.conftest import Documents
from tests.integration.doctored import Doctor
from tests.integration.in_process import run_manage
from tests.integration.jobs import run
from tests.integration.kept_jobs import RELEASES, read
from tests.servers.secure_kafka import SCRAM_PASSWORD, USER, SecureKafkaBroker

pytestmark = pytest.mark.slow

WRONG = "wr0ng-s3cret"
_AUTHORIZER = """
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""


class GuardedBroker(SecureKafkaBroker):
    """Who does not log in may do everything, `USER` what he was allowed."""

    def __init__(self, work: Path) -> None:
        super().__init__(work)
        self._properties += _AUTHORIZER

    def allow(self, topic: str, *operations: AclOperation) -> None:
        """Let `USER` do that with the topic."""
        bindings = [
            AclBinding(
                ResourceType.TOPIC,
                topic,
                ResourcePatternType.LITERAL,
                f"User:{USER}",
                "*",
                each,
                AclPermissionType.ALLOW,
            )
            for each in operations
        ]
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 2})
        for made in admin.create_acls(bindings).values():
            made.result(30)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedBroker]:
    with GuardedBroker(tmp_path_factory.mktemp("guarded")) as broker:
        broker.create_topic("posts")
        broker.create_topic("hidden")
        broker.allow("posts", AclOperation.DESCRIBE, AclOperation.READ)
        yield broker


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    return Doctor(monkeypatch, capsys)


@pytest.fixture
def healthy(data_folder: Path, settings: dict[str, str], guarded: GuardedBroker) -> dict[str, str]:  # noqa: ARG001
    """Settings of a job that logs in, and of which everything is there."""
    return {
        **settings,
        "jobname": "covid",
        "source": "kafka",
        "count_stale_after_days": "36500",
        "kafka_bootstrap_servers": guarded.sasl_ssl,
        "kafka_topics": "posts",
        "kafka_security_protocol": "SASL_SSL",
        "kafka_sasl_username": USER,
        "kafka_sasl_password": SCRAM_PASSWORD,
        "kafka_ssl_ca_location": str(guarded.certificates.ca),
    }


@dataclass
class HasRun:
    """A job that was killed between two batches: 30 events of its topic are stored, of 130."""

    topic: str
    broker: GuardedBroker


_NUMBER = iter(range(100))


@pytest.fixture
def has_run(data_folder: Path, healthy: dict[str, str], database: Documents, guarded: GuardedBroker) -> HasRun:
    """Its checkpoint, its topic and what it has stored; the topic is one of the test's own."""
    kept = read(RELEASES / "0.1.0/kafka.json", data_folder)
    was, topic = str(kept.topic), f"kept-{next(_NUMBER)}"
    files = {name: content.replace(was, topic) for name, content in kept.files.items()}
    guarded.create_topic(topic, 2)
    guarded.allow(topic, AclOperation.DESCRIBE, AclOperation.READ)
    kept._replace(topic=topic, files=files).restore(data_folder, database, guarded)
    database["batches"].update_many({}, {"$set": {"offsets.$[].topic": topic}})
    ensure_indexes(database)
    healthy["kafka_topics"] = topic
    return HasRun(topic, guarded)


def test_a_job_that_may_begin_is_well_and_its_password_is_not_shown(doctor: Doctor, healthy: dict[str, str]) -> None:
    told = doctor.run(**healthy, secrets=(SCRAM_PASSWORD,))
    assert [told.line(check) for check in told.marked("failed") + told.marked("warning")] == []
    assert told.code == 0
    assert "posts, 1 partitions" in told.line("topics")
    assert "--kafka-starting (CASESTREAM_KAFKA_STARTING) goes on where the topics have it" in told.line("offsets")


MISTAKES = {
    "password": ({"kafka_sasl_password": WRONG}, "refused the login of app with SCRAM-SHA-512", "_SASL_PASSWORD"),
    "authority": ({"kafka_ssl_ca_location": ""}, "this machine's list of authorities does not vouch", "ca-location"),
    "plain text": ({"kafka_security_protocol": "PLAINTEXT"}, "speaks TLS, and the job was told", "security-protocol"),
    "away": ({"kafka_bootstrap_servers": "127.0.0.1:1"}, "is not reached", "--kafka-bootstrap-servers"),
    "mechanism": ({"kafka_security_protocol": "SASL_PLAINTEXT"}, "Correct --kafka-sasl-mechanism", "security-protocol"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_broker_that_does_not_let_the_job_in_is_one_failure(
    doctor: Doctor,
    healthy: dict[str, str],
    guarded: GuardedBroker,
    monkeypatch: pytest.MonkeyPatch,
    mistake: str,
) -> None:
    monkeypatch.setattr("operations.checks.kafka._ANSWER_SECONDS", 1.0)
    wrong, *pieces = MISTAKES[mistake]
    given = {**healthy, **wrong}
    if mistake == "mechanism":
        given["kafka_bootstrap_servers"] = guarded.bootstrap
    told = doctor.run(**given, secrets=(WRONG, SCRAM_PASSWORD))
    told.only("kafka", *pieces)
    assert told.line("offsets").endswith("it needs topics")


def test_topics_that_are_not_there_or_not_for_this_user_are_failures(
    doctor: Doctor, healthy: dict[str, str], guarded: GuardedBroker
) -> None:
    guarded.create_topic("shown")
    guarded.allow("shown", AclOperation.DESCRIBE)
    told = doctor.run(**{**healthy, "kafka_topics": "posts,hidden,shown"})
    assert told.marked("failed") == ["topics"]
    pieces = ("posts, 1 partitions", "app may not describe topic hidden", "app may not read topic shown")
    found = sorted(told.lines["topics"], key=lambda line: [piece in line for piece in pieces], reverse=True)
    assert [piece in line for piece, line in zip(pieces, found, strict=True)] == [True] * 3
    assert "kafka-acls.sh --add" in found[1]
    nobody = {
        "kafka_bootstrap_servers": guarded.bootstrap,
        "kafka_security_protocol": "PLAINTEXT",
        "kafka_topics": "none",
    }
    told = doctor.run(**{**healthy, **nobody})
    told.only("topics", "there is no topic none", "--kafka-topics (CASESTREAM_KAFKA_TOPICS)")


def test_a_job_that_has_run_goes_on_where_its_checkpoint_is(
    doctor: Doctor, healthy: dict[str, str], has_run: HasRun
) -> None:
    told = doctor.run(**healthy)
    assert [told.line(check) for check in told.marked("failed") + told.marked("warning")] == []
    assert "batch 0 is its last" in told.line("checkpoint")
    assert "the checkpoint goes on where the topics have it; 100 events wait" in told.line("offsets")
    assert "no sign of life" in told.line("lease")
    has_run.broker.delete_records(has_run.topic, 0, before=15)
    assert doctor.run(**healthy).code == 0


def test_events_that_retention_took_before_they_were_stored_are_a_failure(
    doctor: Doctor, healthy: dict[str, str], has_run: HasRun
) -> None:
    has_run.broker.delete_records(has_run.topic, 0, before=20)
    told = doctor.run(**healthy)
    told.only("offsets", f"{has_run.topic}/0 begins at 20: 5 events from 15 on are gone", "Restore the topic")


def test_a_topic_that_was_made_anew_is_a_failure_by_the_checkpoint_and_by_the_ledger_where_that_is_lost(
    doctor: Doctor,
    healthy: dict[str, str],
    has_run: HasRun,
    data_folder: Path,
    database: Documents,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    admin = AdminClient({"bootstrap.servers": has_run.broker.bootstrap, "log_level": 2})
    admin.delete_topics([has_run.topic])[has_run.topic].result(30)
    has_run.broker.create_topic(has_run.topic, 1)
    gone = (f"{has_run.topic}/0 ends at 0, and 15 is next: the topic was made anew", f"{has_run.topic}/1 is gone")
    doctor.run(**healthy).only("offsets", "the checkpoint goes on", *gone, "--kafka-starting")
    database["leases"].delete_many({})  # its holder is dead, and need not be waited for
    code, errors = run(data_folder, "--available-now", **healthy)
    assert code == 1, errors
    assert "events that were not stored yet are gone from Kafka" in errors[-1]
    verified = run_manage(monkeypatch, capsys, "verify", "--kafka-bootstrap-servers", has_run.broker.sasl_ssl)
    assert "topic ends before what is stored" in verified.stdout
    assert doctor.run("--jobname", "covid-2", **healthy).code == 0
    (data_folder / ".data/covid/checkpoint").rename(data_folder / "lost")
    told = doctor.run(**healthy)
    told.only("offsets", "the ledger goes on", *gone)
    assert "the checkpoint is fresh: the job goes on behind batch" in told.line("query")
    told = doctor.run("--from-start", **healthy)
    told.only_warned("query", "--from-start (CASESTREAM_FROM_START) begins anew")
