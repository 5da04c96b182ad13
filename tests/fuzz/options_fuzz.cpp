// Any bytes as a command line, a line an argument: it is good, or one line says what is wrong.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "exporter/config/options.hpp"
#include "tests/fuzz/arguments.hpp"
#include "tests/fuzz/require.hpp"

namespace spark_exporter::fuzz {
namespace {

void check_options(const std::vector<std::string>& lines) {
  std::vector<const char*> arguments{"spark_exporter"};
  for (const auto& line : lines) arguments.push_back(line.c_str());
  const auto options = config::parse_options(static_cast<int>(arguments.size()), arguments.data(), {"gc", "sql"});
  if (const auto* exit = std::get_if<config::Exit>(&options)) {
    require(exit->code == 0 || exit->code == 2);
    require(exit->code == 0 ? exit->err.empty() : !exit->err.empty());
    if (exit->code != 0) require(exit->err.find('\n') >= exit->err.size() - 1);
  } else {
    const auto& good = std::get<config::Options>(options);
    require(good.spark_interval.count() > 0 && good.shard < good.total_shards && good.max_requests > 0);
    static_cast<void>(config::enabled_collectors({"gc", "sql"}, good.collectors, {}));
  }
}

}  // namespace
}  // namespace spark_exporter::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::check_options(fuzz::arguments_of(text, 16));
  return 0;
}
