"""The times in which a push feed was not heard, as they are recorded: no damage."""

from clock import Clock
from operations.integrity.findings import Kind, Report
from operations.integrity.stored import Documents


def report_coverage(database: Documents, job: str, clock: Clock, report: Report) -> None:
    """A note for each gap; the report's seconds are those that the feed did not repeat."""
    for gap in database["coverage"].find({"job": job}, sort=[("from", 1)]):
        report.gaps += 1
        if gap["recovered"] == "lost":
            report.unheard_seconds += ((gap["to"] or clock.now()) - gap["from"]).total_seconds()
        begin = gap["from"].isoformat(timespec="milliseconds")
        until = gap["to"].isoformat(timespec="milliseconds") if gap["to"] else "now"
        report.add(
            Kind.GAP, f"coverage/{gap['_id']}", f"{begin} to {until}, {gap['cause']}, {gap['recovered']}", "none"
        )
