#pragma once
// Texts as the query of a URL holds them.

#include <optional>
#include <string>
#include <string_view>

namespace spark_exporter {

/// A name or value of a URL's query: "+" is a blank, "%41" is A. Nothing for a bad percent sign.
std::optional<std::string> form_decoded(std::string_view text);

}  // namespace spark_exporter
