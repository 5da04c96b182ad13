# shellcheck shell=sh
# Tells the exporter's observer how a backup or a restore went (POST /api/v1/backups), and leaves the same as the pod's
# termination message, which the observer reads where the first did not arrive. Read by backup.sh and
# disaster-recovery.sh after storage.sh. A report that cannot be delivered fails nothing: what was done is done.
#   OBSERVER_URL         http://spark-exporter.monitoring:9817; empty: nothing is sent
#   OBSERVER_TOKEN_FILE  a service account token of the backup's namespace (default: the pod's own)
#   TERMINATION_LOG      default /dev/termination-log; only where it is there

report_token() {
  file=${OBSERVER_TOKEN_FILE:-/var/run/secrets/kubernetes.io/serviceaccount/token}
  if [ -r "$file" ]; then cat "$file"; fi
}

report_post() {  # JSON: sends it once
  url=${OBSERVER_URL%/}/api/v1/backups
  token=$(report_token)
  if command -v curl >/dev/null; then
    # The token by a file, since arguments can be seen by others.
    printf 'header = "Authorization: Bearer %s"\n' "$token" |
      curl -fsS --max-time 10 -K - -H 'Content-Type: application/json' --data-binary "$1" "$url" >/dev/null
  elif command -v wget >/dev/null; then
    wget -q -T 10 -O /dev/null --header "Authorization: Bearer $token" --header 'Content-Type: application/json' \
      --post-data "$1" "$url"
  else
    say "neither curl nor wget is here"
    return 1
  fi
}

report() {  # JSON
  log=${TERMINATION_LOG:-/dev/termination-log}
  if [ -w "$log" ]; then printf '%s\n' "$1" >"$log"; fi
  [ -n "${OBSERVER_URL:-}" ] || return 0
  for pause in 1 3 0; do
    if report_post "$1"; then
      say "reported to $OBSERVER_URL"
      return 0
    fi
    sleep "$pause"
  done
  say "warning: $OBSERVER_URL did not take the report: $1"
}

json_text() {  # TEXT: as a JSON string
  printf '"%s"' "$(printf '%s' "$1" | tr -d '\000-\037' | sed 's/[\\"]/\\&/g')"
}
