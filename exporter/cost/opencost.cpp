#include "exporter/cost/opencost.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <system_error>
#include <utility>

#include "exporter/common/limits.hpp"

namespace spark_exporter::cost {
namespace {

constexpr double kMostMoney = 1e6;

using Member = std::optional<double> OpenCostNode::*;
constexpr std::array<std::pair<std::string_view, Member>, 3> kFamilies{{
    {"node_cpu_hourly_cost", &OpenCostNode::core_hour},
    {"node_ram_hourly_cost", &OpenCostNode::gib_hour},
    {"node_gpu_hourly_cost", &OpenCostNode::gpu_hour},
}};

/// A line without its end, cut one byte past the limit, so that it shows.
bool read_line(std::istream& in, std::string& line) {
  line.clear();
  std::streambuf* const buffer = in.rdbuf();
  if (!in || buffer == nullptr) return false;
  bool any = false;
  for (int c = buffer->sbumpc(); c != std::char_traits<char>::eof(); c = buffer->sbumpc()) {
    any = true;
    if (c == '\n') return true;
    if (line.size() <= limits::kOpenCostLineBytes) line.push_back(static_cast<char>(c));
  }
  return any;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// What is left of a sample's line after its family's name: `{name="value",...} number [time]`.
class Sample {
 public:
  explicit Sample(std::string_view rest) : rest_(rest) {}

  /// False: it is no sample.
  bool read() { return read_labels() && read_value(); }
  /// Label `node`, else `instance`, which OpenCost means to drop.
  const std::string& node() const { return node_.empty() ? instance_ : node_; }
  double value() const { return value_; }

 private:
  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }

  bool take(char c) {
    skip_blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool read_labels() {
    if (!take('{')) return true;
    while (!take('}')) {
      skip_blanks();
      const std::size_t end = rest_.find_first_of("=\" \t");
      if (end == 0 || end == std::string_view::npos) return false;
      const std::string_view name = rest_.substr(0, end);
      rest_.remove_prefix(end);
      std::string value;
      if (!take('=') || !take('"') || !read_quoted(value)) return false;
      if (name == "node") node_ = value;
      if (name == "instance") instance_ = value;
      if (!take(',') && !rest_.starts_with('}')) return false;
    }
    return true;
  }

  /// Escapes are \\, \" and \n.
  bool read_quoted(std::string& out) {
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (c == '"') {
        rest_.remove_prefix(i + 1);
        return true;
      }
      if (c != '\\') {
        out.push_back(c);
        continue;
      }
      if (++i == rest_.size()) return false;
      out.push_back(rest_[i] == 'n' ? '\n' : rest_[i]);
    }
    return false;
  }

  bool read_value() {
    skip_blanks();
    if (rest_.starts_with('+')) rest_.remove_prefix(1);
    const char* const last = rest_.data() + rest_.size();
    const auto [end, error] = std::from_chars(rest_.data(), last, value_);
    if (error == std::errc::result_out_of_range) value_ = HUGE_VAL;
    return error != std::errc::invalid_argument && (end == last || is_blank(*end));
  }

  std::string_view rest_;
  std::string node_, instance_;
  double value_ = 0;
};

/// The family whose sample this line is, and what follows its name.
std::pair<Member, std::string_view> family_of(std::string_view line) {
  for (const auto& [name, member] : kFamilies) {
    if (!line.starts_with(name)) continue;
    const std::string_view rest = line.substr(name.size());
    if (!rest.empty() && (rest.front() == '{' || is_blank(rest.front()))) return {member, rest};
  }
  return {nullptr, {}};
}

Error at_line(std::size_t number, ErrorKind kind, const std::string& what) {
  return {kind, "OpenCost's metrics, line " + std::to_string(number) + ": " + what};
}

}  // namespace

Result<OpenCostNodes> parse_opencost(std::istream& in) {
  OpenCostNodes nodes;
  std::string line;
  for (std::size_t number = 1; read_line(in, line); ++number) {
    const auto [member, rest] = family_of(line);
    if (member == nullptr) continue;
    if (line.size() > limits::kOpenCostLineBytes) return at_line(number, ErrorKind::kTooLarge, "too long");
    Sample sample(rest);
    if (!sample.read()) return at_line(number, ErrorKind::kMalformed, "no sample");
    const bool is_price = std::isfinite(sample.value()) && sample.value() >= 0 && sample.value() <= kMostMoney;
    if (!is_price || sample.node().empty()) continue;
    nodes[sample.node()].*member = sample.value();
    if (nodes.size() > limits::kOpenCostNodes) {
      return at_line(number, ErrorKind::kTooLarge, "more than " + std::to_string(limits::kOpenCostNodes) + " nodes");
    }
  }
  if (nodes.empty()) return Error{ErrorKind::kNotFound, "OpenCost's metrics: no node_cpu_hourly_cost or its like"};
  return nodes;
}

void apply_opencost(NodeTraits& node, const OpenCostNodes& prices) {
  const auto found = prices.find(node.name);
  const OpenCostNode known = found == prices.end() ? OpenCostNode{} : found->second;
  node.opencost_core_hour = known.core_hour;
  node.opencost_gib_hour = known.gib_hour;
  node.opencost_gpu_hour = known.gpu_hour;
}

}  // namespace spark_exporter::cost
