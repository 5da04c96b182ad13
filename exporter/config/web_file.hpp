#pragma once
// `--web.config.file`: the web configuration file of Prometheus' exporters (exporter-toolkit,
// docs/web-configuration.md), read strictly.

#include <string>
#include <string_view>

#include "exporter/common/result.hpp"
#include "exporter/web/web_config.hpp"

namespace spark_exporter::config {

/// Relative paths in it are below `folder`. Errors as parse_config(); no error shows a key or a hash. What is accepted
/// and does nothing: `http2` (we speak HTTP/1.1).
Result<web::WebConfig> parse_web_config(std::string_view text, const std::string& name,
                                        const std::string& folder) noexcept;

/// parse_web_config() of the file at `path`, with its folder. Also kIo. The certificates are not read yet:
/// web::check_web_config() does that.
Result<web::WebConfig> load_web_config(const std::string& path) noexcept;

}  // namespace spark_exporter::config
