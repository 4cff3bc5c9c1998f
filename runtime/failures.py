"""What ended a query, and whether starting it again can help."""

import re

from py4j.protocol import Py4JError, Py4JNetworkError
from pymongo.errors import OperationFailure, PyMongoError
from pyspark.errors import AnalysisException, PySparkException

from errors import CannotStart, DataLost, JobError

# Spark hands over Java's exceptions as text: the names of their classes, and phrases of spark-sql-kafka 3.5.
_DATA_LOST = re.compile(
    r"OffsetOutOfRange|[Ss]ome data may have been (lost|missed)|KafkaIllegalStateException|are gone\b"
)
# A handshake or a login that the network broke is no refusal: the MongoDB driver calls it MongoSecurityException, too.
_REFUSED = re.compile(
    r"SaslAuthenticationException|SslAuthenticationException"
    r"|SSLHandshakeException(?!: Remote host terminated)|AuthorizationException"
    r"|Command failed with error (13|18|8000)\b"
)
_NO_ROOM = re.compile(r"over your space quota")  # Atlas says it with the code that it has for a refused login, too
_SPARK_GONE = re.compile(r"stopped SparkContext|SparkContext (was|has been) shut ?down|SparkContext was stopped")
# Unauthorized, AuthenticationFailed (https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml), and
# what Atlas answers to a wrong login.
_REFUSED_CODES = {13, 18, 8000}
_CAUSE = re.compile(r"^(?:: |Caused by: )?(?:[\w.$]+\.)?(\w+(?:Exception|Error)\w*): (.+)$", re.MULTILINE)

AFTER_A_LOSS = (
    "Restore the topic; or, if they are lost for good, start with a new --checkpoint, --from-start, and "
    "--kafka-starting set for each partition to the first offset that is neither stored nor gone: "
    '{"topic":{"0":1234}}, -2 for the first one there is. A topic that was made anew is better read under another '
    "--jobname: docs/runbook.md"
)
"""What to do where events that were not stored yet are gone from Kafka."""
_LOST = "events that were not stored yet are gone from Kafka"
_GONE = "Spark itself has ended: {cause}. Nothing is lost: start the job again, it goes on where it was."
_LOGIN = "a server refused the login: {cause}. Correct the user, password, certificate or rights, and start again."


def verdict(failure: BaseException) -> JobError | None:
    """The error that ends the job, None where the query is to be started again: its batch is written once more.

    MongoDB's, Kafka's and a file system's errors pass, but for refused logins and lost events. Raises the failure
    itself where it is none of theirs, or Spark can make nothing of the query (AnalysisException): a bug.
    """
    if isinstance(failure, JobError):
        return failure
    text = str(failure)
    if isinstance(failure, OperationFailure) and failure.code in _REFUSED_CODES and not _NO_ROOM.search(text):
        return CannotStart(_LOGIN.format(cause=cause(failure)))
    if isinstance(failure, PyMongoError | OSError):
        return None
    if isinstance(failure, AnalysisException) or not isinstance(failure, Py4JError | PySparkException):
        raise failure
    if isinstance(failure, Py4JNetworkError) or _SPARK_GONE.search(text):
        return JobError(_GONE.format(cause=cause(failure)))
    if _DATA_LOST.search(text):
        return DataLost(f"{_LOST}: {cause(failure)}. Nothing was skipped. {AFTER_A_LOSS}.")
    if _REFUSED.search(text) and not _NO_ROOM.search(text):
        return CannotStart(_LOGIN.format(cause=cause(failure)))
    return None


def cause(failure: BaseException) -> str:
    """The failure in one line, 300 characters at most behind its name: Java's innermost cause, else its first line."""
    text = str(failure)
    named = _CAUSE.findall(text)
    if named:
        name, message = named[-1]
        return f"{name}: {message[:300]}"
    return f"{type(failure).__name__}: {text.strip().splitlines()[0][:300] if text.strip() else ''}"
