#pragma once
// What people read of an outcome, in events and alerts.

#include <string>

#include "exporter/outcome/last_words.hpp"

namespace spark_exporter::delivery {

/// "nightly failed: UserError, exit code 3, java.lang.IllegalStateException: container ended with exit code 3"
std::string sentence(const outcome::LastWordsMessage& message);

}  // namespace spark_exporter::delivery
