"""Whether a port speaks TLS: a server that was asked in plain text only hangs up, and would be waited for."""

import socket
import ssl


def speaks_tls(host: str, port: int, seconds: float) -> bool:
    """Whether the server there greets a client that speaks TLS; False also where nobody listens, or nothing comes.

    No certificate is judged, nothing else is sent. seconds: to wait at each step, of connecting and of the handshake.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), seconds) as connection,
            context.wrap_socket(connection, server_hostname=host),
        ):
            return True
    except OSError:
        return False
