#!/usr/bin/env bash
# Prints the path of a python that has PySpark VERSION, or another package of PyPI, after making its virtual environment
# if need be. The environment is kept in the user's cache and shared by everything that asks for it, several at once too.
#   scripts/venv.sh 3.5.9
#   scripts/venv.sh great_expectations 1.9.0
# Exit code 3: no PyPI, no python3 with venv, or no room; the reason is the last line on stderr.
set -euo pipefail

package=pyspark
if [ $# -eq 2 ]; then
  package=$1
  shift
fi
[[ $package =~ ^[a-z][a-z0-9_-]*$ ]] || { echo "$0: \"$package\" is no package" >&2; exit 2; }
version=${1:?usage: $0 [PACKAGE] VERSION}
[[ $version =~ ^[0-9]+(\.[0-9]+)+$ ]] || { echo "$0: \"$version\" is no version" >&2; exit 2; }

python=
for candidate in /usr/bin/python3 python3; do
  if "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    python=$candidate
    break
  fi
done
[ -n "$python" ] || { echo "no python3 with the venv module (Debian: python3-venv)" >&2; exit 3; }

cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/spark_exporter
name=$package-$version-py$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
venv=$cache/$name
mkdir -p "$cache" || { echo "no room for a virtual environment: $cache" >&2; exit 3; }

# The mark is written last: an environment without it was broken off, and is made anew by whoever has the lock.
exec 9>"$cache/$name.lock"
flock 9
if [ ! -f "$venv/.complete" ] || [ ! -x "$venv/bin/python" ]; then
  echo "Making a virtual environment with $package $version from PyPI: $venv" >&2
  rm -rf "$venv"
  log=$cache/$name.log
  # Neither seventy-five megabytes nor the build from source should be cut short by a short default.
  if ! { "$python" -m venv "$venv" &&
    { [ "$package" != pyspark ] || "$venv/bin/python" -m pip install --quiet --timeout 60 setuptools wheel; } &&
    "$venv/bin/python" -m pip install --quiet --timeout 60 $([ "$package" != pyspark ] || echo --no-build-isolation) \
      "$package==$version"; } \
    >"$log" 2>&1 9>&-; then
    rm -rf "$venv"
    echo "$package $version could not be installed: $(grep -v '^$' "$log" | tail -n 1)" >&2
    exit 3
  fi
  touch "$venv/.complete"
fi
echo "$venv/bin/python"
