"""What fails while a job starts is one line with the exit code 3, whatever part of it failed."""

import pytest
from pymongo.errors import AutoReconnect
from rich.console import Console

from clock import SystemClock
from errors import CannotStart
from monitoring.lookout import NOWHERE, Lookout
from monitoring.progress import Progress
from runtime.job import Job
from runtime.stopping import StopSignal
from runtime.supervisor import Supervisor
from settings import Settings


class JobWhoseStartFails(Job):
    failure: Exception

    def _wire(self) -> Supervisor:
        raise self.failure


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (AutoReconnect("connection closed"), "MongoDB failed while the job was starting: AutoReconnect: connection"),
        (OSError(5, "Input/output error"), "a file could not be used while the job was starting: OSError: .*Input/out"),
    ],
)
def test_a_server_or_a_file_system_that_fails_while_the_job_starts_ends_it_in_one_line(
    failure: Exception, said: str
) -> None:
    settings = Settings(jobname="demo", source="socket", metrics_address=NOWHERE)
    clock, console = SystemClock(), Console(quiet=True)
    with Progress(console, settings.trigger_seconds) as progress, Lookout(settings, clock) as lookout:
        job = JobWhoseStartFails(settings, StopSignal(), progress, lookout, clock)
        job.failure = failure
        with pytest.raises(CannotStart, match=said) as raised:
            job.run()
    assert raised.value.exit_code == 3
