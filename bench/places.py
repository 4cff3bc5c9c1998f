"""Where the bench keeps what it fetches and makes, and where its results lie."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache" / "bench"
RESULTS = ROOT / "bench" / "results"

OLD_PYMONGO = CACHE / "pymongo"
"""A folder for PYTHONPATH: the fastest server speaks an older protocol than pymongo 4.16 and later ask for."""
PEERS_PYTHON = CACHE / "peers" / "bin" / "python"
"""The peers' own environment."""
JARS = CACHE / "jars"
EVENTS = CACHE / "events"
JOB_PYTHON = Path(sys.executable)
