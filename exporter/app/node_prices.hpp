#pragma once
// What the nodes under the run's pods are, by the Kubernetes API, and what OpenCost says they cost. Each node is asked
// for once; who may not read nodes is not asked again. For one thread, but for cancel().

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "exporter/common/log.hpp"
#include "exporter/cost/opencost.hpp"
#include "exporter/cost/price_book.hpp"
#include "exporter/kubernetes/api_client.hpp"
#include "exporter/model/snapshot.hpp"
#include "exporter/net/http_client.hpp"
#include "exporter/spark/poller.hpp"

namespace spark_exporter::app {

class NodePrices {
 public:
  /// Either may be null: not asked.
  NodePrices(std::unique_ptr<kubernetes::ApiClient> api, std::unique_ptr<net::HttpClient> opencost, spark::Clock clock);

  /// What is known of these nodes, asking for what is due. A node that is not read is `otherwise`, under its name.
  std::map<std::string, cost::NodeTraits> of(const std::set<std::string>& names, const cost::NodeTraits& otherwise);

  /// The sources "nodes" and "opencost", as far as they are asked.
  const std::map<std::string, model::SourceHealth>& health() const { return health_; }
  void cancel() noexcept;

 private:
  using Instant = std::chrono::steady_clock::time_point;
  void read_nodes(const std::set<std::string>& names);
  /// False: no further one for now.
  bool read_node(const std::string& name);
  void read_opencost();
  void note(const std::string& source, const Result<void>& done);

  const std::unique_ptr<kubernetes::ApiClient> api_;
  const std::unique_ptr<net::HttpClient> opencost_;
  const spark::Clock clock_;
  bool forbidden_ = false;
  Instant nodes_due_{}, opencost_due_{};
  std::map<std::string, std::optional<cost::NodeTraits>> nodes_;  ///< nothing: there is no such node
  cost::OpenCostNodes prices_;
  std::map<std::string, model::SourceHealth> health_;
  log::RateLimited log_limit_;
};

}  // namespace spark_exporter::app
