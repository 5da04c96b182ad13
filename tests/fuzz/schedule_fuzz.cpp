// Any bytes as a schedule, its zone and a deadline, a line each.

#include <cstdint>

#include "exporter/jobs/schedule.hpp"
#include "tests/fuzz/require.hpp"

namespace spark_exporter::fuzz {
namespace {

using jobs::TimePoint;

void check(const jobs::Schedule& schedule, TimePoint at, std::string_view deadline) {
  const auto next = schedule.next(at);
  require(!next || *next > at);
  const auto least = at - std::chrono::hours{24 * 1000};
  const auto last = schedule.last(at, least);
  require(!last || (*last <= at && *last >= least));
  const auto done = schedule.deadline(at, deadline);
  require(!done || *done > at - std::chrono::seconds{1});
  if (done.has_error()) require_line(done.error().what);
}

}  // namespace
}  // namespace spark_exporter::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const std::string text(data, data + size);
  const auto line = text.find('\n');
  const auto rest = line == std::string::npos ? std::string() : text.substr(line + 1);
  const auto second = rest.find('\n');
  const auto zone = rest.substr(0, second);
  const auto deadline = second == std::string::npos ? std::string() : rest.substr(second + 1);
  const auto schedule = jobs::Schedule::parse(text.substr(0, line), zone);
  if (schedule.has_error()) {
    fuzz::require_line(schedule.error().what);
    return 0;
  }
  // A quiet day, and before both changes of most clocks.
  for (const std::int64_t at : {1750075200LL, 1743289140LL, 1761436740LL, 1728140400LL}) {
    fuzz::check(*schedule, jobs::TimePoint{std::chrono::milliseconds{at * 1000 + 500}}, deadline);
  }
  return 0;
}
