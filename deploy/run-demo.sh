#!/usr/bin/env bash
# The demo: a feed of posts, and the job that listens to it. Arguments go to main.py. Ctrl-C stops both.
# SOURCE=socket, the default: a TCP feed. SOURCE=twitter: X if CASESTREAM_TWITTER_BEARER_TOKEN is set, the API at
# CASESTREAM_TWITTER_API_URL if that is; with neither a stand-in for X that plays the same posts. SOURCE=bluesky: Bluesky
# itself, which needs no account, or the hosts of CASESTREAM_BLUESKY_URL. SOURCE=mastodon: the instance of
# CASESTREAM_MASTODON_URL; without it a stand-in for one, with the same posts.
# This script becomes main.py, so that signals and the exit code are main.py's own.
set -euo pipefail
set -m # each background job is a process group of its own: Ctrl-C reaches main.py alone
cd "$(dirname "$0")/.."

python=.venv/bin/python
folder=.data/demo
log=$folder/feed.log
pipe=$folder/.main-is-there.$$
source=${SOURCE:-socket}

port_option_of_the_feed() { # nothing: somebody else's feed is listened to
  case $source in
    socket) echo --port ;;
    twitter) [[ -n ${CASESTREAM_TWITTER_BEARER_TOKEN:-}${CASESTREAM_TWITTER_API_URL:-} ]] || echo --x-port ;;
    mastodon) [[ -n ${CASESTREAM_MASTODON_URL:-} ]] || echo --mastodon-port ;;
    bluesky) ;;
    *)
      echo "SOURCE=$source: the demo knows socket, twitter, bluesky and mastodon" >&2
      return 2
      ;;
  esac
}

play_while_main_is_there() {
  local feed=
  if [[ -n $port_option ]]; then
    "$python" manage.py feed --file demo/tweets.txt --rate 20 --uneven --loop "$port_option" 0 >"$log" 2>&1 </dev/null &
    feed=$!
  fi
  # Nobody writes: this ends when the last process that holds the other end of the pipe is gone, however it went.
  cat >/dev/null
  if [[ -n $feed ]]; then
    kill "$feed" 2>/dev/null || true
  fi
  wait
  "$python" -m runtime.embedded >>"$log" 2>&1
}

address_of_the_feed() {
  for _ in {1..300}; do
    sed -n 's/^listening on \(.*:[0-9]*\)$/\1/p' "$log" | grep . && return
    sleep 0.1
  done
  echo "the demo's feed did not start; log: $log" >&2
  tail -n 5 "$log" >&2
  return 3
}

run_main() { # run_main ADDRESS ARGUMENT…: becomes main.py
  local address=$1
  shift
  if [[ $source == socket ]]; then
    exec "$python" main.py --jobname demo --source socket --socket-port "${address##*:}" "$@"
  fi
  if [[ $source == mastodon ]]; then
    if [[ -n $address ]]; then
      export CASESTREAM_MASTODON_URL=$address CASESTREAM_MASTODON_TOKEN=stand-in
    fi
    exec "$python" main.py --jobname demo-mastodon --source mastodon "$@"
  fi
  if [[ $source == bluesky ]]; then
    exec "$python" main.py --jobname demo-bluesky --source bluesky "$@"
  fi
  if [[ -n $address ]]; then
    export CASESTREAM_TWITTER_API_URL=$address
  fi
  export CASESTREAM_TWITTER_BEARER_TOKEN=${CASESTREAM_TWITTER_BEARER_TOKEN:-stand-in}
  exec "$python" main.py --jobname demo-twitter --source twitter "$@"
}

port_option=$(port_option_of_the_feed) || exit
mkdir -p "$folder"
: >"$log"
mkfifo "$pipe"
exec 3<>"$pipe" # main.py inherits it; its children do not
exec 4<"$pipe"
rm "$pipe"
play_while_main_is_there <&4 3>&- 4<&- &
exec 4<&-
set +m
address=
if [[ -n $port_option ]]; then
  address=$(address_of_the_feed) || exit 3
fi
run_main "$address" "$@"
