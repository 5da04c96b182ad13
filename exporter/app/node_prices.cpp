#include "exporter/app/node_prices.hpp"

#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/cost/node_traits.hpp"
#include "exporter/kubernetes/decode.hpp"
#include "exporter/kubernetes/resource.hpp"

namespace spark_exporter::app {
namespace {

using namespace std::chrono_literals;

/// Nodes are asked for between two polls.
constexpr std::chrono::milliseconds kNodeTimeout = 2s;
constexpr std::chrono::milliseconds kOpenCostTimeout = 5s;
constexpr int kNodesAtOnce = 20;
constexpr auto kRetry = 60s;
constexpr auto kOpenCostInterval = 5min;

/// RFC 1123 subdomain: what the API takes for a node's name, and what needs no escaping in a path.
bool is_node_name(const std::string& name) {
  if (name.empty() || name.size() > 253) return false;
  for (const char c : name) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.')) return false;
  }
  return name.front() != '.';
}

}  // namespace

NodePrices::NodePrices(std::unique_ptr<kubernetes::ApiClient> api, std::unique_ptr<net::HttpClient> opencost,
                       spark::Clock clock)
    : api_(std::move(api)), opencost_(std::move(opencost)), clock_(std::move(clock)) {}

void NodePrices::cancel() noexcept {
  if (api_) api_->cancel();
  if (opencost_) opencost_->cancel();
}

std::map<std::string, cost::NodeTraits> NodePrices::of(const std::set<std::string>& names,
                                                       const cost::NodeTraits& otherwise) {
  if (names.empty()) return {};
  if (api_ && !forbidden_ && clock_.steady() >= nodes_due_) read_nodes(names);
  if (opencost_ && clock_.steady() >= opencost_due_) read_opencost();
  std::map<std::string, cost::NodeTraits> out;
  for (const auto& name : names) {
    const auto known = nodes_.find(name);
    auto traits = known != nodes_.end() && known->second ? *known->second : otherwise;
    traits.name = name;
    cost::apply_opencost(traits, prices_);
    out.emplace(name, std::move(traits));
  }
  return out;
}

void NodePrices::note(const std::string& source, const Result<void>& done) {
  auto& health = health_[source];
  health.up = done.has_value();
  if (done) {
    health.last_success = clock_.wall();
    return;
  }
  if (done.error().kind == ErrorKind::kCancelled) return;
  ++health.errors[static_cast<std::size_t>(done.error().kind)];
  std::uint64_t held_back = 0;
  if (!log_limit_.admit(source + std::string(to_string(done.error().kind)), clock_.steady(), held_back)) return;
  log::warn("prices of nodes are not known", {{"source", source}, {"error", done.error().what}});
}

void NodePrices::read_nodes(const std::set<std::string>& names) {
  int asked = 0;
  for (const auto& name : names) {
    if (nodes_.contains(name) || !is_node_name(name)) continue;
    if (nodes_.size() >= limits::kHolders || ++asked > kNodesAtOnce || !read_node(name)) return;
  }
}

bool NodePrices::read_node(const std::string& name) {
  net::Request request;
  request.target = "/api/v1/nodes/" + name;
  request.timeout = kNodeTimeout;
  kubernetes::Node node;
  const auto done = api_->request(std::move(request), [&](std::istream& body) -> Result<void> {
    const auto decoded = kubernetes::decode_object(body, node);
    if (decoded.has_error()) return decoded.error();
    return boost::system::in_place_value;
  });
  if (done) {
    note("nodes", boost::system::in_place_value);
    nodes_[name] = cost::node_traits(node);
    return true;
  }
  auto error = done.error().error;
  if (error.kind == ErrorKind::kNotFound) {
    nodes_[name].reset();
    return true;
  }
  forbidden_ = error.kind == ErrorKind::kForbidden;
  if (forbidden_) error.what += "; add to a ClusterRole: " + kubernetes::rule("", "nodes", "get");
  note("nodes", error);
  nodes_due_ = clock_.steady() + kRetry;
  return false;
}

void NodePrices::read_opencost() {
  net::Request request;
  request.target = "/metrics";
  request.timeout = kOpenCostTimeout;
  request.body_limit = limits::kListBodyBytes;
  const auto done = opencost_->get(request, [&](const net::ResponseHead& head, std::istream& body) -> Result<void> {
    if (head.status != 200) return Error{ErrorKind::kStatus, "OpenCost: HTTP " + std::to_string(head.status)};
    auto prices = cost::parse_opencost(body);
    if (prices.has_error()) return prices.error();
    prices_ = std::move(*prices);
    return boost::system::in_place_value;
  });
  note("opencost", done);
  opencost_due_ = clock_.steady() + (done ? std::chrono::seconds(kOpenCostInterval) : kRetry);
}

}  // namespace spark_exporter::app
