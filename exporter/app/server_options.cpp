#include "exporter/app/server_options.hpp"

#include "exporter/config/web_file.hpp"

namespace spark_exporter::app {

web::ServerOptions server_options(const config::Options& options) {
  web::ServerOptions server;
  server.listen_addresses = options.listen_addresses;
  server.max_requests = options.max_requests;
  server.web_config.file = options.web_config_file;
  server.web_config.load = [file = options.web_config_file] { return config::load_web_config(file); };
  return server;
}

model::SourceHealth web_config_health(const web::Server& server) {
  model::SourceHealth health;
  health.up = server.web_config().good();
  health.errors[static_cast<std::size_t>(ErrorKind::kIo)] = server.web_config().failures();
  return health;
}

}  // namespace spark_exporter::app
