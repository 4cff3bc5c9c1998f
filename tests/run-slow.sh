#!/usr/bin/env bash
# The slow tests. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.." || exit

.venv/bin/python -m pytest -m slow "$@"
