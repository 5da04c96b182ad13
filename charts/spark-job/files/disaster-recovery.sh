#!/bin/sh
# Restores a backup that backup.sh has made, and says whether every byte is as it was.
#   disaster-recovery.sh --backup-date 2026-11-27 --target-namespace recovery --verify
#
#   --backup-date DATE       2026-11-27 (that day's last), 2026-11-27T060000Z, or latest
#   --target-namespace NS    for whom: it stands for {namespace} in --to, and --deploy installs there
#   --verify                 read all that was restored and compare it with the manifest
#   --backup NAME            BACKUP_NAME       which backup
#   --location PLACE         BACKUP_LOCATION   where backups are: a path, s3://bucket/prefix, or rclone's name:path
#   --to PLACE               RESTORE_LOCATION  where the data go; default LOCATION/restored/NS/NAME/DATE
#   --overwrite              though there are files already
#   --deploy VALUES          then install the job there: helm upgrade --install NAME charts/spark-job (--chart: another)
#   --source-namespace NS    BACKUP_NAMESPACE  whose backup it is. Without a location the backup's CronJob is asked with
#                            kubectl, in this namespace (default: kubectl's own, then all that it may list)
#   --list                   print the dates that are there, and end
# With --verify time and result go to OBSERVER_URL if that is set, and into the pod's termination message.
# Exit codes: 0 good, 1 failed or damaged, 2 not understood.
set -eu
here=$(dirname "$(readlink -f "$0" 2>/dev/null || echo "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source-path=SCRIPTDIR source=storage.sh
. "$here/storage.sh"
# shellcheck source-path=SCRIPTDIR source=report.sh
. "$here/report.sh"

usage() { sed -n '2,/^set -eu/{/^set -eu/!s/^# \{0,1\}//p;}' "$0"; }
bad() { say "$*; see --help"; exit 2; }

date='' namespace='' verify=no name=${BACKUP_NAME:-} location=${BACKUP_LOCATION:-} to=${RESTORE_LOCATION:-}
overwrite=no values='' chart=charts/spark-job source_namespace=${BACKUP_NAMESPACE:-} list=no
while [ $# -gt 0 ]; do
  option=$1
  shift
  case $option in
    -h | --help) usage; exit 0 ;;
    --verify) verify=yes; continue ;;
    --overwrite) overwrite=yes; continue ;;
    --list) list=yes; continue ;;
    --backup-date | --target-namespace | --backup | --location | --to | --deploy | --chart | --source-namespace) ;;
    *) bad "\"$option\" is no option" ;;
  esac
  [ $# -gt 0 ] || bad "$option needs a value"
  case $option in
    --backup-date) date=$1 ;;
    --target-namespace) namespace=$1 ;;
    --backup) name=$1 ;;
    --location) location=$1 ;;
    --to) to=$1 ;;
    --deploy) values=$1 ;;
    --chart) chart=$1 ;;
    --source-namespace) source_namespace=$1 ;;
  esac
  shift
done
if [ "$list" = no ]; then
  [ -n "$date" ] || bad "no --backup-date"
  [ -n "$namespace" ] || bad "no --target-namespace"
fi
case $date in
  '' | latest | [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]) ;;
  [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z) ;;
  *) bad "--backup-date \"$date\" is none of latest, 2026-11-27, 2026-11-27T060000Z" ;;
esac
case $namespace in *[!a-z0-9-]*) bad "--target-namespace \"$namespace\" is no namespace's name" ;; esac
[ -z "$values" ] || [ -f "$values" ] || bad "--deploy: no file $values"

# What the backup's CronJob says where nothing else does.
if [ -z "$location" ]; then
  command -v kubectl >/dev/null || bad "no --location, and no kubectl to ask the backup's CronJob with"
  env='{.spec.jobTemplate.spec.template.spec.containers[0].env[?(@.name=="'
  of="{.metadata.namespace}{'\t'}${env}BACKUP_NAME\")].value}{'\t'}${env}BACKUP_LOCATION\")].value}{'\n'}"
  cronjobs() {  # WORD...: for kubectl, to say where
    kubectl get cronjobs "$@" -l "spark-exporter.io/backup${name:+=$name}" -o jsonpath="{range .items[*]}$of{end}"
  }
  found=$(cronjobs ${source_namespace:+--namespace "$source_namespace"}) || exit 1
  where=${source_namespace:-this namespace}
  if [ -z "$found$source_namespace" ] && found=$(cronjobs --all-namespaces 2>"$work/refused"); then where="any namespace"; fi
  case $(printf '%s\n' "$found" | grep -c .) in
    0) bad "no --location, and no CronJob with the label spark-exporter.io/backup${name:+=$name} in $where" ;;
    1) ;;
    *) bad "several backups: choose one by --backup and --source-namespace: $(printf '%s\n' "$found" |
      awk '{ printf "%s%s of %s", sep, $2, $1; sep = ", " }')" ;;
  esac
  source_namespace=$(printf '%s\n' "$found" | cut -f 1)
  name=$(printf '%s\n' "$found" | cut -f 2)
  location=$(printf '%s\n' "$found" | cut -f 3)
  [ -n "$location" ] || bad "that CronJob has no BACKUP_LOCATION: give --location"
fi
[ -n "$name" ] || bad "no --backup"
storage_kind "$location" >/dev/null || exit 2
home=$(storage_join "$location" "$name")

trap 'exit 143' TERM INT

# The dates of complete backups, oldest first.
folders=$(storage_folders "$home") || exit 1
dates=$(for one in $(printf '%s\n' "$folders" | grep -E '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z$'); do
  if storage_get "$home/$one/MANIFEST.sha256" "$work/manifest"; then echo "$one"; fi
done)
if [ "$list" = yes ]; then printf '%s\n' "$dates"; exit 0; fi
case $date in latest) pattern='' ;; *) pattern=$date ;; esac
stamp=$(printf '%s\n' "$dates" | grep "^$pattern" | tail -n 1)
if [ -z "$stamp" ]; then
  say "no complete backup $date in $home; there are: $(printf '%s' "${dates:-none}" | tr '\n' ' ')"
  exit 1
fi

uptime() { cut -d ' ' -f 1 /proc/uptime; }  # hundredths of seconds, which not every date knows
began=$(date +%s) up=$(uptime) problem="it was ended early"
finish() {
  code=$?
  trap - EXIT
  ended=$(date +%s)
  took=$(uptime | awk -v from="$up" '{ printf "%.2f", $1 - from }')
  if [ "$code" -eq 0 ]; then
    say "good: $files files, $bytes bytes restored$([ "$verify" = no ] || echo " and verified") in $took s, $to"
  else
    say "failed: $problem"
  fi
  if [ "$verify" = yes ]; then
    json="\"kind\":\"restore\",\"backup\":$(json_text "$name"),\"started\":$began,\"ended\":$ended"
    [ -z "$source_namespace" ] || json="$json,\"namespace\":$(json_text "$source_namespace")"
    [ "$code" -eq 0 ] && good=true || good=false
    report "{$json,\"success\":$good,\"restore_seconds\":$took}"
  fi
  rm -rf "$work"
  exit "$code"
}
trap finish EXIT
step() { problem=$1; }

step "the manifest of $stamp could not be read"
storage_get "$home/$stamp/MANIFEST.sha256" "$work/manifest"
step "the manifest of $stamp is damaged: its own digest is wrong"
sed '$d' "$work/manifest" >"$work/body"
[ "$(tail -n 1 "$work/manifest")" = "# sha256 $(sha256sum <"$work/body" | cut -d ' ' -f 1)" ]
files=$(sed -n 's/^# files \([0-9]*\) .*/\1/p' "$work/body")
bytes=$(sed -n 's/^# files [0-9]* bytes \([0-9]*\) .*/\1/p' "$work/body")

if [ -n "$to" ]; then
  to=$(printf '%s' "$to" | sed "s|{namespace}|$namespace|g")
else
  to=$(storage_join "$location" "restored/$namespace/$name/$stamp")
fi
storage_kind "$to" >/dev/null
if [ "$overwrite" = no ]; then
  step "$to could not be looked at"
  case $to in /*) [ -d "$to" ] && there=$(storage_facts "$to") || there='0 ' ;; *) there=$(storage_facts "$to") ;; esac
  step "there are files in $to already: choose another place by --to, or say --overwrite"
  [ "${there%% *}" = 0 ]
fi

say "restoring $name of $stamp to $to"
step "the data could not be copied"
storage_copy "$home/$stamp/data" "$to"
if [ "$verify" = yes ]; then
  step "what was restored could not be read"
  storage_hash "$to" >"$work/restored"
  grep -v '^#' "$work/body" >"$work/expected"
  step "the backup is damaged"
  if ! cmp -s "$work/expected" "$work/restored"; then
    # Of a path with two digests both lines are shown, ours first.
    diff "$work/expected" "$work/restored" | sed -n 's/^< /expected /p; s/^> /restored /p' | head -n 20 >&2
    exit 1
  fi
fi

if [ -n "$values" ]; then
  step "the data are there, but the job could not be installed"
  helm upgrade --install "$name" "$chart" --namespace "$namespace" --create-namespace --values "$values" >&2
fi
