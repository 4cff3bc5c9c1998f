"""The one frozen `Settings` of a job, made in `main.py` and handed down. Nothing else reads the environment.

Each field is a flag `--a-b`, an environment variable `CASESTREAM_A_B` and a line `CASESTREAM_A_B=value` of the
settings file; `command_line` merges the three. Fields of type `SecretStr` have no flag. Times are seconds, sizes
are bytes.
"""

import re
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import unquote

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from setting_types import (
    PREFIX,
    Authorities,
    CheckpointUri,
    CountAddress,
    DatabaseName,
    FeedAddress,
    FolderUri,
    Hashtags,
    Host,
    JobName,
    Keywords,
    Languages,
    Moment,
    MongoUri,
    Names,
    NamesOrNone,
    Rules,
    Selector,
    Servers,
    SpoolUri,
    Starting,
    Token,
    WebAddress,
    WebSocketAddresses,
    asks_for_tls,
    scheme_of,
)

LARGEST_DOCUMENT = 16_000_000  # MongoDB refuses 16 MiB (16,777,216); the rest is for the fields around `content`
EVENT_GROWTH = 8  # a post of raw_text, text and arrays of one-letter hashtags is at most this many times its event
JETSTREAMS = tuple(
    f"wss://jetstream{number}.{region}.bsky.network" for number in (1, 2) for region in ("us-east", "us-west")
)
_WEEK, _YEAR = 604_800, 31_536_000


def _setting(group: str, default: Any, about: str, **rules: Any) -> Any:  # noqa: ANN401 - pydantic's own signature
    return Field(default, description=about, json_schema_extra={"group": group}, **rules)


JOB, STORAGE, KAFKA, SOCKET, TWITTER, BLUESKY, MASTODON, FILES, OWN, FILTER, COUNT, LIMITS = (
    "job", "storage", "kafka", "socket", "twitter", "bluesky", "mastodon", "files", "a source of your own", "filter",
    "case count", "limits",
)  # fmt: skip


class Storage(BaseSettings):
    """Where documents go: what the operator's commands need of a job's settings."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)

    mongodb_uri: MongoUri | None = _setting(
        STORAGE, None, "where documents go; default, with a local master only: an embedded server for trying things"
    )
    mongodb_ca_file: Authorities | None = _setting(
        STORAGE, None, "PEM file of MongoDB's CA, with tls=true in MONGODB_URI; default: Python's and Java's own lists"
    )
    database: DatabaseName = _setting(STORAGE, "casestream", "MongoDB database")

    @field_validator("mongodb_ca_file")
    @classmethod
    def _has_a_use(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and "mongodb_uri" in info.data and not asks_for_tls(info.data["mongodb_uri"]):
            raise ValueError(f"it must stand beside a {PREFIX}MONGODB_URI with tls=true")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        *_others: PydanticBaseSettingsSource,
        **_more: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What it is given, and nothing of the environment: that is `command_line`'s."""
        return (init_settings,)

    def secrets(self) -> tuple[str, ...]:
        """The secret strings of these settings, for those who must keep them out of what they print."""
        values = [getattr(self, name) for name in type(self).model_fields]
        secrets = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        written = [match[1] for secret in secrets if (match := re.match(r"[\w+.-]+://[^:/]*:(.*)@", secret))]
        return tuple(filter(None, [*secrets, *written, *map(unquote, written)]))


class Settings(Storage):
    """Everything a job can be told."""

    jobname: JobName = _setting(
        JOB, ..., "names the job's lease, checkpoint and documents; one job of a name at a time"
    )
    source: str = _setting(JOB, ..., "where posts come from: a source named below, or package.module:ClassName")
    trigger_seconds: float = _setting(JOB, 20, "time from one micro-batch to the next", ge=0.1, le=86_400)
    available_now: bool = _setting(JOB, False, "handle what is there, then exit 0")
    from_start: bool = _setting(
        JOB, False, "with a fresh checkpoint, begin at KAFKA_STARTING though the ledger knows this job: stores again"
    )
    idle_seconds: float = _setting(
        JOB, 5, "with --available-now, a push feed silent for so long is over", gt=0, le=86_400
    )
    start_timeout_seconds: float = _setting(
        JOB, 300, "how long servers that are away are waited for at start", ge=0, le=86_400
    )
    lease_seconds: float = _setting(
        JOB, 30, "a job that gives no sign of life for so long may be replaced by another start of it", ge=1, le=3_600
    )
    log_format: Literal["text", "json"] = _setting(JOB, "text", "log lines: text or json")
    metrics_address: Host = _setting(
        JOB, "127.0.0.1", "where /metrics, /healthz and /readyz are answered, without a login; none: nowhere"
    )
    metrics_port: int | None = _setting(
        JOB, None, "their port, 0: any free one; default: the first free one from 9109 to 9128", ge=0, le=65_535
    )

    checkpoint: CheckpointUri | None = _setting(
        STORAGE, None, "URI of Spark's checkpoint; default, with a local master only: .data/JOBNAME/checkpoint"
    )
    spool: SpoolUri | None = _setting(
        STORAGE,
        None,
        "URI, file: or hdfs:, where a push feed is kept until it is stored; default, with a local master only: "
        ".data/JOBNAME/spool",
    )

    retention_days: float | None = _setting(
        STORAGE,
        None,
        "documents and dead letters of older batches are removed while the job runs; default: all are kept",
        gt=0,
        le=36_500,
    )

    honour_removals: bool = _setting(
        STORAGE,
        True,
        "remove what is stored of a post when its feed deletes it, and earlier versions when it edits it",
    )

    kafka_bootstrap_servers: Servers | None = _setting(KAFKA, None, "brokers, as host:port,host:port")
    kafka_topics: Names = _setting(KAFKA, (), "topics, with commas between")
    kafka_starting: Starting = _setting(
        KAFKA, "earliest", 'where the very first batch begins: earliest, latest or {"topic":{"0":23}}'
    )
    kafka_max_offsets_per_trigger: int = _setting(KAFKA, 1_000_000, "most events of one micro-batch", gt=0)
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = _setting(
        KAFKA, "PLAINTEXT", "how to speak to the brokers: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = _setting(
        KAFKA, "SCRAM-SHA-512", "how to log in with SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"
    )
    kafka_sasl_username: str | None = _setting(KAFKA, None, "user at the brokers; required with SASL")
    kafka_sasl_password: SecretStr | None = _setting(KAFKA, None, "password at the brokers; required with SASL")
    kafka_ssl_ca_location: Authorities | None = _setting(
        KAFKA, None, "PEM file of the brokers' CA; default: Java's own list"
    )

    socket_host: Host = _setting(SOCKET, "127.0.0.1", "host that the job connects to")
    socket_port: int = _setting(SOCKET, 9009, "its port; the job reads lines from it", ge=1, le=65_535)

    twitter_bearer_token: Token | None = _setting(TWITTER, None, "bearer token of an app at X; required for twitter")
    twitter_rules: Rules = _setting(
        TWITTER, "covid19 OR coronavirus", "which posts to ask X for: a rule a line, `rule` or `tag: rule`"
    )
    twitter_api_url: WebAddress = _setting(TWITTER, "https://api.x.com", "another address of X's API: a stand-in")
    twitter_expansions: NamesOrNone = _setting(
        TWITTER,
        ("referenced_tweets.id",),
        "what X sends along with a post, and may charge for: by default the post it refers to; none: nothing",
        validate_default=True,
    )
    twitter_backfill_minutes: int = _setting(
        TWITTER, 0, "minutes that X repeats after a break, for accounts that have it; 0: none", ge=0, le=5
    )
    twitter_daily_posts: int | None = _setting(
        TWITTER,
        None,
        "most posts of a UTC day, for all jobs of the token; then the stream is closed until the next",
        gt=0,
    )
    twitter_monthly_posts: int | None = _setting(TWITTER, None, "the same for a calendar month, UTC", gt=0)

    bluesky_url: WebSocketAddresses = _setting(
        BLUESKY,
        JETSTREAMS,
        "Jetstream hosts, with commas between, each asked when the one before it fails; default: the public ones",
        min_length=1,
    )
    mastodon_url: WebAddress | None = _setting(
        MASTODON, None, "an instance, https://mastodon.example; required for mastodon"
    )
    mastodon_token: Token | None = _setting(
        MASTODON, None, "access token of an account at the instance, scope read:statuses; required for mastodon"
    )
    mastodon_stream: Literal["public", "public:local", "public:remote", "hashtags"] = _setting(
        MASTODON,
        "public",
        "what to hear: public (all that the instance knows of), public:local, public:remote or hashtags",
    )
    mastodon_hashtags: Hashtags = _setting(
        MASTODON,
        (),
        "with MASTODON_STREAM=hashtags: which, with commas between, ten at most; a connection for each",
        validate_default=True,
    )
    mastodon_authors: Literal["not-opted-out", "opted-in", "all"] = _setting(
        MASTODON,
        "not-opted-out",
        "whose posts are stored: not-opted-out (all but those of who says no to being indexed), opted-in (of who says "
        "yes to it) or all",
    )
    mastodon_backfill_posts: int = _setting(
        MASTODON, 4_000, "most posts that are fetched after a gap, to fill it; 0: none", ge=0, le=100_000
    )

    files_folder: FolderUri | None = _setting(
        FILES, None, "URI of a folder whose files are read, those in its folders too; required for files"
    )
    files_format: Literal["lines", "recorded", "parquet"] = _setting(
        FILES, "lines", "lines: one event a line, .gz and .bz2 too; recorded: by manage.py record; parquet: one a row"
    )
    files_as: str = _setting(FILES, "socket", "the source whose events these are; socket: lines of text or JSON")
    files_at_once: int = _setting(FILES, 8, "most files of one micro-batch; a file is read by one", gt=0)

    source_url: FeedAddress | None = _setting(
        OWN, None, "where a source of your own reads, as https://feed.example.org/posts; required where it says so"
    )
    source_token: Token | None = _setting(
        OWN, None, "what a source of your own logs in with; required where it says so"
    )

    languages: Languages = _setting(
        FILTER, (), "of a whole network: languages to keep, as en,pt-BR; others are left out; default: all"
    )
    keywords: Keywords = _setting(
        FILTER, (), "of a whole network: words one of which a post must hold, as covid,face mask; default: none"
    )

    count_provider: str = _setting(
        COUNT,
        "worldometers",
        "who publishes the world's case count: worldometers, who, owid, page, file, fixed, none, or "
        "package.module:ClassName; see docs/case-count.md",
    )
    count_url: CountAddress | None = _setting(
        COUNT,
        None,
        "another address of its page, the path for file; default: the provider's own; required for page, file",
    )
    count_selector: Selector | None = _setting(
        COUNT, None, "CSS selector of the number on a page of your own; required for page"
    )
    count_value: int | None = _setting(COUNT, None, "the number itself; required for fixed", ge=0, le=10**15)
    count_as_of: Moment | None = _setting(COUNT, None, "the time of that number, for fixed, like 2024-04-13T01:00Z")
    count_timeout_seconds: float | None = _setting(
        COUNT,
        None,
        "longest time for the whole page; default: the provider's, 5 for a page, 60 for a table",
        gt=0,
        le=600,
    )
    count_max_age_seconds: float | None = _setting(
        COUNT,
        None,
        "a number younger than this is not fetched again; default: the trigger's seconds; for who and owid never less "
        "than an hour",
        ge=0,
        le=_YEAR,
    )
    count_wait_seconds: float = _setting(
        COUNT, 2, "longest time a micro-batch waits for the number beyond its own work", ge=0, le=3_600
    )
    count_stale_after_days: float = _setting(
        COUNT,
        7,
        "an older number, or one that was the same for so long, is flagged stale and warned of",
        gt=0,
        le=36_500,
    )

    max_event_bytes: int = _setting(LIMITS, 1_000_000, "a longer event is a dead letter", ge=1_000, le=2_000_000)
    max_document_bytes: int = _setting(
        LIMITS,
        8_000_000,
        f"a larger micro-batch becomes parts; at least {EVENT_GROWTH} x MAX_EVENT_BYTES",
        le=LARGEST_DOCUMENT,
    )
    spool_max_bytes: int = _setting(LIMITS, 10_000_000_000, "a fuller spool stops reading the feed", ge=1_000_000)
    deduplicate_within_seconds: float = _setting(
        LIMITS,
        3_600,
        "an event that a feed sends again within so long is dropped, over restarts too; 0: none",
        ge=0,
        le=_WEEK,
    )

    @field_validator("mastodon_hashtags")
    @classmethod
    def _goes_with_the_stream(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        stream = info.data.get("mastodon_stream")
        if stream == "hashtags" and not value:
            raise ValueError("it must name a hashtag: MASTODON_STREAM is hashtags")
        if stream not in ("hashtags", None) and value:
            raise ValueError(f"it must stand beside MASTODON_STREAM=hashtags, which is {stream}")
        return value

    @field_validator("deduplicate_within_seconds")
    @classmethod
    def _knows_what_came_twice(cls, value: float, info: ValidationInfo) -> float:
        if not value and len(info.data.get("mastodon_hashtags", ())) > 1:
            raise ValueError("it must be more than 0: a post with several of MASTODON_HASHTAGS comes several times")
        return value

    @field_validator("max_document_bytes")
    @classmethod
    def _holds_the_longest_post(cls, value: int, info: ValidationInfo) -> int:
        least = EVENT_GROWTH * info.data.get("max_event_bytes", 0)
        if value < least:
            raise ValueError(f"it must be at least {least}, {EVENT_GROWTH} x max_event_bytes")
        return value

    def for_local_master(self) -> Self:
        """These settings with folders as URIs, under .data/ where none were given. Raises ValidationError."""
        home = Path(".data", self.jobname)
        folders = {
            "checkpoint": _local_uri(self.checkpoint or str(home / "checkpoint")),
            "spool": _local_uri(self.spool or str(home / "spool")),
        }
        if self.files_folder is not None:
            folders["files_folder"] = _local_uri(self.files_folder)
        return type(self).model_validate({**dict(self), **folders})


def _local_uri(place: str) -> str:
    # As Hadoop writes a URI: nothing in it is percent-encoded.
    return place if scheme_of(place) else f"file://{Path(place).absolute()}"
