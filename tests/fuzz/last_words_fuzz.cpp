// Any bytes as a run's last words; what is read is written within every size, and read again.

#include <cstdint>

#include "exporter/outcome/last_words.hpp"
#include "tests/fuzz/require.hpp"

namespace spark_exporter::fuzz {
namespace {

void check(const outcome::LastWordsMessage& message) {
  require(!message.kubernetes_namespace.empty() && !message.pod.empty());
  for (const auto* text : {&message.kubernetes_namespace, &message.pod, &message.pod_uid, &message.app, &message.app_id,
                           &message.verdict.exception, &message.verdict.evidence}) {
    require_text(*text);
    require_line(*text);
  }
  require(message.verdict.exception.size() <= limits::kLabelValueBytes);
  for (const std::size_t most : {std::size_t{512}, std::size_t{1000}, std::size_t{4096}, limits::kLastWordsBytes}) {
    const auto text = outcome::encode(message, most);
    require(text.size() <= most);
    require_line(text);
    require(outcome::looks_like_last_words(text));
    const auto again = outcome::decode_last_words(text);
    require(again.has_value());
    require(again->verdict.state == message.verdict.state);
    require(outcome::to_evidence(*again).reason == message.verdict.reason || text.size() + 64 > most);
  }
}

}  // namespace
}  // namespace spark_exporter::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(outcome::looks_like_last_words(text));
  const auto message = outcome::decode_last_words(text);
  if (message) {
    fuzz::check(*message);
  } else {
    fuzz::require_line(message.error().what);
    const auto kind = message.error().kind;
    fuzz::require(kind == ErrorKind::kMalformed || kind == ErrorKind::kTooLarge || kind == ErrorKind::kWrongType);
  }
  return 0;
}
