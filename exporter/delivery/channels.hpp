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

/// A Kubernetes Event about the driver pod, type Normal or Warning; the same name for the same pod and outcome, so that
/// a retry makes no second one. Needs the right to create events.
std::unique_ptr<Channel> event(std::unique_ptr<kubernetes::ApiClient> api);

/// PUT .../metrics/job/spark_exporter/namespace/NS/app/APP (base64 where needed): the job's last outcome replaces the
/// former. Families: spark_job_last_outcome (state label), spark_job_last_end_timestamp_seconds,
/// spark_job_last_duration_seconds.
std::unique_ptr<Channel> pushgateway(net::Url url);

inline constexpr std::chrono::milliseconds kAlertResend = std::chrono::minutes{1};

/// POST /api/v2/alerts: `SparkJobFailedDirect` with namespace, app, severity and reason. Fires from a failure on, is
/// resent until the process leaves (Alertmanager keeps no alerts over a restart) and ends with a good run of the same
/// namespace and app, or after 24 h. Runs that were cancelled or ended unknown change nothing.
std::unique_ptr<Channel> alertmanager(net::Url url, std::chrono::milliseconds resend = kAlertResend);

}  // namespace spark_exporter::delivery
