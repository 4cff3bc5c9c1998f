"""What ended a query, and whether to start it again: judged by what Spark, Kafka and MongoDB really say."""

import pytest
from py4j.protocol import Py4JError, Py4JNetworkError
from pymongo.errors import AutoReconnect, BulkWriteError, NotPrimaryError, OperationFailure, ServerSelectionTimeoutError
from pyspark.errors import AnalysisException, PySparkException, StreamingQueryException

from errors import CannotStart, DataLost, JobError, LeaseLost
from runtime.failures import cause, verdict

HEAD = """[STREAM_FAILED] Query [id = 4c1f, runId = 9b20] terminated with exception: {}
=== Streaming Query ===
Identifier: demo [id = 4c1f, runId = 9b20]
"""
REFUSED_LOGIN = """Timed out while waiting for a server that matches WritableServerSelector. Client view of cluster \
state is {type=UNKNOWN, servers=[{address=127.0.0.1:27017, type=UNKNOWN, state=CONNECTING, exception=\
{com.mongodb.MongoSecurityException: Exception authenticating MongoCredential{mechanism=SCRAM-SHA-256, userName='u', \
source='admin', password=<hidden>}}, caused by {com.mongodb.MongoCommandException: Command failed with error 18 \
(AuthenticationFailed): 'Authentication failed.' on server 127.0.0.1:27017.}}]"""
BROKEN_LOGIN = """Job aborted due to stage failure: Task 0 in stage 3.0 failed 1 times: \
com.mongodb.MongoSecurityException: Exception authenticating \
MongoCredential{mechanism=SCRAM-SHA-256, userName='u', source='admin', password=<hidden>}
Caused by: com.mongodb.MongoSocketReadException: Prematurely reached end of stream
"""
UNAUTHORIZED = (
    "com.mongodb.MongoCommandException: Command failed with error 13 (Unauthorized): 'not authorized on casestream to "
    'execute command { update: "micro_batches" }\' on server 127.0.0.1:27017.'
)
QUOTA = "you are over your space quota, using 513 MB of 512 MB"
NO_ROOM = (
    f"com.mongodb.MongoCommandException: Command failed with error 8000 (AtlasError): '{QUOTA}' on server a:27017."
)
AWAY = """An error occurred while calling o112.save.
: com.mongodb.spark.sql.connector.exceptions.DataException: Write aborted for: 4c1f. 0/1 tasks completed.
Caused by: com.mongodb.MongoTimeoutException: Timed out after 30000 ms while waiting for a server that matches \
WritableServerSelector. Client view of cluster state is {type=UNKNOWN, servers=[{address=127.0.0.1:27017, \
exception={com.mongodb.MongoSocketOpenException: Exception opening socket}, caused by {java.net.ConnectException: \
Connection refused}}]
"""
OFFSETS_GONE = """org.apache.kafka.clients.consumer.OffsetOutOfRangeException: Fetch position FetchPosition{offset=3} \
is out of range for partition posts-0"""
TOPIC_GONE = """Partition posts-0's offset was changed from 9 to 4, some data may have been missed.
Some data may have been lost because they are not available in Kafka any more; either the
 data was aged out by Kafka or the topic may have been deleted before all the data in the
 topic was processed."""
PARTITIONS_GONE = "Set(posts-1) are gone. Some data may have been missed."
KAFKA_SASL = (
    "org.apache.kafka.common.errors.SaslAuthenticationException: Authentication failed during authentication due to "
    "invalid credentials with SASL mechanism SCRAM-SHA-512"
)
KAFKA_TOPIC = "org.apache.kafka.common.errors.TopicAuthorizationException: Not authorized to access topics: [posts]"
KAFKA_AWAY = (
    "org.apache.kafka.common.errors.TimeoutException: Timed out waiting for a node assignment. Call: describeTopics"
)
BAD_CERTIFICATE = (
    "javax.net.ssl.SSLHandshakeException: PKIX path building failed: unable to find valid certification path"
)
BROKEN_HANDSHAKE = "javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake"
STOPPED = """An error occurred while calling o39.start.
: java.lang.IllegalStateException: Cannot call methods on a stopped SparkContext.
This stopped SparkContext was created at:
"""
SHUT_DOWN = "org.apache.spark.SparkException: Job 7 cancelled because SparkContext was shut down"
DISK = "org.apache.hadoop.fs.FSError: java.io.IOException: No space left on device"


@pytest.mark.parametrize(
    "text", [AWAY, KAFKA_AWAY, BROKEN_LOGIN, BROKEN_HANDSHAKE, DISK, NO_ROOM, "", "An unknown matter"]
)
def test_a_server_that_is_away_or_full_is_waited_for(text: str) -> None:
    assert verdict(StreamingQueryException(HEAD.format(text))) is None
    assert verdict(Py4JError(text)) is None


@pytest.mark.parametrize(
    "failure",
    [
        AutoReconnect("connection closed"),
        ServerSelectionTimeoutError("no servers"),
        NotPrimaryError("not primary"),
        OperationFailure("interrupted", 11602),
        OperationFailure(QUOTA, 8000),
        BulkWriteError({"writeErrors": []}),
        ConnectionResetError("reset"),
        FileNotFoundError("offsets/3"),
    ],
)
def test_what_the_driver_met_is_tried_again(failure: Exception) -> None:
    assert verdict(failure) is None


@pytest.mark.parametrize("text", [OFFSETS_GONE, TOPIC_GONE, PARTITIONS_GONE])
def test_lost_data_ends_the_job_and_says_what_to_do(text: str) -> None:
    end = verdict(StreamingQueryException(HEAD.format(text)))
    assert isinstance(end, DataLost)
    assert end.exit_code == 1
    assert "Nothing was skipped" in str(end)
    assert '{"topic":{"0":1234}}' in str(end)


@pytest.mark.parametrize("text", [REFUSED_LOGIN, UNAUTHORIZED, KAFKA_SASL, KAFKA_TOPIC, BAD_CERTIFICATE])
def test_a_refused_login_ends_the_job_and_says_what_to_do(text: str) -> None:
    end = verdict(StreamingQueryException(HEAD.format(text)))
    assert isinstance(end, CannotStart)
    assert "refused the login" in str(end)


@pytest.mark.parametrize("code", [13, 18, 8000])
def test_a_login_that_is_refused_to_the_driver_ends_the_job(code: int) -> None:
    assert isinstance(verdict(OperationFailure("Authentication failed.", code)), CannotStart)


@pytest.mark.parametrize(
    "failure", [Py4JNetworkError("Answer from Java side is empty"), Py4JError(STOPPED), PySparkException(SHUT_DOWN)]
)
def test_a_spark_that_has_ended_ends_the_job_since_no_query_can_start_again(failure: Exception) -> None:
    end = verdict(failure)
    assert type(end) is JobError
    assert "Spark itself has ended" in str(end)
    assert "start the job again" in str(end)


@pytest.mark.parametrize("end", [JobError("x"), LeaseLost("x"), DataLost("x")])
def test_what_the_job_raised_on_purpose_stays_what_it_is(end: JobError) -> None:
    assert verdict(end) is end


@pytest.mark.parametrize("bug", [AnalysisException("no such column"), ZeroDivisionError("bug"), KeyError("bug")])
def test_what_is_not_understood_is_raised(bug: Exception) -> None:
    with pytest.raises(type(bug)):
        verdict(bug)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (AWAY, "MongoTimeoutException: Timed out after 30000 ms while waiting for a server that matches Writable"),
        (BROKEN_LOGIN, "MongoSocketReadException: Prematurely reached end of stream"),
        (STOPPED, "IllegalStateException: Cannot call methods on a stopped SparkContext."),
        ("first\nsecond", "Py4JError: first"),
        ("", "Py4JError: "),
    ],
)
def test_the_cause_is_the_innermost_in_one_line(text: str, line: str) -> None:
    found = cause(Py4JError(text))
    assert found.startswith(line)
    assert "\n" not in found
    assert len(found) < 400
