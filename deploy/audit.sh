#!/usr/bin/env bash
# Known weaknesses in the packages of the lock files, by pip-audit, which asks PyPI; a report, not a gate. Arguments go
# to pip-audit.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=.cache/audit
pinned=$(grep -o -E '"pip-audit==[^"]+"' pyproject.toml | tr -d '"')

if ! "$environment/bin/python" -m pip show --quiet "${pinned%%==*}" 2>/dev/null; then
  python3.11 -m venv --clear "$environment"
  "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "$pinned"
fi
for lock in requirements*.txt; do
  echo "audit: $lock"
  "$environment/bin/pip-audit" --disable-pip --no-deps --progress-spinner off --requirement "$lock" "$@"
done
