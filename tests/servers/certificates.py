"""Certificates for tests, made by `openssl`: an authority, and a server's certificate for 127.0.0.1 signed by it."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

_DAYS = "2"
_OF_THE_SERVER = "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n"


@dataclass(frozen=True)
class Certificates:
    """PEM files: `ca` for clients; `certificate` and `key`, unencrypted, for the server; `both` is the two in one."""

    ca: Path
    certificate: Path
    key: Path
    both: Path


def make_certificates(folder: Path) -> Certificates:
    """An authority of its own and what it signed, in the folder; half a second."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key", folder / "both.pem")
    ca_key, request, extensions = folder / "ca.key", folder / "server.csr", folder / "server.ext"
    extensions.write_text(_OF_THE_SERVER)
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl("req", "-x509", *new_key, "-keyout", ca_key, "-out", made.ca, "-days", _DAYS, "-subj", "/CN=test CA")
    _openssl("req", *new_key, "-keyout", made.key, "-out", request, "-subj", "/CN=test server")
    signed_by = ("-CA", made.ca, "-CAkey", ca_key, "-CAcreateserial", "-days", _DAYS, "-extfile", extensions)
    _openssl("x509", "-req", "-in", request, "-out", made.certificate, *signed_by)
    made.both.write_text(made.key.read_text() + made.certificate.read_text())
    return made


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
