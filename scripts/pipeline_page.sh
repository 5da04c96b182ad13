#!/usr/bin/env bash
# Prints the body of docs/proof/pipeline.md from what the tests of tests/cicd have left in a folder.
#   scripts/pipeline_page.sh FOLDER
set -euo pipefail
said() {  # said NAME PATTERN: lines of a test, as they are, without the folders of that run
  echo '```'
  grep -E "$2" "$1" | sed -E 's#/tmp/[A-Za-z0-9_./~-]*/#.../#g' || echo "(did not run)"
  echo '```'
}
cat <<TEXT
## The pipeline

A good commit, then one whose job fails: it is taken back, which the API server shows.

$(said "$1/pipeline-helm3.log" '^(ok: |\[[0-9]+ s\])')

The same with Helm 4:

$(said "$1/pipeline-helm4.log" '^(ok: |\[[0-9]+ s\])')

## A newcomer

The commands of [install.md](../install.md#the-short-way), from an empty cluster:

$(said "$1/pipeline-newcomer.log" '^(\[|[0-9]+ commands|ok: )')

## Backup, restore, and the job on what was restored

$(said "$1/pipeline-recovery.log" '^(ok: |disaster-recovery.sh: good)')
TEXT
