#pragma once

#include "exporter/config/options.hpp"
#include "exporter/model/snapshot.hpp"
#include "exporter/web/server.hpp"

namespace spark_exporter::app {

/// What the web server needs of the flags.
web::ServerOptions server_options(const config::Options& options);

/// The web configuration as a source for spark_exporter_source_up and spark_exporter_errors_total.
model::SourceHealth web_config_health(const web::Server& server);

}  // namespace spark_exporter::app
