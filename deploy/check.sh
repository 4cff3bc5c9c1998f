#!/usr/bin/env bash
# Every check, also after one has failed; the last line names those that did.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
PATH=$PWD/.venv/bin:$PATH

failed=()
check() { # check NAME COMMAND…
  echo "check: $1"
  "${@:2}" || failed+=("$1")
}

check format ruff format --check --quiet .
check lint ruff check --quiet .
check types mypy .
check imports lint-imports --no-logo --no-cache
check "dead code" vulture
check shell shellcheck deploy/*.sh deploy/*/*.sh tests/*.sh .ci/run
check Dockerfile hadolint Dockerfile
check YAML yamllint --strict -d '{rules: {key-duplicates: {}, line-length: {max: 120}}}' \
  docker-compose.yml mkdocs.yml .pre-commit-config.yaml
check documentation deploy/docs.sh
check "alert rules" deploy/promtool.sh
if docker compose version >/dev/null 2>&1; then
  check "docker compose" docker compose --profile '*' config --quiet
fi

if ((${#failed[@]})); then
  echo "check: FAILED: ${failed[*]}"
  exit 1
fi
echo "check: all is well"
