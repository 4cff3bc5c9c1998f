#!/usr/bin/env bash
# The demo: a feed of posts, and the job that listens to it. Arguments go to main.py. Ctrl-C stops both.
# This script becomes main.py, so that signals and the exit code are main.py's own.
set -euo pipefail
set -m # each background job is a process group of its own: Ctrl-C reaches main.py alone
cd "$(dirname "$0")/.."

python=.venv/bin/python
folder=.data/demo
log=$folder/feed.log
pipe=$folder/.main-is-there.$$

play_while_main_is_there() {
  "$python" manage.py feed --file demo/tweets.txt --rate 20 --uneven --loop --port 0 >"$log" 2>&1 </dev/null &
  local feed=$!
  # Nobody writes: this ends when the last process that holds the other end of the pipe is gone, however it went.
  cat >/dev/null
  kill "$feed" 2>/dev/null || true
  wait
  "$python" -m runtime.embedded >>"$log" 2>&1
}

port_of_the_feed() {
  for _ in {1..300}; do
    sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$log" | grep . && return
    sleep 0.1
  done
  echo "the demo's feed did not start; log: $log" >&2
  tail -n 5 "$log" >&2
  return 3
}

mkdir -p "$folder"
: >"$log"
mkfifo "$pipe"
exec 3<>"$pipe" # main.py inherits it; its children do not
exec 4<"$pipe"
rm "$pipe"
play_while_main_is_there <&4 3>&- 4<&- &
exec 4<&-
set +m
port=$(port_of_the_feed) || exit 3
exec "$python" main.py --jobname demo --source socket --socket-port "$port" "$@"
