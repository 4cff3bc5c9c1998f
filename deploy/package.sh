#!/usr/bin/env bash
# Makes dist/, which is all that deploy/submit.sh needs: main.py and casestream.zip (the code), environment.tar.gz (the
# driver's Python packages, without pyspark, which spark-submit sends), jars/ (for clusters without internet), and
# log4j2*.properties (how Spark logs there).
# An argument names the Python 3.11 of the cluster's nodes, as /usr/bin/python3.11, where it is not this machine's.
set -euo pipefail
cd "$(dirname "$0")/.."

python=.venv/bin/python
build=build/package
nodes_python=${1:-}

requirements() {
  grep -v -E '^(pyspark|py4j)==' requirements.txt
}

pinned() { # pinned PACKAGE: its line in pyproject.toml, `PACKAGE==VERSION`
  grep -o -E "\"$1==[^\"]+\"" pyproject.toml | tr -d '"'
}

make_environment() { # a clean one: .venv holds pyspark, and the tests' packages too
  echo "package: installing what the driver needs (half a minute)"
  "$python" -m venv --clear --without-pip "$build/environment"
  requirements >"$build/requirements.txt"
  "$python" -m pip --python "$build/environment/bin/python" install --quiet --disable-pip-version-check --no-deps \
    -r "$build/requirements.txt"
}

point_to() { # point_to PYTHON; venv-pack's own --python-prefix makes a python3.113.11 of a python3.11
  rm "$build"/environment/bin/python*
  ln -s "$1" "$build/environment/bin/python"
  sed -i.former -e "s|^home = .*|home = $(dirname "$1")|" "$build/environment/pyvenv.cfg"
}

pack_environment() {
  echo "package: packing it"
  "$python" -m venv --clear "$build/packer"
  "$build/packer/bin/python" -m pip install --quiet --disable-pip-version-check "$(pinned venv-pack)"
  "$build/packer/bin/venv-pack" --quiet --force --prefix "$build/environment" --output dist/environment.tar.gz
}

contents() { # of environment.tar.gz: what it is made from
  requirements
  pinned venv-pack
  "$python" --version
  echo "$nodes_python"
}

mkdir -p "$build" dist/jars
"$python" -m deploy.code_zip dist/casestream.zip
cp main.py dist/main.py
cp runtime/log4j2.properties runtime/log4j2-json.properties dist/
if [[ ! -f dist/environment.tar.gz || $(contents) != "$(cat "$build/contents" 2>/dev/null)" ]]; then
  make_environment
  if [[ -n $nodes_python ]]; then
    point_to "$nodes_python"
  fi
  pack_environment
  contents >"$build/contents"
fi
"$python" -m runtime.jars
rm -f dist/jars/*.jar
cp .venv/jars/*.jar dist/jars/
echo "package: dist/ is complete: $(du -sh dist | cut -f1)"
