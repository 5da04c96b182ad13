#!/usr/bin/env bash
# Prints a page of docs/proof/: a head with the commit and the machine, then what stands on stdin.
#   scripts/proof_page.sh TITLE WHAT_OF_KUBERNETES <BODY
set -euo pipefail
cd "$(dirname "$0")/.."
cat <<TEXT
# $1

Written by \`make prove\` (\`scripts/prove.sh\`) at commit \`${PROOF_COMMIT:-$(git describe --always --dirty)}\`, $(date -u '+%-d %B %Y'), on
$(nproc) cores with a load average of $(cut -d' ' -f1 /proc/loadavg) at the end. Kubernetes $(awk '$1 == "k8s.io/kubernetes" { print $2; exit }' tests/e2e/kube/go.mod): $2

$(cat)
TEXT
