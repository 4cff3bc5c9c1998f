"""Every error the job raises on purpose, named for what the caller does next.

`main.py` turns a `JobError` into its `exit_code` and its message into the last line a person reads; nothing
else exits. A bad event is no error: it becomes a dead letter with a problem.
"""


class JobError(Exception):
    """The query failed for good: the job ends, the message says what happened and what to do."""

    exit_code = 1


class FixSettings(JobError):
    """A person must change the settings: every mistake found, one line each. Never retried."""

    exit_code = 2

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class CannotStart(JobError):
    """The job could not begin: name in use, login refused, source or database unreachable."""

    exit_code = 3


class DataLost(JobError):
    """Events that were not yet stored are gone from the source. Going on would hide it: a person decides."""


class LeaseLost(JobError):
    """Another process took this job's lease: write nothing more and end."""


class ChangedMeanwhile(JobError):
    """What was to be changed is not as it was read, or in other hands: nothing was done, do it again."""


class StopRequested(Exception):
    """Someone asked the job to stop: the batch that raised this has done nothing and will be replayed."""


class CountUnavailable(Exception):
    """The page of the case count could not be read (network, time, size, HTTP status): use the last good number."""


class CountUnparsed(Exception):
    """The page was read and holds no number that can be trusted: store -1 for this batch, keep the last good one."""


class CountAbsent(Exception):
    """There is no case count, because somebody wanted none: store -1 and say so."""
