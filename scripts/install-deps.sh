#!/usr/bin/env bash
# Installs the Debian packages of the groups named, where they are missing; without a missing one it neither
# asks for root nor calls apt-get.
#   scripts/install-deps.sh build|test|demo|monitoring|bench|image|fuzz|lint...
# "package?command" is there when the command is, wherever it comes from.
set -euo pipefail

declare -A groups=(
  [build]="build-essential?g++ cmake?cmake ninja-build?ninja ccache?ccache prometheus-cpp-dev libcivetweb-dev
    libboost1.81-dev nlohmann-json3-dev libyaml-cpp-dev libssl-dev zlib1g-dev libisal-dev libcli11-dev libspdlog-dev
    libabsl-dev tzdata"
  [demo]="python3?python3 openjdk-17-jre-headless?java procps?ps ca-certificates"
  [monitoring]="prometheus?prometheus prometheus-alertmanager?prometheus-alertmanager"
  [bench]="libbenchmark-dev libsimdjson-dev prometheus-pushgateway?prometheus-pushgateway
    binutils?strip openssl?openssl"
  [image]="buildah?buildah mmdebstrap?mmdebstrap ca-certificates"
  [fuzz]="clang-14?clang++-14 libclang-rt-14-dev"
  [lint]="clang-format-14?clang-format-14 clang-tidy-14?clang-tidy-14 git?git"
)
groups[test]="${groups[build]} ${groups[demo]} libgtest-dev libbenchmark-dev prometheus?promtool
  prometheus-alertmanager?prometheus-alertmanager prometheus-pushgateway?prometheus-pushgateway openssl?openssl curl?curl git?git
  python3-jsonschema python3-yaml shellcheck?shellcheck chromium?chromium fonts-dejavu-core"

[ $# -gt 0 ] || { echo "usage: $0 GROUP..., of: ${!groups[*]}" >&2; exit 2; }

is_installed() {  # PACKAGE[?COMMAND]
  case $1 in
    *\?*) command -v "${1#*\?}" >/dev/null 2>&1 && return ;;
  esac
  [ "$(dpkg-query -W -f='${db:Status-Status}' "${1%%\?*}" 2>/dev/null)" = installed ]
}

# Some python3 that can make virtual environments; Debian's own needs a package for that.
has_venv() {
  local python
  for python in /usr/bin/python3 python3; do
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 && return
  done
  return 1
}

missing=()
for group in "$@"; do
  [ -n "${groups[$group]:-}" ] || { echo "$0: no group $group, only: ${!groups[*]}" >&2; exit 2; }
  for entry in ${groups[$group]}; do
    is_installed "$entry" || missing+=("${entry%%\?*}")
  done
  case $group in
    demo | test) has_venv || missing+=(python3-venv) ;;
  esac
done
# Spark's Python side binds to "localhost" by name, which a bare chroot does not know.
case " $* " in
  *" test "* | *" demo "*)
    if [ ! -e /etc/hosts ] && [ "$(id -u)" -eq 0 ] && ! getent hosts localhost >/dev/null; then
      echo "No /etc/hosts here: writing one with localhost"
      printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' >/etc/hosts
    fi
    ;;
esac

# Java's package does not even install without /proc, and nothing that must pass needs it.
if [ ! -e /proc/self/exe ] && [[ " ${missing[*]:-} " == *" openjdk-17-jre-headless "* ]]; then
  echo "No /proc here, so no Java: what runs a real Spark will be skipped"
  kept=()
  for package in "${missing[@]}"; do
    [ "$package" = openjdk-17-jre-headless ] || kept+=("$package")
  done
  missing=("${kept[@]+"${kept[@]}"}")
fi
[ ${#missing[@]} -gt 0 ] || exit 0
# No process substitution: a bare chroot has no /dev/fd.
read -r -d '' -a missing <<<"$(printf '%s\n' "${missing[@]}" | sort -u)" || true

command -v apt-get >/dev/null || {
  echo "$0: missing here, and no apt-get to install them (Debian's names): ${missing[*]}" >&2
  exit 1
}
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "$0: as root, please: apt-get install ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi

echo "Installing Debian packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 "$@" >"$log" 2>&1 && return
  tail -n 30 "$log" >&2
  echo "$0: failed: $*" >&2
  exit 1
}
# Of these the tests want the programs only: their services must not come up. RUNLEVEL=1 holds them back under sysvinit,
# a mask under systemd.
if [ -d /run/systemd/system ]; then
  for service in prometheus prometheus-alertmanager prometheus-pushgateway; do
    if [[ " ${missing[*]} " == *" $service "* ]]; then run systemctl mask "$service.service"; fi
  done
fi
# A bare system has no package lists yet, and old ones name versions that are gone.
run apt-get -q update
run apt-get -q install -y --no-install-recommends "${missing[@]}"
