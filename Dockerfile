# For docker, podman and buildah alike; amd64 and arm64.
#   docker build --build-arg REVISION=$(git rev-parse --short=12 HEAD) -t spark_exporter .
# Without a registry: make image.
ARG BASE=debian:12

FROM ${BASE} AS build
WORKDIR /src
# Packages before sources: a change of ours does not install them anew.
COPY scripts/install-deps.sh scripts/
RUN bash scripts/install-deps.sh build
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake/ cmake/
COPY exporter/ exporter/
COPY docs/operations/runbooks/ docs/operations/runbooks/
ARG REVISION=unknown
RUN cmake --preset release -DSPARK_EXPORTER_REVISION="${REVISION}" \
 && cmake --build --preset release --target spark_exporter \
 && strip build/release/spark_exporter

# No distribution below: only the packages that the binary links, certificates and time zones, with dpkg's records of
# them for scanners. No shell, no package manager.
FROM ${BASE} AS root
RUN apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends openssl
COPY scripts/runtime-root.sh scripts/
RUN bash scripts/runtime-root.sh /runtime

FROM scratch
COPY --from=root /runtime/ /
COPY --from=build /src/build/release/spark_exporter /usr/local/bin/spark_exporter
LABEL org.opencontainers.image.title="spark_exporter" \
      org.opencontainers.image.description="Prometheus exporter and alerting sidecar for Apache Spark on Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0"
# nobody, as a number, so that Kubernetes can check runAsNonRoot. Nothing is written but --state.file.
USER 65534:65534
EXPOSE 9817
HEALTHCHECK --interval=30s --timeout=6s --start-period=5s CMD ["/usr/local/bin/spark_exporter", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/spark_exporter"]
