#pragma once
// Which run it is that something was remembered of.

#include <string>

#include "exporter/spark/facts.hpp"

namespace spark_exporter::app {

/// Two contexts of one driver may have the same application id.
inline std::string run_key(const spark::Application& application) {
  auto key = application.id;
  if (application.start_time) key += '|' + std::to_string(application.start_time->time_since_epoch().count());
  return key;
}

}  // namespace spark_exporter::app
