#!/usr/bin/env bash
# Looks up the packages of a project in the public advisories with pip-audit, strictly: a package that could not be
# looked up is not a clean one.
#   scripts/cicd/scan-dependencies.sh --project-dir jobs/my-job [--output FILE]
#
#   --project-dir DIR   has requirements.txt, or else pyproject.toml. A requirements.txt with hashes is taken as the
#                       whole list; without them pip resolves what else it brings in
#   --ignore ID         an advisory that was looked at and does not matter; may be given several times
#   --output FILE       pip-audit's result as JSON
# Which advisories: pip-audit's own settings (PIP_AUDIT_VULNERABILITY_SERVICE, PIP_AUDIT_OSV_URL).
# Exit codes: 0 scanned and clean, 1 vulnerable, 2 not understood, 3 NOT SCANNED, or not all of it: the advisories could
# not be reached, or do not know a package; 127 no pip-audit (pip install pip-audit).
set -euo pipefail

usage() { sed -n '2,/^set -eu/{/^set -eu/!s/^# \{0,1\}//p;}' "$0"; }
bad() { echo "${0##*/}: $*; see --help" >&2; exit 2; }

project='' output='' ignore=()
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --project-dir | --output | --ignore) [ $# -gt 1 ] || bad "$1 needs a value" ;;
    *) bad "\"$1\" is no option" ;;
  esac
  case $1 in
    --project-dir) project=$2 ;;
    --output) output=$2 ;;
    --ignore) ignore+=(--ignore-vuln "$2") ;;
  esac
  shift 2
done
[ -n "$project" ] || bad "no --project-dir"
[ -d "$project" ] || bad "no folder $project"
if [ -f "$project/requirements.txt" ]; then
  what=(--requirement "$project/requirements.txt")
  if grep -q -- '--hash=' "$project/requirements.txt"; then what+=(--require-hashes --disable-pip); fi
elif [ -f "$project/pyproject.toml" ]; then
  what=("$project")
else
  bad "neither requirements.txt nor pyproject.toml in $project: there is nothing to scan"
fi
command -v pip-audit >/dev/null || { echo "${0##*/}: no pip-audit on the PATH: pip install pip-audit" >&2; exit 127; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
audit() {
  pip-audit "$@" "${ignore[@]+"${ignore[@]}"}" --progress-spinner off --format json --output "$work/result" "${what[@]}" \
    2>"$work/said"
}
audited=0
audit --strict || audited=$?
if [ ! -s "$work/result" ]; then
  # Strict, it ends at the first package that it cannot look up; what there is to know of the others is told as well.
  cp "$work/said" "$work/strict"
  audit || true
  cat "$work/strict" "$work/said" >"$work/all" && mv "$work/all" "$work/said"
fi
if [ -n "$output" ] && [ -s "$work/result" ]; then cp "$work/result" "$output"; fi

python3 - "$work/result" "$work/said" "$audited" "$project" <<'PYTHON'
import json
import os
import sys

result, said, audited, project = sys.argv[1:]
packages = []
if os.path.exists(result) and os.path.getsize(result):
    with open(result, encoding="utf-8") as source:
        packages = json.load(source)["dependencies"]
vulnerable = [package for package in packages if package.get("vulns")]
unknown = [package for package in packages if "skip_reason" in package]
for package in vulnerable:
    for advisory in package["vulns"]:
        fixed = ", ".join(advisory["fix_versions"]) or "no version yet"
        print(f"vulnerable: {package['name']} {package['version']}: {advisory['id']} (fixed in {fixed})")
for package in unknown:
    print(f"NOT SCANNED: {package['name']}: {package['skip_reason']}")
if not packages:
    with open(said, encoding="utf-8", errors="replace") as source:
        lines = [line.strip() for line in source if line.strip()]
    print(f"NOT SCANNED: {project}: {lines[-1][:300] if lines else 'pip-audit found no packages'}")
scanned = len(packages) - len(unknown)
print(f"{project}: {scanned} of {len(packages)} packages scanned, {len(vulnerable)} vulnerable")
if vulnerable:
    sys.exit(1)
sys.exit(0 if packages and not unknown and audited == "0" else 3)
PYTHON
