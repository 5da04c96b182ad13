#include "exporter/kubernetes/cluster.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "exporter/common/text.hpp"

namespace spark_exporter::kubernetes {
namespace {

constexpr std::size_t kNamespaceBytes = 253;

bool is_loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

/// The file of that name in `folder` if it exists.
std::string file_in(const std::string& folder, const char* name) {
  const std::string path = folder + "/" + name;
  return exists(path) ? path : std::string();
}

std::string read_namespace(const std::string& path) {
  if (path.empty()) return {};
  std::ifstream in(path);
  std::string text;
  in >> text;
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
  return plain && text.size() <= kNamespaceBytes ? text : std::string();
}

Result<std::string> address(const ClusterOptions& options, const Environment& environment) {
  if (!options.api_server.empty()) return options.api_server;
  const auto host = environment("KUBERNETES_SERVICE_HOST");
  const auto port = environment("KUBERNETES_SERVICE_PORT");
  if (!host || host->empty() || !port || port->empty()) {
    return Error{ErrorKind::kNotFound,
                 "not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set "
                 "(--kubernetes.api-server names another API server)"};
  }
  const bool v6 = host->find(':') != std::string::npos;
  return "https://" + (v6 ? "[" + *host + "]" : *host) + ":" + *port;
}

}  // namespace

Result<Cluster> find_cluster(const ClusterOptions& options, const Environment& environment, const std::string& folder) {
  const auto text = address(options, environment);
  if (!text) return text.error();
  auto url = net::parse_url(*text);
  if (!url) return url.error();
  Cluster cluster{.api_server = *url,
                  .token_file = options.token_file,
                  .ca_file = options.ca_file,
                  .namespace_name = options.namespace_name};
  // Another API server than the pod's own has another certificate; the pod's token may well be meant for it.
  if (cluster.token_file.empty()) cluster.token_file = file_in(folder, "token");
  if (cluster.ca_file.empty() && options.api_server.empty()) cluster.ca_file = file_in(folder, "ca.crt");
  if (cluster.namespace_name.empty()) cluster.namespace_name = read_namespace(file_in(folder, "namespace"));
  if (url->scheme == "http" && !cluster.token_file.empty() && !is_loopback(url->host)) {
    return Error{ErrorKind::kProtocol, "will not send the token of " + spark_exporter::quoted(cluster.token_file) +
                                           " in clear to " + url->to_string() + ": use https"};
  }
  return cluster;
}

Environment system_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody writes to it
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

}  // namespace spark_exporter::kubernetes
