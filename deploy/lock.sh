#!/usr/bin/env bash
# Makes requirements*.txt from pyproject.toml. Versions that still fit stay as they are; `make lock ARGS=--upgrade`
# moves them. Every file is consistent with the ones before it, so that one environment can hold them all.
set -euo pipefail
cd "$(dirname "$0")/.."

UV_VERSION=0.13.9

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

compile() { # compile FILE [UV OPTIONS]
  local file=$1
  shift
  echo "lock: $file"
  "$scratch/bin/uv" pip compile --quiet --universal --python-version 3.11 \
    --custom-compile-command "make lock" "$@" --output-file "$file"
}

echo "lock: installing uv $UV_VERSION in a throw-away environment (10 s)"
python3.11 -m venv "$scratch"
"$scratch/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"

compile requirements.txt --group job pyproject.toml "$@"
compile requirements-demo.txt --group job --group embedded --constraint requirements.txt pyproject.toml "$@"
compile requirements-dashboard.txt --group job --group embedded --group dashboard \
  --constraint requirements-demo.txt pyproject.toml "$@"
compile requirements-dev.txt --group job --group embedded --group dashboard --group notebook --group dev \
  --constraint requirements-dashboard.txt pyproject.toml "$@"
compile requirements-java.txt --group java --constraint requirements-dev.txt "$@"
compile requirements-docs.txt --group docs pyproject.toml "$@"
