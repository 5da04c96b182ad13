#include "exporter/app/sidecar.hpp"

#include "exporter/app/pages.hpp"
#include "exporter/common/log.hpp"
#include "exporter/common/version.hpp"
#include "exporter/metrics/collectors.hpp"
#include "exporter/model/state_file.hpp"
#include "exporter/net/http_client.hpp"

namespace spark_exporter::app {
namespace {

constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";

spark::ClientFactory client_factory(const config::Options& options) {
  return [tls = options.spark_tls](const net::Url& url) -> std::shared_ptr<net::HttpClient> {
    net::ClientOptions client;
    client.base = url;
    client.tls = tls;
    client.user_agent = std::string("spark_exporter/") + kVersion;
    return net::make_http_client(std::move(client));
  };
}

web::HttpResponse text(int status, std::string body) {
  web::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

}  // namespace

Sidecar::Sidecar(const config::Options& options, config::Config config)
    : options_(options),
      publisher_(options, std::move(config)),
      poller_({{options.spark_url, options.spark_app_id, options.spark_timeout}, options.spark_interval},
              client_factory(options), clock_, [this](const auto& application) { return restore(application); }) {}

Sidecar::~Sidecar() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stop_changed_.notify_all();
  poller_.cancel();
  if (thread_.joinable()) thread_.join();
  server_.reset();
}

Result<void> Sidecar::start() {
  publisher_.publish(nullptr, clock_.wall());
  auto server = web::start_server({options_.listen_addresses, options_.max_requests}, routes());
  if (server.has_error()) return server.error();
  server_ = std::move(*server);
  for (const auto& address : server_->addresses()) log::info("listening", {{"address", address}});
  thread_ = std::thread([this] { poll_until_stopped(); });
  return boost::system::in_place_value;
}

bool Sidecar::wait(std::chrono::milliseconds delay) {
  std::unique_lock lock(mutex_);
  return !stop_changed_.wait_for(lock, delay, [this] { return stop_; });
}

void Sidecar::poll_until_stopped() {
  do {
    poller_.poll();
    publisher_.publish(&poller_, clock_.wall());
    polled_ = true;
    save();
    // A slow driver is asked less often than values age: publish meanwhile.
    auto delay = poller_.next_delay();
    while (delay > options_.spark_interval) {
      if (!wait(options_.spark_interval)) return;
      delay -= options_.spark_interval;
      publisher_.publish(&poller_, clock_.wall());
    }
    if (!wait(delay)) return;
  } while (true);
}

std::optional<model::Run> Sidecar::restore(const spark::Application& application) const {
  if (options_.state_file.empty()) return std::nullopt;
  auto saved = model::load_state(options_.state_file);
  if (saved.has_error()) {
    log::info("no earlier state", {{"reason", saved.error().what}});
    return std::nullopt;
  }
  if (saved->application.id != application.id || saved->application.start_time != application.start_time) {
    return std::nullopt;
  }
  saved->application = application;
  return model::Run::restore(std::move(*saved), clock_.wall());
}

void Sidecar::save() {
  if (options_.state_file.empty() || poller_.current() == nullptr || poller_.over()) return;
  const auto saved = model::save_state(options_.state_file, poller_.current()->save());
  std::uint64_t held_back = 0;
  if (saved.has_error() && log_limit_.admit("state", clock_.steady(), held_back)) {
    log::warn("cannot save the state", {{"error", saved.error().what}});
  }
}

Result<void> Sidecar::reload() {
  if (options_.config_file.empty()) {
    publisher_.reloaded(config::Config{}, clock_.wall());
    return boost::system::in_place_value;
  }
  auto config = config::load_config(options_.config_file, metrics::collector_names());
  if (config.has_error()) {
    log::error("configuration not reloaded, the old one stays", {{"error", config.error().what}});
    publisher_.reloaded(std::nullopt, clock_.wall());
    return config.error();
  }
  publisher_.reloaded(std::move(*config), clock_.wall());
  log::info("configuration reloaded", {{"file", options_.config_file}});
  return boost::system::in_place_value;
}

std::vector<web::Route> Sidecar::routes() {
  const auto metrics = [this](const web::HttpRequest& request) {
    publisher_.count_scrape();
    auto published = publisher_.latest();
    web::HttpResponse response;
    response.content_type = kMetricsType;
    response.headers.emplace_back("Vary", "Accept-Encoding");
    if (request.accepts_gzip) response.content_encoding = "gzip";
    response.shared = request.accepts_gzip ? published->exposition.gzip() : published->exposition.text();
    response.keep_alive = std::move(published);
    return response;
  };
  const auto report = [this](const web::HttpRequest&) {
    auto published = publisher_.latest();
    web::HttpResponse response;
    response.content_type = "application/json";
    response.shared = published->report;
    response.keep_alive = std::move(published);
    return response;
  };
  const auto landing = [this](const web::HttpRequest&) {
    web::HttpResponse response;
    response.content_type = "text/html; charset=utf-8";
    response.body = landing_page(options_.telemetry_path);
    return response;
  };
  const auto healthy = [](const web::HttpRequest&) { return text(200, "ok\n"); };
  const auto ready = [this](const web::HttpRequest&) {
    return polled_ ? text(200, "ready\n") : text(503, "starting: no poll finished yet\n");
  };
  const auto reload = [this](const web::HttpRequest& request) {
    if (!request.peer_is_loopback) return text(403, "reload is for this pod only: ask from loopback\n");
    const auto done = this->reload();
    return done ? text(200, "reloaded\n") : text(500, done.error().what + "\n");
  };
  return {{options_.telemetry_path, "GET", metrics},
          {"/", "GET", landing},
          {"/report", "GET", report},
          {"/-/healthy", "GET", healthy},
          {"/healthz", "GET", healthy},
          {"/-/ready", "GET", ready},
          {"/readyz", "GET", ready},
          {"/-/reload", "POST", reload}};
}

}  // namespace spark_exporter::app
