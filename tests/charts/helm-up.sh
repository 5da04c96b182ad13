#!/usr/bin/env bash
# helm-up.sh build: builds Helm 3 and 4 and unpacks the resource definitions of prometheus-operator, of external-secrets
# and of Velero, all from their Go modules, once for each state of what is here. Prints the folder that has
#   helm3  helm4  crds/prometheus-operator/*.yaml  crds/external-secrets/*.yaml  crds/velero/*.yaml
#
# helm-up.sh crds: only the resource definitions.
#
#   KUBELAB_CACHE   binaries and Go build cache (default: ${XDG_CACHE_HOME:-~/.cache}/kubelab), shared with
#                   tests/e2e/kube: go.mod here has the same versions of what both compile, so that each
#                   package is compiled once for both
#
# Exits with 77 and the reason where there is no Go 1.26 or its modules cannot be had.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${KUBELAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubelab}

say() { printf 'helm-up: %s\n' "$*" >&2; }
lacks() { say "skipped: $*"; exit 77; }

[[ ${1-} =~ ^(build|crds)$ ]] || { sed -n '2,13p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'; exit 2; }
for part in go flock python3; do command -v "$part" >/dev/null || lacks "no $part on the PATH"; done
version=$(GOTOOLCHAIN=local go env GOVERSION); version=${version#go}
[ "$(printf '%s\n' 1.26 "$version" | sort -V | head -n 1)" = 1.26 ] || lacks "go is $version, 1.26 or newer is needed"

key=$( { go env GOVERSION GOOS GOARCH; cat "$here"/{go.mod,go.sum,crds.txt,helm-up.sh}; } | sha256sum | cut -c1-12)
out=$cache/helm-$key
mkdir -p "$out/crds" "$cache/go-build"
exec 9>"$cache/helm.lock"
flock 9
export GOFLAGS='-buildvcs=false -trimpath' GOWORK=off

# The module's own checksum is compared with crds.txt: a module that changed is none of ours.
while read -r name module release sum folder; do
  case $name in '#'* | '') continue ;; esac
  [ -d "$out/crds/$name" ] && continue
  told=$(cd / && GOFLAGS= go mod download -json "$module@$release") || lacks "Go's module $module cannot be downloaded"
  source=$(printf '%s' "$told" | python3 -c 'import json, sys
told = json.load(sys.stdin)
if told["Sum"] != sys.argv[1]:
    sys.exit("%s: %s is not %s" % (told["Path"], told["Sum"], sys.argv[1]))
print(told["Dir"])' "$sum")
  rm -rf "$out/crds/$name.tmp"; mkdir "$out/crds/$name.tmp"
  cp "$source/$folder"/*.yaml "$out/crds/$name.tmp"; chmod -R u+w "$out/crds/$name.tmp"
  mv "$out/crds/$name.tmp" "$out/crds/$name"
done <"$here/crds.txt"

[ "$1" = build ] || { echo "$out"; exit; }

# As helm's own Makefile does: without them Helm 3 takes an offline cluster for 1.20.
kube=$(awk '$1 == "k8s.io/client-go" { split($2, part, "."); print part[2]; exit }' "$here/go.mod")
for major in 3 4; do
  [ -x "$out/helm$major" ] && continue
  start=$SECONDS
  GOFLAGS= go -C "$here" mod download >&2 || lacks "Go's modules cannot be downloaded"
  of=helm.sh/helm/v$major
  flags="-s -w -X $of/internal/version.version=$(awk -v m="$of" '$1 == m { print $2; exit }' "$here/go.mod")"
  for package in pkg/chartutil pkg/lint/rules; do
    flags+=" -X $of/$package.k8sVersionMajor=1 -X $of/$package.k8sVersionMinor=$kube"
  done
  CGO_ENABLED=0 GOCACHE="$cache/go-build" nice go build -C "$here" -ldflags "$flags" -o "$out/helm$major.tmp" \
    "helm.sh/helm/v$major/cmd/helm"
  mv "$out/helm$major.tmp" "$out/helm$major"
  say "built helm $major in $((SECONDS - start)) s"
done
echo "$out"
