#!/usr/bin/env bash
# Builds actionlint from its Go module, once for each state of tools/go.sum, outside the clone, and runs it.
#   tests/cicd/actionlint.sh WORKFLOW.yml...
# 77 and the reason: no Go, or its modules cannot be had.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${KUBELAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubelab}
lacks() { echo "skipped: $*" >&2; exit 77; }
command -v go >/dev/null || lacks "no go on the PATH"
key=$( { go env GOVERSION GOOS GOARCH; cat "$here"/tools/go.mod "$here"/tools/go.sum; } | sha256sum | cut -c1-12)
binary=$cache/actionlint-$key
mkdir -p "$cache/go-build"
exec 9>"$cache/actionlint.lock"
flock 9
if [ ! -x "$binary" ]; then
  GOFLAGS='' GOWORK=off go -C "$here/tools" mod download >&2 || lacks "Go's modules cannot be downloaded"
  CGO_ENABLED=0 GOCACHE="$cache/go-build" GOFLAGS='-buildvcs=false -trimpath' GOWORK=off \
    nice go build -C "$here/tools" -ldflags '-s -w' -o "$binary.tmp" github.com/rhysd/actionlint/cmd/actionlint
  mv "$binary.tmp" "$binary"
fi
exec 9>&-
exec "$binary" "$@"
