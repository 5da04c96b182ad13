#pragma once
// A run as it truly was, and what Spark would have answered about it at any moment.

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "exporter/cost/ledger.hpp"

namespace spark_exporter::cost::testing {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::int64_t in(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(most - least + 1));
  }
  bool one_in(std::int64_t n) { return in(1, n) == 1; }

 private:
  std::mt19937_64 engine_;
};

inline TimePoint ms(std::int64_t millis) { return TimePoint{Millis{1'700'000'000'000 + millis}}; }

struct TrueTask {
  TimePoint start, end;
  Use use = Use::kTaskOk;  ///< of what is not collector time
  Millis gc{0};
  std::string group;
};

struct TrueHolder {
  std::string id;
  outcome::Component component = outcome::Component::kExecutor;
  std::int64_t slots = 0;
  std::vector<RateSpan> rates;
  TimePoint held_from;
  std::optional<TimePoint> work_from, work_until, released;
  std::vector<TrueTask> tasks;
};

struct History {
  std::vector<TrueHolder> holders;  ///< the driver first
  TimePoint start, end;             ///< of the application
  TimePoint over;                   ///< the last look
  bool tells_oldest = false;
};

struct Shape {
  int price_changes = 0;
};

History make_history(Dice& dice, const Shape& shape = {});

/// What is known of the holder from an answer at `at`; lists of lost tasks are `list_delay` fresher.
Holder answer(const History& history, const TrueHolder& holder, TimePoint at, Millis list_delay = Millis{0});
/// What is known without Spark: its pod.
Holder pod_only(Holder known, const TrueHolder& holder, TimePoint at);
std::map<std::string, Millis> run_times(const History& history, TimePoint at);

/// Money by use as it truly was, given that Spark's last answer was at `last`. Where tasks ran at `last`, idle and
/// unobserved cannot be told apart: `is_exact` is false, and only their sum counts.
struct Truth {
  PerUse<double> used{};
  double total = 0;
  bool is_exact = true;
};
Truth truth(const History& history, TimePoint last);

}  // namespace spark_exporter::cost::testing
