#!/usr/bin/env bash
# The documentation as a site, in build/site. A warning, so a link that leads nowhere or a page in no menu, is a failure.
# `docs.sh serve` shows it at http://127.0.0.1:8000 and follows changes.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=.cache/docs lock=requirements-docs.txt

if ! cmp -s "$lock" "$environment/$lock"; then
  echo "docs: installing the packages of $lock (half a minute, once)"
  python3.11 -m venv --clear "$environment"
  "$environment/bin/python" -m pip install --quiet --disable-pip-version-check -r "$lock"
  cp "$lock" "$environment/$lock"
fi
# Signatures are formatted by ruff, where the checks' packages are installed.
export PATH=$PWD/.venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 NO_MKDOCS_2_WARNING=1
if [[ ${1:-build} == serve ]]; then
  exec "$environment/bin/python" -m mkdocs serve --strict --dev-addr 127.0.0.1:8000
fi
"$environment/bin/python" -m mkdocs --quiet build --strict --clean
echo "docs: build/site/index.html"
