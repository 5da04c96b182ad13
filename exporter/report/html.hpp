#pragma once

#include <string>
#include <string_view>

#include "exporter/report/document.hpp"

namespace spark_exporter::report {

/// `&`, `<`, `>` and quotes as entities.
std::string escaped(std::string_view text);

/// The report as one page for browsers: no script, nothing from elsewhere, light and dark, 360 px wide and more.
std::string to_html(const Document& document);

}  // namespace spark_exporter::report
