"""What a session of our own lets in: connections from this machine, and no others."""

import ipaddress
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

LISTENING = "0A"


def listening_of(process: int) -> set[str]:
    """The addresses at which that process waits for connections."""
    sockets = set()
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        try:
            sockets.add(str(descriptor.readlink()))
        except FileNotFoundError:  # closed meanwhile
            continue
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    return {address_of(each[1]) for each in lines if each[3] == LISTENING and f"socket:[{each[9]}]" in sockets}


def address_of(local: str) -> str:
    """Of the kernel's notation: hexadecimal words of 32 bits, each in the machine's own order, then the port."""
    words = bytes.fromhex(local.partition(":")[0])
    ordered = b"".join(words[each : each + 4][::-1] for each in range(0, len(words), 4))
    address = ipaddress.ip_address(ordered)
    return str(getattr(address, "ipv4_mapped", None) or address)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="no /proc here")
def test_a_session_of_our_own_listens_on_loopback_alone_and_shows_no_web_page(spark: SparkSession) -> None:
    jvm = spark.sparkContext._jvm
    assert jvm is not None
    process = int(jvm.java.lang.ProcessHandle.current().pid())
    assert listening_of(process) == {"127.0.0.1"}
    assert spark.sparkContext.uiWebUrl is None
