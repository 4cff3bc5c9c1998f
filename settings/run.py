"""What a job is called and how it runs."""

from typing import Annotated, Literal

from settings.frozen import Frozen, setting
from settings.types import Host, matching

JobName = Annotated[
    str,
    matching(
        r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
        "1 to 64 letters, digits, dots, underscores and hyphens, a letter or digit first",
    ),
]


class Run(Frozen):
    """How a job runs, whatever it reads."""

    group = "job"

    jobname: JobName = setting(..., "names the job's lease, checkpoint and documents; one job of a name at a time")
    source: str = setting(
        ...,
        "where posts come from: bluesky, files, kafka, mastodon, socket, twitter, or package.module:ClassName",
    )
    trigger_seconds: float = setting(20, "time from one micro-batch to the next", ge=0.1, le=86_400)
    available_now: bool = setting(False, "handle what is there, then exit 0")
    from_start: bool = setting(
        False, "with a fresh checkpoint, begin at KAFKA_STARTING though the ledger knows this job: stores again"
    )
    idle_seconds: float = setting(5, "with --available-now, a push feed silent for so long is over", gt=0, le=86_400)
    start_timeout_seconds: float = setting(
        300, "how long servers that are away are waited for at start", ge=0, le=86_400
    )
    lease_seconds: float = setting(
        30, "a job that gives no sign of life for so long may be replaced by another start of it", ge=1, le=3_600
    )
    log_format: Literal["text", "json"] = setting("text", "log lines: text or json")
    metrics_address: Host = setting(
        "127.0.0.1", "where /metrics, /healthz and /readyz are answered, without a login; none: nowhere"
    )
    metrics_port: int | None = setting(
        None, "their port, 0: any free one; default: the first free one from 9109 to 9128", ge=0, le=65_535
    )
