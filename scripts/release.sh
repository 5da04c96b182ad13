#!/usr/bin/env bash
# The steps of a release, each of which works here as it does in .github/workflows/release.yml.
#   scripts/release.sh check VERSION            tag, program, charts and changelog speak of one version
#   scripts/release.sh notes VERSION            what CHANGELOG.md says of it
#   scripts/release.sh program VERSION FOLDER   build/release/spark_exporter as an archive, and its SBOM
#   scripts/release.sh packages VERSION FOLDER  charts, rules and dashboards, and the template repository as archives
#   scripts/release.sh checksums VERSION FOLDER SHA256SUMS of all that is there
# Exit codes: 0 good, 1 something does not fit, 2 not understood. The tar archives of one commit are
# the same byte by byte.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,/^set -eu/{/^set -eu/!s/^# \{0,1\}//p;}' scripts/release.sh; }
bad() { echo "release.sh: $*; see --help" >&2; exit 2; }
wrong() { echo "release.sh: $*" >&2; exit 1; }

step=${1:-}
case $step in -h | --help) usage; exit 0 ;; esac
version=${2:-}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || bad "\"$version\" is no version such as 0.1.0"
out=${3:-}
case $step in
  program | packages | checksums) [ -n "$out" ] || bad "$step needs a folder"; mkdir -p "$out" ;;
esac

# Neither the time, nor who packs, nor the order of the folder is in the archive.
archive() {  # FILE FOLDER NAME...: of FOLDER, links followed
  local file=$1 folder=$2 when
  shift 2
  when=$(git log -1 --format=%cI)
  tar --create --dereference --sort=name --mtime="$when" --owner=0 --group=0 --numeric-owner --exclude=__pycache__ \
    --exclude='.*_cache' --directory "$folder" "$@" | gzip --no-name >"$out/$file"
  echo "$out/$file"
}

notes() {
  awk -v of="## $version" '$0 == of || index($0, of " ") == 1 { found = 1; next } /^## / { found = 0 } found' \
    CHANGELOG.md
}

case $step in
  check)
    said=$(sed -n 's/^project(spark_exporter VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
    [ "$said" = "$version" ] || wrong "CMakeLists.txt says $said, not $version"
    for chart in charts/*/Chart.yaml; do
      for key in version appVersion; do
        said=$(sed -n "s/^$key: *\"\{0,1\}\([0-9.]*\)\"\{0,1\}$/\1/p" "$chart")
        [ "$said" = "$version" ] || wrong "$chart: $key is $said, not $version"
      done
    done
    [ -n "$(notes | tr -d '[:space:]')" ] || wrong "CHANGELOG.md has no section \"## $version\""
    echo "all speak of $version"
    ;;
  notes)
    text=$(notes)
    [ -n "$text" ] || wrong "CHANGELOG.md has no section \"## $version\""
    printf '%s\n' "$text"
    ;;
  program)
    binary=build/release/spark_exporter
    [ -x "$binary" ] || wrong "no $binary: make build"
    said=$("$binary" --version | head -n 1)
    [[ " $said " == *" $version"[\ ,]* ]] || wrong "$binary says \"$said\", not $version"
    platform=linux-$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
    name=spark_exporter-$version-$platform
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mkdir "$work/$name"
    strip -o "$work/$name/spark_exporter" "$binary"
    cp LICENSE README.md CHANGELOG.md "$work/$name"
    archive "$name.tar.gz" "$work" "$name"
    python3 scripts/sbom.py --binary "$binary" >"$out/$name.cdx.json"
    echo "$out/$name.cdx.json"
    ;;
  packages)
    command -v helm >/dev/null || wrong "no helm on the PATH"
    for chart in charts/*/; do
      helm package "$chart" --version "$version" --app-version "$version" --destination "$out" >/dev/null
      echo "$out/$(basename "$chart")-$version.tgz"
    done
    archive "rules-and-dashboards-$version.tar.gz" . rules dashboards
    archive "spark-job-repo-$version.tar.gz" examples spark-job-repo
    ;;
  checksums)
    cd "$out"
    rm -f SHA256SUMS
    sums=$(find . -maxdepth 1 -type f -printf '%P\n' | sort | xargs -d '\n' sha256sum)
    printf '%s\n' "$sums" | tee SHA256SUMS
    ;;
  *) bad "\"$step\" is no step" ;;
esac
