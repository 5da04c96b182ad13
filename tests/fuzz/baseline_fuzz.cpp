// Any bytes as what the observer tells of a job's earlier runs; what is read is written, and read again as the same.

#include <cmath>
#include <cstdint>
#include <string_view>

#include "exporter/cost/price_book.hpp"
#include "exporter/outcome/baseline.hpp"
#include "tests/fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const auto baseline = outcome::decode_baseline({reinterpret_cast<const char*>(data), size});
  if (!baseline) {
    fuzz::require_line(baseline.error().what);
    return 0;
  }
  for (const auto& number : {baseline->duration_seconds, baseline->input_bytes, baseline->cost}) {
    fuzz::require(!number || (std::isfinite(*number) && *number >= 0));
  }
  const auto again = outcome::decode_baseline(outcome::encode(*baseline));
  fuzz::require(again.has_value() && *again == *baseline);
  return 0;
}
