#!/usr/bin/env bash
# Checks deploy/prometheus with promtool: the one on PATH, else Debian's, unpacked into .cache without installing it.
# Where neither is to be had it says so and passes: tests/unit/test_alerts.py reads the same files with a parser.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

kept=.cache/promtool/promtool

fetch() {
  local scratch
  [[ -x $kept ]] && return
  command -v dpkg-deb >/dev/null || return
  scratch=$(mktemp -d)
  # As any user: the system's lists of packages are read, nothing of it is changed. They may be those of an older day.
  (cd "$scratch" && { apt-get -qq download prometheus || { apt-get -qq update && apt-get -qq download prometheus; }; }) \
    >/dev/null 2>&1 &&
    dpkg-deb --fsys-tarfile "$scratch"/prometheus_*.deb | tar --extract --directory "$scratch" ./usr/bin/promtool &&
    mkdir -p "$(dirname "$kept")" && mv "$scratch/usr/bin/promtool" "$kept"
  rm -rf "$scratch"
  [[ -x $kept ]]
}

if command -v promtool >/dev/null; then
  promtool=promtool
elif fetch; then
  promtool=$kept
else
  echo "promtool: not to be had here (Debian: apt-get, else install Prometheus): alerts are parsed by the tests only" >&2
  exit 0
fi

failed=0
for command in "check rules deploy/prometheus/alerts.yml" "check config deploy/prometheus/prometheus.yml" \
  "test rules deploy/prometheus/alerts_test.yml"; do
  # shellcheck disable=SC2086 # words of a command
  said=$("$promtool" $command 2>&1) || { echo "$said" >&2 && failed=1; }
done
exit "$failed"
