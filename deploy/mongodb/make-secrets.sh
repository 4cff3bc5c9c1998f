#!/usr/bin/env bash
# The passwords of the containers' MongoDB, made once: a file that is there stays as it is.
# make-secrets.sh SERVERS_FOLDER JOBS_FOLDER ANALYSTS_FOLDER: what the server reads, and the settings files of the jobs
# and of who only reads, the dashboard.
set -euo pipefail

server=$1
job=$2
analyst=$3

keep() { # keep FILE: standard input, whole or not at all; readable by every user of the containers that see the folder
  cat >"$1.new"
  chmod 444 "$1.new"
  mv "$1.new" "$1"
}

for user in root job analyst; do
  [[ -s $server/$user-password ]] ||
    head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n' | keep "$server/$user-password"
done
settings() { # settings USER; hexadecimal: no sign of the password means anything in a URI
  printf 'CASESTREAM_MONGODB_URI=mongodb://%s:%s@mongo:27017/?authSource=casestream&directConnection=true\n' \
    "$1" "$(cat "$server/$1-password")"
}
settings job | keep "$job/settings.env"
settings analyst | keep "$analyst/settings.env"
