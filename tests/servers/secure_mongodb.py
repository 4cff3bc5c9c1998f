"""The embedded server with a login (SCRAM-SHA-256) and TLS: it gets its users while it is still open to all.

They have the roles of deploy/mongodb/roles.json, which the containers' MongoDB has, and no right beyond.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from runtime.embedded import PROGRAM
from runtime.server_process import START_SECONDS, free_port
from tests.servers.certificates import Certificates, make_certificates

ROLES = json.loads((Path(__file__).parents[2] / "deploy/mongodb/roles.json").read_text())
FORMER: dict[str, Any] = {
    "createRole": "former_job",
    "privileges": [
        {
            "resource": {"db": "casestream", "collection": ""},
            "actions": ["find", "insert", "update", "remove", "createIndex"],
        }
    ],
    "roles": [],
}
"""What a job's role was before there were views."""
USER, PASSWORD = "job", "s3cret-w0rd"
"""Every user's name is that of its role: job, analyst, former_job, or ADMIN."""
ADMIN = "userAdmin"
"""Who gives the others their passwords, and may do everything else."""
_STOP_SECONDS = 20


@dataclass(frozen=True)
class SecureMongo:
    """A running server that wants TLS and a login."""

    port: int
    certificates: Certificates

    def change_password(self, password: str, user: str = USER) -> None:
        """From now on the user logs in with that one."""
        admin = self.uri(user=ADMIN)
        with MongoClient[dict[str, Any]](admin, tlsCAFile=str(self.certificates.ca)) as client:
            client["casestream"].command("updateUser", user, pwd=password, mechanisms=["SCRAM-SHA-256"])

    @contextmanager
    def without_majority(self, within_seconds: float) -> Iterator[None]:
        """What a job's client deletes is done, and answered as by a set whose other members with data are down."""
        errmsg, concern = "waiting for replication timed out", {"w": "majority", "j": True}
        error = {"code": 64, "codeName": "WriteConcernTimeout", "errmsg": errmsg}
        error["errInfo"] = {"wtimeout": True, "writeConcern": concern}
        waits = {"blockConnection": True, "blockTimeMS": int(within_seconds * 1000)}
        data = {"failCommands": ["delete"], "appName": "casestream", "writeConcernError": error, **waits}
        with MongoClient[dict[str, Any]](self.uri(user=ADMIN), tlsCAFile=str(self.certificates.ca)) as client:
            client.admin.command({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": data})
            try:
                yield
            finally:
                client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})

    def uri(self, *, user: str = USER, password: str = PASSWORD, tls: bool = True) -> str:
        """The address, with that login."""
        login = f"{user}:{password}@" if password else ""
        options = "directConnection=true&authSource=casestream" + ("&tls=true" if tls else "")
        return f"mongodb://{login}127.0.0.1:{self.port}/?{options}"


@contextmanager
def secure_mongodb(folder: Path) -> Iterator[SecureMongo]:
    """Start it, and end it with the block; its data and log are in the folder."""
    certificates = make_certificates(folder / "certificates")
    port = free_port()
    with _server(folder, port, {}) as client:
        database = client["casestream"]
        for role in (*ROLES, FORMER):
            database.command(role)
        for name in (*(role["createRole"] for role in (*ROLES, FORMER)), ADMIN):
            roles = [name, {"role": "root", "db": "admin"}] if name == ADMIN else [name]
            database.command("createUser", name, pwd=PASSWORD, roles=roles, mechanisms=["SCRAM-SHA-256"])
    secure = SecureMongo(port, certificates)
    files = ("--tls-cert-file", str(certificates.certificate), "--tls-key-file", str(certificates.key))
    login: dict[str, Any] = {"username": USER, "password": PASSWORD, "authSource": "casestream"}
    login |= {"tls": True, "tlsCAFile": str(certificates.ca)}
    with _server(folder, port, login, "--auth", "--enable-test-commands", *files):
        yield secure


@contextmanager
def _server(folder: Path, port: int, login: dict[str, Any], *options: str) -> Iterator[MongoClient[dict[str, Any]]]:
    (folder / "secantusd.toml").write_text("")  # keeps the settings of the working and home folder out
    command = [str(PROGRAM), "--config", str(folder / "secantusd.toml"), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--storage-path", str(folder / "data"), "--sync-on-commit", *options]
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        wait = int(START_SECONDS * 1000)
        with MongoClient[dict[str, Any]](
            "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=wait, **login
        ) as client:
            try:
                client.admin.command("ping")
            except PyMongoError as error:
                said = (folder / "server.log").read_text(errors="replace")
                raise AssertionError(f"the server did not start: {error}\n{said[-2000:]}") from error
            yield client
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
