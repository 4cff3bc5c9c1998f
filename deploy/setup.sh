#!/usr/bin/env bash
# Makes .venv: Python packages, Java 17 where the machine has none, and the jars that the job adds to Spark's.
# `setup.sh` brings what the demo needs, `setup.sh dev` what tests and checks need. What is there is not done again.
set -euo pipefail
cd "$(dirname "$0")/.."

lock=requirements-${1:-demo}.txt
python=.venv/bin/python

is_usable() {
  # A .venv that was copied or moved runs the programs of its old place.
  "$python" -c 'import sys, pip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null &&
    grep -qF " $(pwd -P)/.venv" .venv/pyvenv.cfg
}

make_environment() {
  if ! command -v python3.11 >/dev/null; then
    echo "setup: there is no python3.11 on PATH. Debian, Ubuntu: apt-get install python3.11 python3.11-venv;" \
      "macOS: brew install python@3.11; anywhere: uv python install 3.11" >&2
    exit 1
  fi
  if [[ -L .venv ]]; then
    echo "setup: .venv is a link to an environment of another place, which is left alone: remove the link" >&2
    exit 1
  fi
  echo "setup: making .venv (5 s)"
  python3.11 -m venv --clear .venv
}

install() { # install LOCK WHAT
  echo "setup: installing $2"
  "$python" -m pip install --quiet --disable-pip-version-check -r "$1" && cp "$1" ".venv/$1"
}

find_java() {
  "$python" -m runtime.java >/dev/null 2>&1 && return
  install requirements-java.txt "a Java 17 of its own (40 MB, half a minute)" && return
  echo "setup: none is to be had for this machine. Debian, Ubuntu: apt-get install openjdk-17-jre-headless;" \
    "macOS: brew install openjdk@17; then set JAVA_HOME if it is not on PATH" >&2
  exit 1
}

is_usable || make_environment
cmp -s "$lock" ".venv/$lock" || install "$lock" "the packages of $lock (2 to 5 minutes: Spark is 300 MB)"
find_java
"$python" -m runtime.jars
"$python" -m runtime.class_archive
echo "setup: .venv is complete"
