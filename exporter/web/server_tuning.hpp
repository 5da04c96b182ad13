#pragma once
// start_server() with deadlines of one's own: for tests.

#include <memory>
#include <vector>

#include "exporter/web/front.hpp"
#include "exporter/web/server.hpp"

namespace spark_exporter::web {

Result<std::unique_ptr<Server>> start_server(const ServerOptions& options, std::vector<Route> routes,
                                             const FrontTuning& tuning);

}  // namespace spark_exporter::web
