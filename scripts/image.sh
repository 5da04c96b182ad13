#!/usr/bin/env bash
# Builds the container image from the repository's Dockerfile where no registry is at hand: the stages' base is made
# by mmdebstrap, the image by buildah. Then runs it once, as it would run in a pod (uid 65534, read-only root), and
# prints its size. Everything stays below build/image; as root.
#   scripts/image.sh [TAG]
set -euo pipefail
cd "$(dirname "$0")/.."

tag=${1:-spark_exporter:latest}
work=$PWD/build/image
mkdir -p "$work"
[ "$(id -u)" -eq 0 ] || { echo "$0: as root, please (mmdebstrap and chroot isolation)" >&2; exit 1; }

# Overlay where the kernel and the file system have it: vfs copies the whole root for every layer, so it gets few.
driver=vfs
layers=()
mkdir -p "$work"/probe/{lower,upper,work,merged}
if mount -t overlay overlay "$work/probe/merged" \
  -o "lowerdir=$work/probe/lower,upperdir=$work/probe/upper,workdir=$work/probe/work" 2>/dev/null; then
  umount "$work/probe/merged"
  driver=overlay
  layers=(--layers)
fi
rm -rf "$work/probe"
buildah() { command buildah --root "$work/storage-$driver" --runroot "$work/run-$driver" --storage-driver "$driver" "$@"; }

# The machine's own mirror and its settings, where it runs the same Debian; else the default mirror.
mirror=()
if grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release; then
  if [ -s /etc/apt/sources.list.d/debian.sources ]; then
    mirror=(/etc/apt/sources.list.d/debian.sources)
  elif grep -qs '^deb ' /etc/apt/sources.list; then
    mirror=(/etc/apt/sources.list)
  fi
fi
options=()
while IFS= read -r line; do options+=(--aptopt="$line"); done < <(
  apt-config dump | grep -E '^Acquire::(Check-Valid-Until|Check-Date|http::Proxy|https::Proxy) ' || true)

if ! buildah inspect --type image base:bookworm >/dev/null 2>&1; then
  echo "Making the base image with mmdebstrap (bookworm, minbase)"
  mmdebstrap --quiet --variant=minbase "${options[@]}" \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    bookworm "$work/base.tar" "${mirror[@]}"
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$work/base.tar" / >/dev/null
  buildah commit --quiet "$container" base:bookworm >/dev/null
  buildah rm "$container" >/dev/null
  rm -f "$work/base.tar"
fi

echo "Building $tag from the Dockerfile"
buildah bud --isolation chroot --format docker ${layers[@]+"${layers[@]}"} --pull-never \
  --build-arg BASE=localhost/base:bookworm \
  --build-arg REVISION="$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)" -t "$tag" .

echo "Running it once"
container=$(buildah from --pull-never "$tag")
pid=
end() {
  [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
  [ -z "$pid" ] || wait "$pid" 2>/dev/null || true
  buildah rm "$container" >/dev/null 2>&1 || true
}
trap end EXIT
buildah run --isolation chroot "$container" -- /usr/local/bin/spark_exporter --version

# As in a pod: the root is a read-only mount, the user is nobody.
root=$(buildah mount "$container")
port=$((20000 + RANDOM % 20000))
in_image() {  # ARGUMENTS of spark_exporter
  unshare --mount bash -ec 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" &&
    exec chroot --userspec=65534:65534 "$0" /usr/local/bin/spark_exporter "$@"' "$root" "$@"
}
in_image --web.listen-address="127.0.0.1:$port" --spark.url=http://127.0.0.1:9 >"$work/run.log" 2>&1 &
pid=$!
healthy=no
for _ in $(seq 50); do
  kill -0 "$pid" 2>/dev/null || break
  if in_image healthcheck --url "http://127.0.0.1:$port/-/healthy" >/dev/null 2>&1; then
    healthy=yes
    break
  fi
  sleep 0.1
done
if [ "$healthy" != yes ]; then
  echo "$0: the image's exporter did not become healthy:" >&2
  tail -n 20 "$work/run.log" >&2
  exit 1
fi
echo "Healthy on a read-only root as uid 65534"

echo "Image $tag: $(buildah images --format '{{.Size}}' "localhost/$tag")," \
  "$(grep -c '^Package: ' "$root/var/lib/dpkg/status") Debian packages," \
  "the binary $(du -h --apparent-size "$root/usr/local/bin/spark_exporter" | cut -f1)"
