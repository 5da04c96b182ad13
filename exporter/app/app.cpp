#include "exporter/app/app.hpp"

#include <malloc.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>

#include "exporter/app/healthcheck.hpp"
#include "exporter/app/observer.hpp"
#include "exporter/app/report_command.hpp"
#include "exporter/app/sidecar.hpp"
#include "exporter/app/size.hpp"
#include "exporter/common/log.hpp"
#include "exporter/common/version.hpp"
#include "exporter/config/config_file.hpp"
#include "exporter/config/options.hpp"
#include "exporter/config/web_file.hpp"
#include "exporter/metrics/collectors.hpp"

namespace spark_exporter::app {
namespace {

/// Signals and the program's own wish to leave, as they come. The signals are blocked in this thread, and so in all
/// that it starts.
class Events {
 public:
  Events() : leave_(eventfd(0, EFD_CLOEXEC)) {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a limit on the state file's size is an error of write()
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    signals_ = signalfd(-1, &set, SFD_CLOEXEC);
    if (signals_ < 0 || leave_ < 0) throw std::runtime_error("cannot wait for signals");
  }
  ~Events() {
    close(signals_);
    close(leave_);
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  /// Any thread.
  void leave() noexcept {
    const std::uint64_t one = 1;
    (void)!write(leave_, &one, sizeof one);
  }
  /// The next signal, or 0: leave() was called.
  int wait() {
    while (true) {
      std::array<pollfd, 2> ready{{{leave_, POLLIN, 0}, {signals_, POLLIN, 0}}};
      if (poll(ready.data(), ready.size(), -1) < 0) continue;
      if (ready[0].revents != 0) return 0;
      signalfd_siginfo info{};
      if (read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        return static_cast<int>(info.ssi_signo);
      }
    }
  }

 private:
  int leave_ = -1;
  int signals_ = -1;
};

/// `terminate` and `reload` of whatever runs. A second SIGTERM or SIGINT ends it at once.
template <class Program>
void wait_for_end(Events& events, Program& program) {
  bool told = false;
  while (const int signal = events.wait()) {
    if (signal == SIGHUP) {
      (void)program.reload();  // logged and shown as a metric
      continue;
    }
    log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
    if (told || !program.terminate()) return;
    told = true;
  }
}

int cannot_start(const Error& error) {
  std::fprintf(stderr, "spark_exporter: %s\n", error.what.c_str());
  return 1;
}

template <class Program>
int start_and_wait(Events& events, Program& program) {
  if (const auto started = program.start(); started.has_error()) return cannot_start(started.error());
  wait_for_end(events, program);
  return 0;
}

int observe(Events& events, const config::Options& options, config::Config config) {
  if (!options.kubernetes)
    return cannot_start({ErrorKind::kIo, "--mode=observer needs Kubernetes: drop --kubernetes=off"});
  auto cluster = kubernetes::find_cluster({options.kubernetes_api_server, options.kubernetes_token_file,
                                           options.kubernetes_ca_file, options.kubernetes_namespace},
                                          kubernetes::system_environment());
  if (cluster.has_error()) return cannot_start(cluster.error());
  Observer observer(options, std::move(config), std::move(*cluster));
  return start_and_wait(events, observer);
}

int serve(const config::Options& options, config::Config config) {
  log::configure(options.log_level, options.log_format);
  log::info("starting spark_exporter", {{"version", kVersion}, {"revision", kRevision}});
  Events events;
  if (options.mode == config::Mode::kObserver) return observe(events, options, std::move(config));
  // An answer's memory goes back to the kernel with the answer. Left to itself, the allocator learns from the first
  // large one to keep as much again for the next, which comes a poll later.
  constexpr int kMappedBytes = 128 * 1024;
  mallopt(M_MMAP_THRESHOLD, kMappedBytes);
  Sidecar sidecar(options, std::move(config), [&events] { events.leave(); });
  return start_and_wait(events, sidecar);
}

int report_health(const net::Url& url, const net::TlsOptions& tls) {
  const auto healthy = check_health(url, tls);
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
  if (options.healthcheck_url) return report_health(*options.healthcheck_url, options.healthcheck_tls);
  if (options.size) return size(*options.size);
  if (options.report) return report(*options.report);
  config::Config config;
  if (!options.config_file.empty() || !options.prices_file.empty()) {
    auto loaded = config::load_config(options.config_file, options.prices_file, metrics::collector_names());
    if (loaded.has_error()) {
      std::fprintf(stderr, "spark_exporter: %s\n", loaded.error().what.c_str());
      return 2;
    }
    config = std::move(*loaded);
  }
  if (!options.web_config_file.empty() && options.config_check) {
    const auto web = config::load_web_config(options.web_config_file);
    const auto good = web.has_error() ? Result<void>(web.error()) : web::check_web_config(*web);
    if (good.has_error()) {
      std::fprintf(stderr, "spark_exporter: %s\n", good.error().what.c_str());
      return 2;
    }
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
