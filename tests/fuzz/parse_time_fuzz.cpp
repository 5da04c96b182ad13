// Any bytes as a time: what is read is not before 1970 and not after 9999.

#include <cstdint>

#include "tests/fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto time = spark::parse_time(text);
  if (time) {
    const auto millis = time->time_since_epoch().count();
    fuzz::require(text.size() == 26 && millis >= 0 && millis <= 253402300799999);
  }
  return 0;
}
