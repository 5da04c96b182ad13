# shellcheck shell=sh
# Where backups and data are: a path of this machine, s3://bucket/prefix, or a remote of rclone's (name:path). Read by
# backup.sh and disaster-recovery.sh. POSIX sh, so that it runs in small images. A function that fails says why on
# standard error and returns non-zero. S3 goes through rclone, else through the aws CLI; STORAGE_TOOL=aws or rclone
# chooses. Credentials are theirs: AWS_ACCESS_KEY_ID and the like, or RCLONE_CONFIG_*. The caller sets `work`, a folder
# for scratch: sh has no pipefail, so what can fail writes a file first.

: "${work:?a folder for scratch}"
LC_ALL=C TZ=UTC
export LC_ALL TZ
# rclone's own names for what the aws CLI reads by itself.
: "${RCLONE_S3_ENV_AUTH:=true}" "${RCLONE_S3_PROVIDER:=Other}"
RCLONE_S3_ENDPOINT=${RCLONE_S3_ENDPOINT:-${AWS_ENDPOINT_URL_S3:-${AWS_ENDPOINT_URL:-}}}
export RCLONE_S3_ENV_AUTH RCLONE_S3_PROVIDER RCLONE_S3_ENDPOINT

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

storage_kind() {  # LOCATION: local, aws or rclone
  case $1 in
    /*) echo local ;;
    s3://?*)
      case ${STORAGE_TOOL:-} in
        aws | rclone) echo "$STORAGE_TOOL" ;;
        '') if command -v rclone >/dev/null; then echo rclone
            elif command -v aws >/dev/null; then echo aws
            else say "$1 needs rclone or the aws CLI on the PATH"; return 1; fi ;;
        *) say "STORAGE_TOOL is aws or rclone, not \"$STORAGE_TOOL\""; return 1 ;;
      esac ;;
    ?*:*) command -v rclone >/dev/null || { say "$1 needs rclone on the PATH"; return 1; }
          echo rclone ;;
    *) say "\"$1\" is no place: /path, s3://bucket/prefix or an rclone remote name:path"; return 1 ;;
  esac
}

storage_join() {  # LOCATION NAME
  printf '%s/%s\n' "${1%/}" "$2"
}

# As rclone names it.
storage_remote() { case $1 in s3://*) echo ":s3:${1#s3://}" ;; *) echo "$1" ;; esac; }
storage_rclone() { rclone --log-level ERROR "$@"; }
storage_aws() {
  endpoint=${AWS_ENDPOINT_URL_S3:-${AWS_ENDPOINT_URL:-}}
  aws ${endpoint:+--endpoint-url "$endpoint"} "$@"
}

# Names that one line of a manifest cannot hold.
storage_refuse_names() {  # LOCATION
  if [ -n "$(find -L "$1" \( -name '*
*' -o -name '*\\*' \) -print | head -n 1)" ]; then
    say "$1 has a file name with a line break or a backslash, which no manifest can hold"
    return 1
  fi
}

# The keys below LOCATION, one a line, without its prefix.
storage_aws_keys() {  # LOCATION
  place=${1#s3://} prefix=
  case $place in */*) prefix=${place#*/} ;; esac
  prefix=${prefix%/}${prefix:+/}
  keys=$(storage_aws s3api list-objects-v2 --bucket "${place%%/*}" --prefix "$prefix" \
    --query 'Contents[].[Key]' --output text) || return 1
  [ "$keys" != None ] || return 0
  printf '%s\n' "$keys" | sed "s|^$(printf '%s' "$prefix" | sed 's/[][\.*^$|]/\\&/g')||"
}

# "SHA256  path" of each file below LOCATION, sorted by path: the bytes are read, no digest of the store's is believed.
storage_hash() {  # LOCATION
  kind=$(storage_kind "$1") || return 1
  case $kind in
    local)
      [ -d "$1" ] || { say "no folder $1"; return 1; }
      storage_refuse_names "$1" || return 1
      (cd "$1" && find -L . -type f -exec sha256sum {} +) >"$work/hashes" || return 1 ;;
    rclone) storage_rclone hashsum sha256 --download "$(storage_remote "$1")" >"$work/hashes" || return 1 ;;
    aws)
      storage_aws_keys "$1" >"$work/keys" || return 1
      rm -f "$work/broken"
      while IFS= read -r key; do
        [ -n "$key" ] || continue
        # A download that breaks off must not pass for a short file.
        object=$(storage_join "$1" "$key")
        sum=$({ storage_aws s3 cp --only-show-errors "$object" - </dev/null || : >"$work/broken"; } | sha256sum)
        printf '%s  %s\n' "${sum%% *}" "$key"
      done <"$work/keys" >"$work/hashes"
      [ ! -e "$work/broken" ] || return 1 ;;
  esac
  sed 's|  \./|  |' "$work/hashes" | sort -k 2
}

# "FILES BYTES NEWEST" below LOCATION; NEWEST in seconds since 1970, 0 where there is nothing.
storage_facts() {  # LOCATION
  kind=$(storage_kind "$1") || return 1
  case $kind in
    local) find -L "$1" -type f -exec stat -L -c '%s %Y' {} + ;;
    rclone) storage_rclone lsf -R --files-only --format st --separator ' ' "$(storage_remote "$1")" || [ $? -eq 3 ] ;;
    aws) storage_aws s3 ls --recursive "${1%/}/" || [ $? -eq 1 ] ;;
  esac >"$work/facts" || return 1                      # 3 and 1: there is no such folder
  if [ "$kind" = aws ]; then awk '{ print $3, $1, $2 }' "$work/facts"; else cat "$work/facts"; fi |
    awk '{ count++; total += $1; $1 = ""; if ($0 > latest) latest = $0 }
         END { printf "%d %.0f%s\n", count, total, latest }' >"$work/sum"
  read -r count total latest <"$work/sum"
  case $latest in
    '') latest=0 ;;
    *-*) latest=$(date -u -d "$latest" +%s) || return 1 ;;
  esac
  echo "$count $total $latest"
}

# Names of the folders right below LOCATION; none where there is no such place.
storage_folders() {  # LOCATION
  kind=$(storage_kind "$1") || return 1
  case $kind in
    local) if [ -d "$1" ]; then (cd "$1" && find . -mindepth 1 -maxdepth 1 -type d); fi ;;
    rclone) storage_rclone lsf --dirs-only "$(storage_remote "$1")" 2>"$work/said" || [ $? -eq 3 ] || {
      cat "$work/said" >&2; return 1; } ;;
    aws) storage_aws s3 ls "${1%/}/" || [ $? -eq 1 ] ;;
  esac >"$work/folders" || return 1
  if [ "$kind" = aws ]; then sed -n 's|^ *PRE ||p' "$work/folders"; else cat "$work/folders"; fi |
    sed 's|^\./||; s|/$||' | sort
}

storage_copy() {  # FROM TO: every file below FROM, links followed
  kinds=$(storage_kind "$1") && kinds=$kinds$(storage_kind "$2") || return 1
  case $kinds in
    locallocal) mkdir -p "$2" && cp -RLp "$1/." "$2/" ;;
    *rclone*) storage_rclone copy --copy-links --ignore-times "$(storage_remote "$1")" "$(storage_remote "$2")" ;;
    *) storage_aws s3 cp --recursive --only-show-errors "${1%/}/" "${2%/}/" ;;
  esac
}

storage_put() {  # FILE TO
  kind=$(storage_kind "$2") || return 1
  case $kind in
    local) mkdir -p "${2%/*}" && cp "$1" "$2.new" && mv "$2.new" "$2" ;;
    rclone) storage_rclone copyto "$1" "$(storage_remote "$2")" ;;
    aws) storage_aws s3 cp --only-show-errors "$1" "$2" ;;
  esac
}

storage_get() {  # FROM FILE: fails quietly where there is none
  kind=$(storage_kind "$1") || return 1
  case $kind in
    local) [ -f "$1" ] && cp "$1" "$2" ;;
    rclone) storage_rclone copyto "$(storage_remote "$1")" "$2" 2>/dev/null && [ -f "$2" ] ;;
    aws) storage_aws s3 cp --only-show-errors "$1" "$2" 2>/dev/null ;;
  esac
}

storage_remove() {  # LOCATION and all below
  kind=$(storage_kind "$1") || return 1
  case $kind in
    local) rm -rf "$1" ;;
    rclone) storage_rclone purge "$(storage_remote "$1")" ;;
    aws) storage_aws s3 rm --recursive --only-show-errors "${1%/}/" ;;
  esac
}
