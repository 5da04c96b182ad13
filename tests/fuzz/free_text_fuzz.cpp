// Any bytes as foreign free text: what is shown of it is one line, and what is read of it comes from closed lists.

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/common/redact.hpp"
#include "exporter/jobs/uid.hpp"
#include "exporter/kubernetes/text.hpp"
#include "exporter/logs/level.hpp"
#include "exporter/model/naming.hpp"
#include "exporter/model/removal_reason.hpp"
#include "exporter/outcome/failure_text.hpp"
#include "tests/fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::require_line(quoted(text));
  fuzz::require_line(quoted(text, 40));
  const auto clean = without_secrets(text);
  // "***" may be longer than what it stands for.
  fuzz::require(clean.size() <= 4 * size + 3);
  fuzz::require(!model::to_string(model::classify_removal(text)).empty());
  model::NameSources names;
  names.application_name = text;
  fuzz::require(model::job_name(names).app == model::without_run_suffix(text));
  names.label_name = "job";
  names.pod_labels = model::driver_labels({{"spark.kubernetes.driver.label.job", std::string(text)}});
  fuzz::require(text.empty() || model::job_name(names).from == "label");
  fuzz::require(equal_in_constant_time(text, std::string(text)) &&
                !equal_in_constant_time(text, std::string(text) + 'x'));
  fuzz::require(!model::without_run_suffix(text).empty() || text.empty());
  static_cast<void>(outcome::read_clue(text));
  fuzz::require(outcome::exception_class(text).size() <= limits::kLabelValueBytes);
  fuzz::require(outcome::first_line(text).size() <= 200);
  fuzz::require(outcome::first_line(text).find('\n') == std::string::npos);
  if (const auto level = logs::read_level(text)) fuzz::require(!logs::to_string(*level).empty());
  if (const auto quantity = kubernetes::parse_quantity(text)) fuzz::require(*quantity >= 0);
  static_cast<void>(kubernetes::parse_time(text));
  if (const auto uid = jobs::parse_hex(text)) fuzz::require(jobs::parse_hex(jobs::to_hex(*uid)) == uid);
  const auto uid = jobs::to_uid(text);
  fuzz::require(jobs::to_uid(jobs::to_uuid(uid)) == uid);
  return 0;
}
