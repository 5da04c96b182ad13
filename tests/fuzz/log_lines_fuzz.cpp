// Any bytes into the reader of logs: in two pieces they are the same messages as in one, with time stamps and without.

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "exporter/logs/clues.hpp"
#include "exporter/logs/limits.hpp"
#include "exporter/logs/reader.hpp"
#include "tests/fuzz/require.hpp"

namespace spark_exporter::fuzz {
namespace {

logs::Tally read(std::string_view text, std::size_t cut, logs::StampGate* gate) {
  logs::Reader reader(gate);
  reader.feed(text.substr(0, cut));
  reader.feed(text.substr(cut));
  reader.end();
  const auto tally = reader.take();
  reader.take_news();
  require(reader.failure().text.size() <= limits::kLogEvidenceBytes);
  const auto clues = logs::clues_of(reader.failure());
  require(clues.exception.size() <= limits::kLabelValueBytes);
  require(clues.text.find_first_of("\r\n") == std::string::npos);
  outcome::Clues told;
  logs::add_clues(clues, told);
  require(told.text == clues.text && told.exception == clues.exception);
  std::uint64_t messages = 0;
  for (const auto count : tally.messages) messages += count;
  require(messages <= static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n')) + 1);
  for (const auto count : tally.signatures) require(count <= messages);
  return tally;
}

void check(std::string_view text, std::size_t cut) {
  const auto whole = read(text, 0, nullptr);
  require(read(text, cut, nullptr) == whole);
  logs::StampGate one;
  logs::StampGate other;
  const auto stamped = read(text, 0, &one);
  require(read(text, cut, &other) == stamped);
  require(one.position() == other.position());
  // What was read is not read again.
  one.reconnected();
  logs::Reader again(&one);
  again.feed(text);
}

}  // namespace
}  // namespace spark_exporter::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(data + 1, data + size);
  spark_exporter::fuzz::check(text, text.empty() ? 0 : data[0] * text.size() / 256);
  return 0;
}
