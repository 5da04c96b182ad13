#pragma once
// The channels there are. Each is made from what it needs only, so that a test can give it a server of its own.

#include <functional>
#include <memory>
#include <string>

#include "exporter/delivery/channel.hpp"
#include "exporter/kubernetes/api_client.hpp"
#include "exporter/net/http_client.hpp"

namespace spark_exporter::delivery {

/// Writes the encoded message into the kubelet's file for this container, at most `most` bytes (the smaller of 4,096
/// and 12 KiB over the pod's containers). The file is never created: outside a pod there is none (kNotFound, given up).
/// `most` is asked at each try, on the courier's thread.
std::unique_ptr<Channel> termination_message(std::string path, std::function<std::size_t()> most);

/// POST /api/v1/last-words at `url` with the service-account token of `token_file` (read at each try; "" sends none).
/// A 404 is tried again: the observer may not have seen the pod yet. Plain http is spoken where the user gave such an
/// URL, with the token in clear as far as the cluster's network: https and a CA file where that is not trusted.
std::unique_ptr<Channel> observer(net::Url url, net::TlsOptions tls, std::string token_file);

/// A Kubernetes Event about the driver pod, type Normal or Warning; the same name for the same pod, so that a retry
/// makes no second one. Needs the right to create events.
std::unique_ptr<Channel> event(std::unique_ptr<kubernetes::ApiClient> api);

/// PUT .../metrics/job/spark_exporter/namespace/NS/app/APP (base64 where needed): the job's last outcome replaces the
/// former. Families: spark_job_last_outcome (state label), _end_timestamp_seconds, _duration_seconds.
std::unique_ptr<Channel> pushgateway(net::Url url);

/// POST /api/v2/alerts: `SparkJobFailedDirect` (firing while failed; resolved for a good run of the same namespace and
/// app), resent until the process leaves.
std::unique_ptr<Channel> alertmanager(net::Url url);

}  // namespace spark_exporter::delivery
