"""What the figures were taken on."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from runtime.java import find_java_home

_PACKAGES = ("pyspark", "pymongo", "confluent-kafka")


def description() -> dict[str, str | int | float]:
    """Processor, cores, memory, system, versions: nothing that names the machine."""
    return {
        "processor": processor(),
        "cores": cores(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "java": _java(),
        **{package: version(package) for package in _PACKAGES},
    }


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0))


def processor() -> str:
    """Its model; "unknown" where the system does not tell."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def load() -> float:
    """The mean number of processes that wanted to run in the last minute."""
    return round(os.getloadavg()[0], 2)


def peak_memory(process_id: int) -> int:
    """The most bytes that the process ever had in memory. Raises OSError where it is gone; Linux."""
    return _kilobytes(process_id, "VmHWM:") * 1024


def memory(process_id: int) -> int:
    """The bytes that the process has in memory. Raises OSError where it is gone; Linux."""
    return _kilobytes(process_id, "VmRSS:") * 1024


def _kilobytes(process_id: int, name: str) -> int:
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


def _java() -> str:
    java = str(Path(find_java_home(os.environ) or "/usr", "bin", "java"))
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    return said.splitlines()[0] if said else "unknown"
