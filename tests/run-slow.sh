#!/usr/bin/env bash
# The slow tests; that there are none is no failure. Arguments go to pytest.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

.venv/bin/python -m pytest -m slow "$@"
code=$?
if ((code == 5)); then
  echo "test-slow: no test is marked slow"
  exit 0
fi
exit "$code"
