#!/bin/sh
# The exporter as a container of a pod of processes: no mount namespace, so the token's folder is looked up first.
#   sidecar.sh API_SERVER FLAGS...
set -eu
api=$1; shift
account=$(printf '%s\n' "$KUBELAB_MOUNTS" | sed -n 's|^/var/run/secrets/kubernetes.io/serviceaccount=||p')
exec "$SPARK_EXPORTER" --web.listen-address="$POD_IP:9817" --spark.url="http://$POD_IP:4040" --spark.interval=2s \
  --kubernetes.api-server="$api" --kubernetes.token-file="$account/token" --kubernetes.ca-file="$account/ca.crt" "$@"
