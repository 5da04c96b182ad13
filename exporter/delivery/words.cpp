#include "exporter/delivery/words.hpp"

#include <array>
#include <cstdio>

namespace spark_exporter::delivery {
namespace {

std::string_view verb(outcome::State state) {
  switch (state) {
    case outcome::State::kSucceeded: return " succeeded";
    case outcome::State::kFailed: return " failed";
    case outcome::State::kCancelled: return " was cancelled";
    default: return " ended, nobody knows how";
  }
}

}  // namespace

std::string sentence(const outcome::LastWordsMessage& message) {
  const auto& verdict = message.verdict;
  std::string out = message.app.empty() ? message.pod : message.app;
  out += verb(verdict.state);
  std::string_view before = ": ";
  const auto add = [&](std::string_view text) {
    if (text.empty()) return;
    out.append(before).append(text);
    before = ", ";
  };
  add(to_string(verdict.reason));
  if (verdict.exit_code) add("exit code " + std::to_string(*verdict.exit_code));
  add(verdict.exception);
  if (!verdict.evidence.empty()) out.append(": ").append(verdict.evidence);
  if (message.cost) {
    std::array<char, 32> money{};
    std::snprintf(money.data(), money.size(), "%.2f", cost::sum(message.cost->used));
    out.append("; it cost ").append(money.data()).append(" ").append(message.cost->currency);
  }
  return out;
}

}  // namespace spark_exporter::delivery
