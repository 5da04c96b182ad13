#!/usr/bin/env bash
# Makes the root file system of the runtime image below FOLDER, which must not exist: of Debian's packages only those that
# the binary links, the certificates and the time zones. No shell, no package manager, nothing that could be run but
# the exporter. dpkg's records are there, so that scanners and scripts/sbom.py know each package and version. Needs
# apt and openssl, not root.
#   scripts/runtime-root.sh FOLDER [BINARY]
# Exit code 3: the packages cannot be had.
set -euo pipefail

# gcc-12-base is the licence of the two libraries of gcc. tests/e2e/test_image.py holds the list against the binary.
packages=(libabsl20220623 libc6 libcivetweb1 libcrypt1 libfmt9 libgcc-s1 libisal2 libspdlog1.10 libssl3 libstdc++6
  libyaml-cpp0.7 zlib1g ca-certificates tzdata gcc-12-base)
# Left out as in Debian's slim images; character sets, since nothing converts them; and the programs of packages that
# are here as data.
left_out=('./usr/share/man/*' './usr/share/locale/*' './usr/share/lintian/*' './usr/lib/*/gconv/*' './usr/sbin/*'
  './etc/ca-certificates/*')

[ $# -ge 1 ] || { echo "usage: $0 FOLDER [BINARY]" >&2; exit 2; }
mkdir -p "$(dirname "$1")"
mkdir "$1"
root=$(cd "$1" && pwd)
debs=$(mktemp -d)
trap 'rm -rf "$debs"' EXIT
# Where the machine's lists of packages are missing or old, with lists of its own.
own=(-o "Dir::State::lists=$debs/lists" -o "Dir::Cache=$debs/cache")
download() { (cd "$debs" && apt-get -q download -o APT::Sandbox::User=root "$@" "${packages[@]}") >"$debs/log" 2>&1; }
download || {
  rm -f "$debs"/*.deb
  mkdir -p "$debs"/lists/partial "$debs"/cache/archives/partial
  apt-get -q update -o APT::Sandbox::User=root "${own[@]}" >"$debs/log" 2>&1 && download "${own[@]}"
} || {
  tail -n 5 "$debs/log" >&2
  exit 3
}

mkdir -p "$root/var/lib/dpkg/info"
echo 1 >"$root/var/lib/dpkg/info/format"  # names there say the architecture
for deb in "$debs"/*.deb; do
  name=$(dpkg-deb -f "$deb" Package)
  dpkg-deb --fsys-tarfile "$deb" | tar -C "$root" -x --no-same-owner --keep-directory-symlink "${left_out[@]/#/--exclude=}"
  dpkg-deb -f "$deb" | sed '1a Status: install ok installed' >>"$root/var/lib/dpkg/status"
  echo >>"$root/var/lib/dpkg/status"
  [ "$(dpkg-deb -f "$deb" Multi-Arch)" != same ] || name=$name:$(dpkg-deb -f "$deb" Architecture)
  dpkg-deb --fsys-tarfile "$deb" | tar -t "${left_out[@]/#/--exclude=}" |
    sed -e 's/^\.//' -e 's,\(.\)/$,\1,' -e 's,^/$,/.,' >"$root/var/lib/dpkg/info/$name.list"
done
find "$root/usr/share/doc" -type f ! -name copyright -delete
find "$root/usr/share" -type d -empty -delete

# What ca-certificates' own script would make; openssl looks for them by the hash of their names.
mkdir -p "$root/etc/ssl/certs" "$root/usr/lib/ssl"
ln -s /etc/ssl/certs "$root/usr/lib/ssl/certs"
for certificate in "$root"/usr/share/ca-certificates/*/*.crt; do
  name=${certificate##*/}
  ln -s "../../..${certificate#"$root"}" "$root/etc/ssl/certs/${name%.crt}.pem"
done
openssl rehash "$root/etc/ssl/certs"
cat "$root"/usr/share/ca-certificates/*/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"

# For libc: /etc/hosts before DNS, which its built-in order has the other way round.
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
echo 'root:x:0:0:root:/:/nonexistent
nobody:x:65534:65534:nobody:/nonexistent:/nonexistent' >"$root/etc/passwd"
echo 'root:x:0:
nogroup:x:65534:' >"$root/etc/group"
mkdir "$root"/{dev,proc,sys,run,tmp}
chmod 1777 "$root/tmp"
ln -s /run "$root/var/run"
[ $# -lt 2 ] || install -D -m 755 "$2" "$root/usr/local/bin/spark_exporter"
