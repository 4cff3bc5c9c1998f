"""The spools of the jobs: what was heard, and is in no document yet."""

from pathlib import Path

from errors import JobError
from operations.forgetting.targets import Targets
from operations.integrity.stored import Documents
from spool.files import local_path
from spool.forgetting import events_of, forget_events


class JobSpool:
    """The spool of a job's last start, as its lease has it."""

    def __init__(self, database: Documents, job: str) -> None:
        lease = database["leases"].find_one({"_id": job}, {"spool": 1}) or {}
        self._job = job
        self.uri: str | None = lease.get("spool")
        self._path = self._here()

    def elsewhere(self) -> str | None:
        """A line on a spool that cannot be reached from here; None where there is nothing to say."""
        if self.uri is None or self._path is not None:
            return None
        return f"{self._job}: its spool {self.uri} is not on this machine: what it holds is left out when it is read"

    def waiting(self, targets: Targets) -> int:
        """How many of its events are such posts. Raises JobError."""
        try:
            return events_of(self._path, targets.is_event) if self._path else 0
        except OSError as error:
            raise self._unreadable(error) from error

    def forget(self, targets: Targets) -> int:
        """Blank them; how many. The job's lease must be the caller's. Raises JobError."""
        try:
            return forget_events(self._path, targets.is_event) if self._path else 0
        except OSError as error:
            raise JobError(f"the spool {self.uri} of {self._job} cannot be written to: {error}") from error

    def _here(self) -> Path | None:
        """Its folder; None where it is none of this machine's. Raises JobError."""
        path = local_path(self.uri) if self.uri else None
        try:
            return path if path is not None and path.is_dir() else None
        except OSError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: OSError) -> JobError:
        return JobError(
            f"the spool {self.uri} of {self._job} cannot be read: {error}. Run this as the user that the job runs as."
        )
