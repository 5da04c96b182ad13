#!/usr/bin/env bash
# kube-up.sh: a real Kubernetes control plane on 127.0.0.1 for tests.
#
#   kube-up.sh build            build the missing binaries (once per go.mod; minutes when cold)
#   kube-up.sh start [NODES]    start etcd, kube-apiserver, controller-manager, scheduler and kwok
#                               (NODES fake nodes, default 2); prints the lines to eval
#   kube-up.sh stop             stop exactly what start started; keep logs
#   kube-up.sh status           one line per process
#   kube-up.sh env              print the lines to eval again
#
# Environment:
#   KUBELAB_STATE   state folder: keys, logs, etcd data (default: ./.kubelab)
#   KUBELAB_CACHE   binaries and Go build cache (default: ${XDG_CACHE_HOME:-~/.cache}/kubelab)
#   KUBELAB_BIN     folder with ready binaries; nothing is built then
#   KUBELAB_PARTS   what start runs: any of "kcm scheduler kwok process-kubelet" besides etcd and
#                   the apiserver (default: the first three). process-kubelet adds the node proc-0,
#                   on which pods really run, as local processes; see README.md
#   KUBELAB_STAGES  kwok Stage files, space-separated, instead of the ones its module ships (every
#                   pod becomes Running, a Job's pod Succeeded, a deleted pod goes)
#   KUBELAB_JOBS    go build -p (default: number of cores)
#   KUBELAB_PROC_NODES  how many such nodes, proc-0 and on: 1 to 3 (default: 1)
#   KUBELAB_PODNET  first two bytes of the addresses of proc-0's pods (default: 127.64 to 127.127, by
#                   the process id, so that two clusters on one machine rarely share addresses);
#                   64 more for each further node
#
# On fake nodes no container runs: kwok plays the kubelet, or a test PATCHes pods/status itself.
# Needs: bash, go 1.26 or newer, openssl, curl; exits with 77 and the reason where one is missing or Go's
# modules cannot be had. Nothing listens outside 127.0.0.0/8.
set -euo pipefail
umask 077

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
state=${KUBELAB_STATE:-$PWD/.kubelab}
cache=${KUBELAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubelab}
parts=${KUBELAB_PARTS-kcm scheduler kwok}
proc_nodes=$(seq 0 $(( ${KUBELAB_PROC_NODES:-1} - 1 )))
podnet=${KUBELAB_PODNET:-127.$(( 64 + $$ % 64 ))}
ip=127.0.0.1

say() { printf 'kube-up: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
lacks() { say "skipped: $*"; exit 77; }

need() {
  local part v
  for part in openssl curl flock; do command -v "$part" >/dev/null || lacks "no $part on the PATH"; done
  [ -n "${KUBELAB_BIN-}" ] && return
  command -v go >/dev/null || lacks "no go on the PATH (1.26 or newer)"
  v=$(GOTOOLCHAIN=local go env GOVERSION); v=${v#go}
  [ "$(printf '%s\n' 1.26 "$v" | sort -V | head -n 1)" = 1.26 ] || lacks "go is $v, 1.26 or newer is needed"
}

version() { awk '$1 == "k8s.io/kubernetes" { print $2; exit }' "$here/go.mod"; }

need
# The folder name changes with anything that changes a binary.
key=$( { go env GOVERSION GOOS GOARCH; cat "$here/go.mod" "$here/go.sum"; } | sha256sum | cut -c1-12)

now() { date +%s%3N; }

build() {
  [ -n "${KUBELAB_BIN-}" ] && return
  mkdir -p "$bin" "$cache/go-build"
  exec 9>"$cache/build.lock"
  flock 9                                   # two test runs must not build the same thing twice
  local v maj min ld name pkg t0
  if [ ! -x "$bin/kwok" ]; then             # the last but one of the list: something is still to be built
    GOFLAGS= GOWORK=off go -C "$here" mod download >&2 || lacks "Go's modules cannot be downloaded"
  fi
  v=$(version); maj=${v#v}; maj=${maj%%.*}; min=${v#v*.}; min=${min%%.*}
  ld="-s -w"
  ld+=" -X k8s.io/component-base/version.gitVersion=$v -X k8s.io/client-go/pkg/version.gitVersion=$v"
  ld+=" -X k8s.io/component-base/version.gitMajor=$maj -X k8s.io/component-base/version.gitMinor=$min"
  while read -r name pkg; do
    # The folder's name tells the versions, not the state of our own sources.
    [ -x "$bin/$name" ] && [ -z "$(case $pkg in ./*) find "$here/$pkg" -name '*.go' -newer "$bin/$name" ;; esac)" ] && continue
    t0=$(now)
    CGO_ENABLED=0 GOCACHE="$cache/go-build" GOFLAGS='-buildvcs=false -trimpath' GOWORK=off \
      nice go build -C "$here" -p "${KUBELAB_JOBS:-$(nproc)}" -ldflags "$ld" -o "$bin/$name.tmp" "$pkg"
    mv "$bin/$name.tmp" "$bin/$name"
    say "built $name in $(( ($(now) - t0) / 1000 )) s, $(( $(stat -c %s "$bin/$name") >> 20 )) MiB"
  done <<'LIST'
etcd go.etcd.io/etcd/server/v3
kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver
kube-controller-manager k8s.io/kubernetes/cmd/kube-controller-manager
kube-scheduler k8s.io/kubernetes/cmd/kube-scheduler
kubectl k8s.io/kubernetes/cmd/kubectl
kwok sigs.k8s.io/kwok/cmd/kwok
process-kubelet ./process-kubelet
LIST
  # kwok has no stages of its own; take the ones its module ships.
  if [ ! -d "$bin/stages" ]; then
    local src; src=$(GOFLAGS= go list -C "$here" -m -f '{{.Dir}}' sigs.k8s.io/kwok)/kustomize/stage
    mkdir -p "$bin/stages.tmp"
    cp "$src"/node/fast/node-initialize.yaml "$src"/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml \
       "$src"/pod/fast/pod-{ready,complete,delete}.yaml "$bin/stages.tmp"
    chmod -R u+w "$bin/stages.tmp"; mv "$bin/stages.tmp" "$bin/stages"
  fi
  exec 9>&-
}

free_port() {
  local p
  for _ in $(seq 200); do
    p=$(( 20000 + (RANDOM << 15 | RANDOM) % 12000 ))     # below the kernel's ephemeral range
    [[ " ${taken[*]-} " == *" $p "* ]] && continue
    (exec 3<>"/dev/tcp/$ip/$p") 2>/dev/null && continue
    taken+=("$p"); port=$p; return
  done
  die "no free port"
}

# --- keys -----------------------------------------------------------------------------------
# RSA, since the Kubernetes client inside Spark (fabric8) refuses EC client keys.
newkey() { openssl genrsa -traditional -out "$1" 2048 2>/dev/null; }

signed() {  # signed NAME SUBJECT EXTENSIONS
  newkey "$pki/$1.key"
  openssl req -new -key "$pki/$1.key" -subj "$2" -out "$pki/$1.csr"
  openssl x509 -req -in "$pki/$1.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial \
    -days 2 -out "$pki/$1.crt" -extfile <(printf '%s\n' "$3") 2>/dev/null
  rm "$pki/$1.csr"
}

make_pki() {
  mkdir -p "$pki"
  newkey "$pki/ca.key"
  openssl req -x509 -new -key "$pki/ca.key" -subj /CN=kubelab-ca -days 2 -out "$pki/ca.crt"
  signed apiserver /CN=kube-apiserver \
    "subjectAltName=IP:$ip,IP:10.96.0.1,DNS:localhost,DNS:kubernetes.default.svc"$'\n'extendedKeyUsage=serverAuth
  signed admin /O=system:masters/CN=admin extendedKeyUsage=clientAuth
  signed kcm /CN=system:kube-controller-manager extendedKeyUsage=clientAuth
  signed scheduler /CN=system:kube-scheduler extendedKeyUsage=clientAuth
  newkey "$pki/sa.key"
  openssl pkey -in "$pki/sa.key" -pubout -out "$pki/sa.pub"
}

kubeconfig() {  # kubeconfig NAME: written with the certificates inside, so the file can travel
  cat > "$state/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
current-context: kubelab
contexts: [{name: kubelab, context: {cluster: kubelab, user: $1, namespace: default}}]
clusters: [{name: kubelab, cluster: {server: "$url", certificate-authority-data: $(base64 -w0 "$pki/ca.crt")}}]
users: [{name: $1, user: {client-certificate-data: $(base64 -w0 "$pki/$1.crt"), client-key-data: $(base64 -w0 "$pki/$1.key")}}]
YAML
}

# --- processes ------------------------------------------------------------------------------
launch() {  # launch BINARY[@N] ARGS...: background it, remember its pid and its start time
  local name=$1; shift
  setsid "$bin/${name%@*}" "$@" </dev/null >"$state/log/$name.log" 2>&1 &
  local pid=$!
  printf '%s %s\n' "$pid" "$(awk '{print $22}' "/proc/$pid/stat" 2>/dev/null)" > "$state/run/$name.pid"
}

alive() {  # alive NAME: its recorded pid still is the process that was started
  local pid born
  read -r pid born < "$state/run/$1.pid" 2>/dev/null || return 1
  [ -n "$born" ] && [ "$(awk '{print $22}' "/proc/$pid/stat" 2>/dev/null)" = "$born" ]
}

wait_for() {  # wait_for NAME SECONDS COMMAND...
  local name=$1 end=$(( $(now) + $2 * 1000 )); shift 2
  until "$@" >/dev/null 2>&1; do
    alive "$name" || { tail -n 20 "$state/log/$name.log" >&2; return 1; }
    [ "$(now)" -lt "$end" ] || { say "$name not ready in time"; tail -n 20 "$state/log/$name.log" >&2; return 1; }
    sleep 0.1
  done
}

has() { [[ " $parts " == *" $1 "* ]]; }
api() { curl -fsS --cacert "$pki/ca.crt" --cert "$pki/admin.crt" --key "$pki/admin.key" "$url$1"; }
kc() { "$bin/kubectl" --kubeconfig "$state/admin.kubeconfig" "$@"; }
default_sa() { kc get serviceaccount default -n default; }
node_ready() { [ "$(kc get node "$1" -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')" = True ]; }

kubelet_name() { [ "$1" = 0 ] && echo process-kubelet || echo "process-kubelet@$1"; }

kubelet() {  # kubelet N: the node proc-N
  free_port
  launch "$(kubelet_name "$1")" --kubeconfig "$state/proc-$1.kubeconfig" --name "proc-$1" --root-dir "$state/proc-$1" \
    --pod-net "127.$(( ${podnet#127.} + 64 * $1 ))" --port "$port" --client-ca-file "$pki/ca.crt" \
    --tls-cert-file "$pki/proc-$1.crt" --tls-private-key-file "$pki/proc-$1.key"
}

start_once() {
  rm -rf "$state/etcd" "$state/run" "$state"/proc-?; mkdir -p "$state/run" "$state/log"
  taken=()
  free_port; local etcd=$port; free_port; local peer=$port; free_port; local secure=$port
  free_port; local kcmp=$port; free_port; local schp=$port; free_port; local kwokp=$port
  url=https://$ip:$secure
  [ -s "$pki/ca.crt" ] || make_pki
  kubeconfig admin; kubeconfig kcm; kubeconfig scheduler
  local kubelet_client=() node
  if has process-kubelet; then
    for node in $proc_nodes; do
      [ -s "$pki/proc-$node.crt" ] || signed "proc-$node" "/O=system:nodes/CN=system:node:proc-$node" \
        "subjectAltName=IP:$ip"$'\n'extendedKeyUsage=clientAuth,serverAuth
      kubeconfig "proc-$node"
    done
    [ -s "$pki/kubelet-client.crt" ] || signed kubelet-client /O=system:masters/CN=kube-apiserver extendedKeyUsage=clientAuth
    # For kubectl logs. The node's name does not resolve, its address does.
    kubelet_client=(--kubelet-client-certificate "$pki/kubelet-client.crt" --kubelet-client-key "$pki/kubelet-client.key"
      --kubelet-certificate-authority "$pki/ca.crt" --kubelet-preferred-address-types InternalIP)
  fi

  launch etcd --name kubelab --data-dir "$state/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls "http://$ip:$etcd" --advertise-client-urls "http://$ip:$etcd" \
    --listen-peer-urls "http://$ip:$peer" --initial-advertise-peer-urls "http://$ip:$peer" \
    --initial-cluster "kubelab=http://$ip:$peer"
  wait_for etcd 20 curl -fsS "http://$ip:$etcd/health" || return 1

  launch kube-apiserver --etcd-servers "http://$ip:$etcd" --bind-address $ip --advertise-address $ip \
    --endpoint-reconciler-type none --secure-port "$secure" --service-cluster-ip-range 10.96.0.0/16 \
    --tls-cert-file "$pki/apiserver.crt" --tls-private-key-file "$pki/apiserver.key" \
    --client-ca-file "$pki/ca.crt" --authorization-mode Node,RBAC --allow-privileged \
    --service-account-issuer https://kubernetes.default.svc \
    --service-account-key-file "$pki/sa.pub" --service-account-signing-key-file "$pki/sa.key" \
    --profiling=false "${kubelet_client[@]}" ${KUBELAB_APISERVER_ARGS-}
  wait_for kube-apiserver 60 api /readyz || return 1

  local p
  for p in $parts; do
    case $p in
      kcm) launch kube-controller-manager --kubeconfig "$state/kcm.kubeconfig" --leader-elect=false \
             --bind-address $ip --secure-port "$kcmp" --use-service-account-credentials \
             --service-account-private-key-file "$pki/sa.key" --root-ca-file "$pki/ca.crt" \
             --authentication-kubeconfig "$state/kcm.kubeconfig" --authorization-kubeconfig "$state/kcm.kubeconfig" \
             --node-monitor-grace-period "${KUBELAB_NODE_GRACE:-50s}" ${KUBELAB_KCM_ARGS-} ;;
      scheduler) launch kube-scheduler --kubeconfig "$state/scheduler.kubeconfig" --leader-elect=false \
             --bind-address $ip --secure-port "$schp" \
             --authentication-kubeconfig "$state/scheduler.kubeconfig" \
             --authorization-kubeconfig "$state/scheduler.kubeconfig" ;;
      kwok) local args=() f
            for f in ${KUBELAB_STAGES-"$bin"/stages/*.yaml}; do args+=(--config "$f"); done
            launch kwok --kubeconfig "$state/admin.kubeconfig" --manage-all-nodes=false \
             --manage-nodes-with-annotation-selector kwok.x-k8s.io/node=fake --node-ip $ip \
             --server-address "$ip:$kwokp" --cidr 10.244.0.0/16 "${args[@]}" ;;
      process-kubelet) for node in $proc_nodes; do kubelet "$node"; done ;;
      *) die "unknown part '$p' in KUBELAB_PARTS" ;;
    esac
  done
  printf '%s\n' "$url" > "$state/url"; printf '%s\n' "http://$ip:$etcd" > "$state/etcd.url"
  # Without the default service account every pod create is refused, so start is not done before it.
  for p in $parts; do
    case $p in
      kcm) wait_for kube-controller-manager 60 default_sa || return 1 ;;
      scheduler) wait_for kube-scheduler 30 curl -fsSk "https://$ip:$schp/healthz" || return 1 ;;
      kwok) wait_for kwok 30 curl -fsS "http://$ip:$kwokp/healthz" || return 1 ;;
      process-kubelet) for node in $proc_nodes; do
             wait_for "$(kubelet_name "$node")" 60 node_ready "proc-$node" || return 1
           done ;;
    esac
  done
}

nodes() {
  local i
  for i in $(seq 0 $(( $1 - 1 ))); do cat <<YAML
---
apiVersion: v1
kind: Node
metadata:
  name: fake-$i
  annotations: {kwok.x-k8s.io/node: fake}
  labels: {kubernetes.io/hostname: fake-$i, kubernetes.io/os: linux, kubernetes.io/arch: amd64, type: kwok,
           node.kubernetes.io/instance-type: m5.4xlarge, topology.kubernetes.io/zone: zone-a}
status:
  allocatable: {cpu: "64", memory: 256Gi, pods: "1000"}
  capacity: {cpu: "64", memory: 256Gi, pods: "1000"}
YAML
  done | kc apply -f - >/dev/null
}

start() {
  local n=${1:-2} t0 try
  build
  t0=$(now)
  for f in "$state"/run/*.pid; do [ -e "$f" ] && alive "$(basename "$f" .pid)" && die "already running, see '$0 status'"; done
  for try in 1 2 3; do                      # another process may take a chosen port first
    start_once && break
    stop; [ "$try" = 3 ] && die "did not start, see $state/log"
  done
  [ "$n" -gt 0 ] && nodes "$n"
  say "ready in $(( $(now) - t0 )) ms ($(version))"
  environment
}

stop() {
  local f name pid
  for name in process-kubelet@2 process-kubelet@1 process-kubelet kwok kube-scheduler kube-controller-manager kube-apiserver etcd; do
    f=$state/run/$name.pid
    [ -e "$f" ] || continue
    if alive "$name"; then
      read -r pid _ < "$f"; kill "$pid" 2>/dev/null || true
      for _ in $(seq 50); do alive "$name" || break; sleep 0.1; done
      alive "$name" && kill -9 "$pid" 2>/dev/null || true
    fi
    rm -f "$f"
  done
  rm -rf "$state/etcd"
}

environment() {
  [ -s "$state/url" ] || die "not started"
  printf 'export KUBECONFIG=%q\nexport KUBELAB_URL=%q\nexport KUBELAB_CA=%q\nexport KUBELAB_ETCD=%q\nexport PATH=%q:$PATH\n' \
    "$state/admin.kubeconfig" "$(cat "$state/url")" "$pki/ca.crt" "$(cat "$state/etcd.url")" "$bin"
}

status() {
  local f name
  for f in "$state"/run/*.pid; do
    [ -e "$f" ] || { echo "nothing started"; return; }
    name=$(basename "$f" .pid)
    if alive "$name"; then echo "$name up, $(awk '/VmRSS/ {print $2/1024 " MiB"}' "/proc/$(cut -d' ' -f1 "$f")/status")"
    else echo "$name gone"; fi
  done
}

mkdir -p "$state" "$cache"
state=$(cd "$state" && pwd); cache=$(cd "$cache" && pwd); bin=${KUBELAB_BIN:-$cache/bin-$(version)-$key}
pki=$state/pki
case ${1:-} in
  build) build; echo "$bin" ;;
  start) shift; mkdir -p "$state"; start "$@" ;;
  stop) stop ;;
  status) status ;;
  env) environment ;;
  *) sed -n '2,28p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'; exit 2 ;;
esac
