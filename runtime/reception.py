"""A push feed while the job runs: its receiver, the spool's writer, and the roller between them."""

from errors import JobError
from receivers.base import Coverage, Receiver
from settings import Settings
from spool.files import Folder
from spool.roller import Roller
from spool.writer import SpoolWriter


class Reception:
    """Everything on the driver that listens to a feed."""

    def __init__(self, receiver: type[Receiver], settings: Settings, folder: Folder, coverage: Coverage) -> None:
        self.writer = SpoolWriter(folder, settings.spool_max_bytes)
        self._roller = Roller(self.writer, settings.trigger_seconds)
        self._receiver = receiver(settings, self.writer, coverage)

    @property
    def heard(self) -> int:
        """Events heard since the start."""
        return self.writer.heard

    @property
    def is_over(self) -> bool:
        """Whether the feed has ended, which happens only with `available_now`."""
        return self._receiver.is_over

    def start(self) -> None:
        """Keep what a killed run had heard, then listen."""
        self.writer.recover()
        self._receiver.start()
        self._roller.start()

    def stop(self) -> None:
        """Listen no more; everything heard is in closed segments when this returns."""
        self._receiver.stop()
        self._roller.stop()
        self.writer.close()

    def check(self) -> None:
        """Raises what ended the receiver or the roller, if anything did."""
        for failure in (self._receiver.failure, self._roller.failure):
            if isinstance(failure, JobError):
                raise failure
            if failure is not None:
                raise JobError(f"the receiver ended: {failure!r}") from failure
