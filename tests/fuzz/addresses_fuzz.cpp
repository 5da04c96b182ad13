// Any bytes as what command lines say: addresses, durations, sizes, and a line each, what `size` is asked.

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/config/duration.hpp"
#include "exporter/model/executor_memory.hpp"
#include "exporter/net/header_fields.hpp"
#include "exporter/net/http_client.hpp"
#include "exporter/sizing/first_run.hpp"
#include "exporter/web/listen_address.hpp"
#include "tests/fuzz/arguments.hpp"
#include "tests/fuzz/require.hpp"

namespace spark_exporter::fuzz {
namespace {

void check_url(std::string_view text) {
  const auto url = net::parse_url(text);
  if (!url) {
    require_line(url.error().what);
    require(url.error().what.size() <= 512);
    return;
  }
  require(url->scheme == "http" || url->scheme == "https");
  require(!url->host.empty() && url->port != 0 && !url->path.ends_with('/'));
  require(url->to_string().find('@') == std::string::npos || url->path.find('@') != std::string::npos);
  const auto again = net::parse_url(url->to_string());
  require(again.has_value() && *again == *url);
  net::Request request;
  request.target = "/x";
  const auto head = net::serialize(request, *url, "fuzz");
  require(head.has_value() && head->ends_with("\r\n\r\n"));
}

void check_texts(std::string_view text) {
  if (const auto address = web::parse_listen_address(text)) {
    const auto again = web::parse_listen_address(web::format_listen_address(address->host, address->port));
    require(again.has_value() && again->host == address->host && again->port == address->port);
  } else {
    require_line(address.error().what);
  }
  if (const auto duration = config::parse_duration(text)) {
    require(duration->count() >= 0);
    require(config::parse_duration(config::format_duration(*duration)) == duration);
  }
  if (const auto bytes = model::parse_size(text, 1024)) require(*bytes >= 0);
  if (const auto bytes = sizing::parse_data_size(text)) {
    require(*bytes >= 0);
  } else {
    require_line(bytes.error().what);
  }
  net::Request request;
  request.target = text;
  request.headers = {{"X", std::string(text)}, {std::string(text), "x"}};
  const auto sent = net::serialize(request, {"http", "a", 80, ""}, "fuzz");
  if (!sent) require_line(sent.error().what);
  static_cast<void>(net::retry_after(text));
  static_cast<void>(net::media_type(text));
}

void check_sizing(const std::vector<std::string>& lines) {
  sizing::FirstRunText text;
  std::string* const members[] = {&text.data_size,        &text.partition_size,      &text.cores,
                                  &text.executors,        &text.overhead_factor,     &text.shape,
                                  &text.expansion_factor, &text.partitions_per_core, &text.max_node_memory};
  for (std::size_t i = 0; i < std::size(members) && i < lines.size(); ++i) {
    if (!lines[i].empty()) *members[i] = lines[i];
  }
  const auto request = sizing::parse_first_run(text);
  if (!request) return require_line(request.error().what);
  const auto plan = sizing::plan_first_run(*request);
  if (!plan) return require_line(plan.error().what);
  require(plan->executors >= 1 && plan->cores >= 1 && plan->heap_bytes > 0 && plan->partitions >= 1);
  static_cast<void>(sizing::values_yaml(*plan, "x"));
  static_cast<void>(sizing::conf_lines(*plan));
}

}  // namespace
}  // namespace spark_exporter::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::check_url(text);
  fuzz::check_texts(text);
  fuzz::check_sizing(fuzz::arguments_of(text, 32));
  return 0;
}
