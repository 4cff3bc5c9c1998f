"""One `secantusd-py` process: its birth, its address on disk, its end."""

import json
import os
import signal
import socket
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from errors import CannotStart
from runtime.ivy import last_lines

ADDRESS = "server.json"
START_SECONDS = 60.0
STOP_SECONDS = 20.0
FREE_SECONDS = 2.0
STEP_SECONDS = 0.05


@dataclass(frozen=True)
class ServerProcess:
    """A server that was launched in `folder`; it may have died, and its process id may be another's by now."""

    folder: str
    pid: int
    port: int

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """What was launched there last; None if nothing was, it was stopped in order, or the note of it is broken."""
        try:
            return cls(str(folder), **json.loads((folder / ADDRESS).read_text()))
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    def write(self) -> None:
        """Whole or not at all."""
        address = Path(self.folder, ADDRESS)
        scratch = address.with_suffix(".new")
        scratch.write_text(json.dumps({name: value for name, value in asdict(self).items() if name != "folder"}))
        scratch.rename(address)

    def forget(self) -> None:
        """Stopped in order: nobody need look for it."""
        Path(self.folder, ADDRESS).unlink(missing_ok=True)

    @property
    def uri(self) -> str:
        """Where clients find it."""
        return f"mongodb://127.0.0.1:{self.port}/?directConnection=true"

    def is_alive(self) -> bool:
        """Whether the process is there and is this server, by its command line: ids are given out again."""
        return f" {_data(self.folder)} " in _command_line(self.pid)

    def answers(self, seconds: float) -> bool:
        """Whether, within that time, the process itself answers on its port."""
        wait = int(seconds * 1000)
        try:
            with MongoClient[dict[str, Any]](
                self.uri, serverSelectionTimeoutMS=wait, connectTimeoutMS=wait, socketTimeoutMS=wait
            ) as client:
                return bool(client.admin.command("serverStatus").get("pid") == self.pid)
        except PyMongoError:
            return False

    def end(self) -> None:
        """Ask it to end, and kill it when it does not within 20 s. Raises CannotStart as `kill` does."""
        if not self._gone_after(signal.SIGTERM):
            self.kill()

    def kill(self) -> None:
        """SIGKILL; acknowledged writes are on disk. Raises CannotStart where the system does not let it die."""
        if not self._gone_after(signal.SIGKILL):
            raise CannotStart(f"process {self.pid} of {self.folder} cannot be ended: end it by hand")

    def _gone_after(self, number: signal.Signals) -> bool:
        deadline = time.monotonic() + STOP_SECONDS
        if self.is_alive():
            os.kill(self.pid, number)
        while self.is_alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(STEP_SECONDS)
        return True


def launch(program: Path, folder: Path, port: int) -> ServerProcess:
    """Return when it answers, within 60 s. Raises CannotStart with the end of its log; then nothing is left running."""
    # An empty file of its own keeps the settings that lie in the working or home folder out.
    (folder / "secantusd.toml").write_text("")
    command = [str(program), "--config", str(folder / "secantusd.toml"), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--storage-path", str(_data(folder)), "--sync-on-commit"]
    with (folder / "server.log").open("ab") as log:
        begin = log.tell()
        # By way of a shell that ends at once: whoever stops the server, nobody has a dead child to bury.
        shell = ["sh", "-c", '"$@" >&2 & echo $!', "sh", *command]
        said = subprocess.run(
            shell, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True, check=True
        )
    server = ServerProcess(str(folder), int(said.stdout), port)
    try:
        server.write()
        _wait_until_it_answers(server, begin)
    except BaseException:
        server.kill()
        server.forget()
        raise
    return server


def free_port(wanted: int = 0) -> int:
    """A port of 127.0.0.1 that nobody listens on: `wanted`, if it is free or becomes so within `FREE_SECONDS`."""
    deadline = time.monotonic() + FREE_SECONDS
    while (port := _bound(wanted)) is None:
        # A killed process loses its command line before its sockets.
        if time.monotonic() > deadline:
            wanted = 0
        time.sleep(STEP_SECONDS)
    return port


def _bound(port: int) -> int | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return None
        return int(probe.getsockname()[1])


def _wait_until_it_answers(server: ServerProcess, log_begin: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.answers(seconds=1):
        if not server.is_alive() or time.monotonic() > deadline:
            log = Path(server.folder, "server.log")
            said = log.read_bytes()[log_begin:].decode(errors="replace")
            raise CannotStart(f"the embedded server did not start; log: {log}\n{last_lines(said)}")


def _data(folder: Path | str) -> Path:
    return Path(folder, "data")


def _command_line(pid: int) -> str:
    """Empty if there is no such process, or only its shell (a zombie) is left."""
    if (entries := Path("/proc")).joinpath("self", "cmdline").exists():
        try:
            return entries.joinpath(str(pid), "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return ""
    asked = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout
