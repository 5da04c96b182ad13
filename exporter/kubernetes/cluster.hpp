#pragma once
// Where the API server is and what to show it: from flags, else from what Kubernetes puts into every pod.

#include <functional>
#include <optional>
#include <string>

#include "exporter/common/result.hpp"
#include "exporter/net/http_client.hpp"

namespace spark_exporter::kubernetes {

/// The flags --kubernetes.*; empty: found out.
struct ClusterOptions {
  std::string api_server;
  std::string token_file;
  std::string ca_file;
  std::string namespace_name;
};

struct Cluster {
  net::Url api_server;
  std::string token_file;      ///< empty: none is sent
  std::string ca_file;         ///< empty: the system's store
  std::string namespace_name;  ///< empty: not known
};

/// A variable of the environment, or nothing.
using Environment = std::function<std::optional<std::string>(const char* name)>;

inline constexpr const char* kServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Without --kubernetes.api-server: KUBERNETES_SERVICE_HOST and _PORT, and the files token, ca.crt and namespace of
/// `folder` (those that exist). Errors: kNotFound if this is no pod and nothing was asked for; kProtocol for an address
/// that is none, and where a token would go in clear to another machine.
Result<Cluster> find_cluster(const ClusterOptions& options, const Environment& environment,
                             const std::string& folder = kServiceAccountFolder);

/// The process's own environment.
Environment system_environment();

}  // namespace spark_exporter::kubernetes
