#include "exporter/app/app.hpp"

#include <malloc.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "exporter/app/healthcheck.hpp"
#include "exporter/app/sidecar.hpp"
#include "exporter/common/log.hpp"
#include "exporter/common/version.hpp"
#include "exporter/config/config_file.hpp"
#include "exporter/config/options.hpp"
#include "exporter/metrics/collectors.hpp"

namespace spark_exporter::app {
namespace {

/// Blocked in this thread, and so in all that it starts: only wait_for_end() sees them.
sigset_t block_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

void wait_for_end(const sigset_t& set, Sidecar& sidecar) {
  while (true) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0) continue;
    if (signal != SIGHUP) {
      log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
      return;
    }
    (void)sidecar.reload();  // logged and shown as a metric
  }
}

int serve(const config::Options& options, config::Config config) {
  log::configure(options.log_level, options.log_format);
  log::info("starting spark_exporter", {{"version", kVersion}, {"revision", kRevision}});
  const auto signals = block_signals();
  Sidecar sidecar(options, std::move(config));
  if (auto started = sidecar.start(); started.has_error()) {
    std::fprintf(stderr, "spark_exporter: %s\n", started.error().what.c_str());
    return 1;
  }
  wait_for_end(signals, sidecar);
  return 0;
}

int report_health(const net::Url& url) {
  const auto healthy = check_health(url);
  if (healthy) return 0;
  std::fprintf(stderr, "spark_exporter: %s\n", healthy.error().what.c_str());
  return 1;
}

int parse_and_serve(int argc, const char* const* argv) {
  const auto parsed = config::parse_options(argc, argv, metrics::collector_names());
  if (const auto* exit = std::get_if<config::Exit>(&parsed)) {
    std::fputs(exit->out.c_str(), stdout);
    std::fputs(exit->err.c_str(), stderr);
    return exit->code;
  }
  const auto& options = std::get<config::Options>(parsed);
  if (options.healthcheck_url) return report_health(*options.healthcheck_url);
  config::Config config;
  if (!options.config_file.empty()) {
    auto loaded = config::load_config(options.config_file, metrics::collector_names());
    if (loaded.has_error()) {
      std::fprintf(stderr, "spark_exporter: %s\n", loaded.error().what.c_str());
      return 2;
    }
    config = std::move(*loaded);
  }
  if (options.config_check) {
    std::printf("configuration is good\n");
    return 0;
  }
  return serve(options, std::move(config));
}

}  // namespace

int run(int argc, const char* const* argv) noexcept {
  // By default each of the web server's threads gets a heap of its own, and each of those keeps half a megabyte of the
  // largest answer it ever gave.
  mallopt(M_ARENA_MAX, 2);
  try {
    return parse_and_serve(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "spark_exporter: %s\n", error.what());
    return 1;
  }
}

}  // namespace spark_exporter::app
