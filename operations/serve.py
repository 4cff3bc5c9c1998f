"""`manage.py serve`: the embedded server kept up for readers, whether a job runs or not."""

import re
from pathlib import Path
from typing import Annotated

import typer

import command_line
from errors import CannotStart
from operations.interrupt import Interrupt, Interrupted
from runtime.embedded import FOLDER, EmbeddedServer
from runtime.server_process import ServerProcess

LOOK_SECONDS = 5.0
_NO_DATA = (
    "there are no data in {folder}: go to the folder in which the job ran, or start one without "
    "CASESTREAM_MONGODB_URI first (make run)"
)
_ELSEWHERE = "nothing to serve: the data are where CASESTREAM_MONGODB_URI says, at {place}"
_NOBODY = "no server runs on {folder}: start one in another terminal (manage.py serve), and leave it running"


def serve(
    print_uri: Annotated[
        bool, typer.Option("--print-uri", help="Only print the URI of the server that runs, and end: for scripts.")
    ] = False,
    settings_file: Annotated[Path | None, typer.Option(help="A file of lines CASESTREAM_A_B=value.")] = None,
) -> None:
    """Keep the embedded server of .data/mongodb up for readers, until Ctrl-C or SIGTERM.

    A job without CASESTREAM_MONGODB_URI stores there, and its server ends with it; a job that runs, or starts
    meanwhile, shares this one. With CASESTREAM_MONGODB_URI there is nothing to serve, and the message says where the
    data are: exit code 0, with --print-uri 3.
    """
    storage = command_line.read_storage(settings_file)
    if storage.mongodb_uri is not None:
        place = _without_login(storage.mongodb_uri.get_secret_value())
        if print_uri:
            raise CannotStart(_ELSEWHERE.format(place=place))
        print(_ELSEWHERE.format(place=place))
    elif print_uri:
        print(_running_uri(FOLDER.absolute()))
    else:
        _serve(FOLDER.absolute())


def _serve(folder: Path) -> None:
    if not (folder / "data").is_dir():
        raise CannotStart(_NO_DATA.format(folder=folder))
    with Interrupt() as interrupt, EmbeddedServer(folder) as server:
        uri = ""
        try:
            while True:
                # Asked again, it brings a server that died back, mostly at its former address.
                if uri != (uri := server.start()):
                    print(f"serving {folder} until Ctrl-C; readers set\nCASESTREAM_MONGODB_URI='{uri}'", flush=True)
                interrupt.wait(LOOK_SECONDS)
        except Interrupted:
            return


def _running_uri(folder: Path) -> str:
    server = ServerProcess.read(folder)
    if server is None or not server.is_alive():
        raise CannotStart(_NOBODY.format(folder=folder))
    return server.uri


def _without_login(uri: str) -> str:
    return re.sub("//.*@", "//", uri).partition("?")[0]
