#!/usr/bin/env bash
# Submits a job to YARN in cluster mode, out of what `make package` has put into dist/:
#   deploy/submit.sh SOURCE JOBNAME SETTINGS_FILE [spark-submit options …]
# Settings, and so all secrets, travel in the file alone: arguments and Spark's configuration are on YARN's pages. They are
# checked before anything is submitted. --files, --py-files and --jars add to ours; the other options win over ours.
# Exit codes: spark-submit's own (0 SUCCEEDED, 1 FAILED or KILLED), 2 settings are wrong, 3 it could not start.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
dist=$root/dist
python=$root/.venv/bin/python

give_up() { # give_up EXIT_CODE MESSAGE
  echo "submit: $2" >&2
  exit "$1"
}

check_settings() { # into `shown`: with the code that is to be sent, and with nothing of the environment, which stays here
  local name path=$dist/casestream.zip
  for name in "${!CASESTREAM_@}"; do
    echo "submit: $name is set here and does not reach the cluster: settings are those of $settings" >&2
    unset "$name"
  done
  for name in ${py_files//,/ }; do
    [[ $name == *.py ]] && name=$(dirname "$name")
    path+=:$name
  done
  shown=$(PYTHONPATH=$path "$python" "$dist/main.py" --check-settings --in-cluster \
    --jobname "$jobname" --source "$source" --settings-file "$settings")
}

(($# >= 3)) || give_up 2 "usage: deploy/submit.sh SOURCE JOBNAME SETTINGS_FILE [spark-submit options …]"
source=$1 jobname=$2 settings=$3
shift 3
files=$settings py_files='' options=()
jars=$(printf '%s,' "$dist"/jars/*.jar)
while (($#)); do
  case $1 in
    --files | --py-files | --jars)
      (($# > 1)) || give_up 2 "$1: a value must stand behind it"
      case $1 in
        --files) files+=,$2 ;;
        --py-files) py_files+=,$2 ;;
        --jars) jars+=$2, ;;
      esac
      shift 2
      ;;
    *)
      options+=("$1")
      shift
      ;;
  esac
done

for made in main.py casestream.zip environment.tar.gz jars log4j2.properties log4j2-json.properties; do
  [[ -e $dist/$made ]] || give_up 3 "dist/$made is not there: run make package"
done
check_settings || exit
# YARN puts files where Java finds them before Spark's own: this name is how Spark logs, in driver and executors.
case $shown in
  *$'\n'CASESTREAM_LOG_FORMAT=json$'\n'*) files+=,$dist/log4j2-json.properties#log4j2.properties ;;
  *) files+=,$dist/log4j2.properties#log4j2.properties ;;
esac
if [[ -n $(find -L "$settings" -perm /077) ]]; then
  echo "submit: others on this machine can read $settings, which may hold secrets: chmod 600 $settings" >&2
fi
echo "submit: the settings are well" >&2

export JAVA_HOME=${JAVA_HOME:-$(cd "$root" && "$python" -m runtime.java)}
if [[ -n ${SPARK_HOME:-} ]]; then
  PATH=$SPARK_HOME/bin:$PATH
elif ! command -v spark-submit >/dev/null; then
  PATH=$root/.venv/bin:$PATH # pyspark's own, which runs the first python3 on PATH
fi
# The driver's Python lives in the overhead.
exec spark-submit --master yarn --deploy-mode cluster --name "$jobname" \
  --files "$files" --py-files "$dist/casestream.zip$py_files" --jars "${jars%,}" \
  --archives "$dist/environment.tar.gz#environment" \
  --driver-memory 2g --conf spark.driver.memoryOverhead=768m \
  --conf spark.yarn.appMasterEnv.PYSPARK_PYTHON=./environment/bin/python \
  --conf "spark.driver.defaultJavaOptions=-Dcasestream.job=$jobname" \
  --conf "spark.executor.defaultJavaOptions=-Dcasestream.job=$jobname" \
  --conf spark.yarn.maxAppAttempts=2 \
  --conf spark.yarn.am.attemptFailuresValidityInterval=1h \
  "${options[@]}" \
  "$dist/main.py" --jobname "$jobname" --source "$source" --settings-file "$(basename "$settings")"
