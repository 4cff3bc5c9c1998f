#!/usr/bin/env bash
# The dashboard, at http://127.0.0.1:8501: run-dashboard.sh [--port PORT] [--settings-file FILE]. Ctrl-C ends it.
# It reads the database of CASESTREAM_MONGODB_URI or of the file; with neither the demo's, beside `make run` or alone.
# This script becomes Streamlit, so that signals and the exit code are Streamlit's own.
set -euo pipefail
cd "$(dirname "$0")/.."

port=8501
rest=()
while (($#)); do
  case $1 in
    --port) port=${2:?--port: a number must stand behind it} && shift ;;
    --port=*) port=${1#*=} ;;
    *) rest+=("$1") ;;
  esac
  shift
done
exec .venv/bin/python -m streamlit run dashboard/app.py --server.port "$port" -- ${rest[@]+"${rest[@]}"}
