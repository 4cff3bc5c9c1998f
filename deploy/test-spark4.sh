#!/usr/bin/env bash
# The tests that speak to Spark, on Spark 4.0.0 (Scala 2.13), in an environment of its own. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."

spark=(pyspark==4.0.0 py4j==0.10.9.9)
environment=.cache/spark4
python=$environment/bin/python

requirements() {
  printf '%s\n' "${spark[@]}"
  grep -v -E '^(pyspark|py4j)==' requirements-dev.txt
}

if ! cmp -s <(requirements) "$environment/requirements.txt"; then
  echo "test-spark4: installing ${spark[*]} and what the tests need (2 to 5 minutes)"
  python3.11 -m venv --clear "$environment"
  requirements >"$environment/wanted.txt"
  "$python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$environment/wanted.txt"
  mv "$environment/wanted.txt" "$environment/requirements.txt"
fi
"$python" -m runtime.jars
"$python" -m runtime.class_archive
exec "$python" -m pytest -m "not slow and not faults" tests/contract tests/streaming \
  tests/integration/test_kafka_job.py tests/integration/test_socket_job.py "$@"
