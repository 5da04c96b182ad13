#!/bin/sh
# Backs up what a job has written: every file below a place, with a manifest of their digests.
#   backup.sh [--name NAME] [--source PLACE] [--location PLACE] [--keep N] [--no-verify]
#
# PLACE is a path of this machine, s3://bucket/prefix, or a remote of rclone's (name:path). What is not given is taken
# from the environment:
#   --name       BACKUP_NAME       what the backup is called: label `backup` of the metrics
#   --source     BACKUP_SOURCE     where the data are
#   --location   BACKUP_LOCATION   where backups go: LOCATION/NAME/2026-11-27T060000Z
#   --keep       BACKUP_KEEP       how many complete backups stay, 0 (default): all
#   --no-verify                    do not read the copy again to compare it
# The result goes to OBSERVER_URL if that is set, and into the pod's termination message.
#
# A backup without its MANIFEST.sha256 is not complete: it is written last, holds the digest of each file as the source
# had it, and ends with a digest of its own. Exit codes: 0 good, 1 failed, 2 not understood.
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

name=${BACKUP_NAME:-} from=${BACKUP_SOURCE:-} location=${BACKUP_LOCATION:-} keep=${BACKUP_KEEP:-0} verify=yes
while [ $# -gt 0 ]; do
  option=$1
  shift
  case $option in
    -h | --help) usage; exit 0 ;;
    --no-verify) verify=no; continue ;;
    --name | --source | --location | --keep) ;;
    *) bad "\"$option\" is no option" ;;
  esac
  [ $# -gt 0 ] || bad "$option needs a value"
  case $option in
    --name) name=$1 ;;
    --source) from=$1 ;;
    --location) location=$1 ;;
    --keep) keep=$1 ;;
  esac
  shift
done
[ -n "$name" ] || bad "no --name"
[ -n "$from" ] || bad "no --source"
[ -n "$location" ] || bad "no --location"
case $name in *[!A-Za-z0-9._-]*) bad "--name \"$name\" has more than letters, digits, dots, dashes, underscores" ;; esac
case $keep in '' | *[!0-9]*) bad "--keep \"$keep\" is no number" ;; esac
storage_kind "$from" >/dev/null && storage_kind "$location" >/dev/null || exit 2

began=$(date +%s) problem="it was ended early" size=0 newest=0
finish() {
  code=$?
  trap - EXIT
  ended=$(date +%s)
  json="\"backup\":$(json_text "$name"),\"started\":$began,\"ended\":$ended,\"id\":\"$name-$stamp\""
  [ -z "${BACKUP_NAMESPACE:-}" ] || json="$json,\"namespace\":$(json_text "$BACKUP_NAMESPACE")"
  if [ "$code" -eq 0 ]; then
    say "good: $files files, $size bytes in $((ended - began)) s, $target"
    json="$json,\"success\":true,\"size_bytes\":$size"
    [ "$newest" -eq 0 ] || json="$json,\"data_timestamp\":$newest"
  else
    say "failed: $problem"
    json="$json,\"success\":false"
  fi
  report "{$json}"
  rm -rf "$work"
  exit "$code"
}
stamp=$(date -u -d "@$began" +%Y-%m-%dT%H%M%SZ)
trap finish EXIT
trap 'exit 143' TERM INT
step() { problem=$1; }

home=$(storage_join "$location" "$name")
target=$(storage_join "$home" "$stamp")
step "the source could not be read"
facts=$(storage_facts "$from")
read -r files size newest <<FACTS
$facts
FACTS
if [ "$files" -eq 0 ]; then step "the source $from has no files"; exit 1; fi
storage_hash "$from" >"$work/files"

step "there is a backup of this very second"
folders=$(storage_folders "$home")
if printf '%s\n' "$folders" | grep -qx "$stamp"; then exit 1; fi
step "the copy was not made"
storage_copy "$from" "$(storage_join "$target" data)"

if [ "$verify" = yes ]; then
  step "the copy could not be read"
  storage_hash "$(storage_join "$target" data)" >"$work/copy"
  step "the copy differs from the source: it changed meanwhile, or the copy is damaged"
  cmp -s "$work/files" "$work/copy"
elif [ "$(wc -l <"$work/files")" -ne "$files" ]; then
  step "the source changed meanwhile"
  exit 1
fi

step "the manifest was not written"
{
  echo "# backup $name $stamp"
  echo "# files $files bytes $size data_timestamp $newest"
  cat "$work/files"
} >"$work/manifest"
echo "# sha256 $(sha256sum <"$work/manifest" | cut -d ' ' -f 1)" >>"$work/manifest"
storage_put "$work/manifest" "$(storage_join "$target" MANIFEST.sha256)"

[ "$keep" -gt 0 ] || exit 0
step "it is complete, but older ones could not be removed"
kept=0
for old in $(storage_folders "$home" | grep -E '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z$' | sort -r); do
  if [ "$kept" -ge "$keep" ]; then
    say "removing $old"
    storage_remove "$(storage_join "$home" "$old")"
  elif storage_get "$(storage_join "$home" "$old")/MANIFEST.sha256" "$work/old"; then
    kept=$((kept + 1))
  fi
done
