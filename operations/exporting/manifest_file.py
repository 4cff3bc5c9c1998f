"""The manifest in its folder: replaced as a whole, so that it always is one of a moment."""

import json
from functools import partial
from typing import BinaryIO

from errors import CannotStart, FixSettings
from operations.exporting.folder import Folder
from operations.exporting.manifest import VERSION, Manifest
from operations.exporting.request import Request

NAME = "_manifest.json"  # pandas, pyarrow and Spark pass over a file whose name begins so, and over no other


def is_there(folder: Folder) -> bool:
    """Whether the folder has a manifest."""
    return (folder.path / NAME).is_file()


def load(folder: Folder) -> Manifest:
    """The folder's manifest. Raises CannotStart where there is none that can be read."""
    path = folder.path / NAME
    try:
        stored = json.loads(path.read_bytes())
        if stored["manifest_version"] != VERSION:
            raise CannotStart(f"{path} is of another version of casestream: {stored['casestream']}. Use that one.")
        return Manifest.from_json(stored)
    except (FileNotFoundError, NotADirectoryError):
        raise CannotStart(f"{folder.path} holds no export: {NAME} is not there") from None
    except OSError as error:
        raise CannotStart(f"{path} cannot be read: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise CannotStart(f"{path} is no manifest of an export that this version can read: {error!r}") from error


def save(folder: Folder, manifest: Manifest) -> None:
    """Put it in place of the one that is there. Raises OSError."""
    text = json.dumps(manifest.as_json(), ensure_ascii=False, indent=1) + "\n"
    folder.publish(folder.write(partial(_write, text)), NAME)


def refuse_another(manifest: Manifest, request: Request, database: str) -> None:
    """Raises FixSettings where the folder holds what another request, or another database, gave."""
    asked, there = ({**each.as_json(), "database": name} for each, name in (
        (request, database), (manifest.request, manifest.database)
    ))  # fmt: skip
    differing = [name for name in asked if asked[name] != there[name]]
    if differing:
        lines = [f"{name}: the folder has {_shown(there[name])}, asked is {_shown(asked[name])}" for name in differing]
        raise FixSettings([*lines, "Give the same arguments as then, or another folder."])


def refuse_foreign(folder: Folder) -> None:
    """Raises FixSettings where a folder without a manifest holds something."""
    if any(not each.name.startswith(".") for each in folder.path.iterdir()):
        raise FixSettings([f"--to={folder.path}: it holds files and no manifest of an export; name an empty folder"])


def _write(text: str, file: BinaryIO) -> None:
    file.write(text.encode())


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "none" if value is None else str(value)
