// Serves the observer's exposition of many runs over HTTP, as the exporter does, or the same series by prometheus-cpp's
// TextSerializer, for exposition.py to scrape beside the Go client library.
//   exposition_server ours|cpp RUNS        prints its port
// GET /metrics; POST /change?PERCENT changes so many percent of the runs, all series of each that can change.

#include <prometheus/text_serializer.h>
#include <zlib.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "bench/many_runs.hpp"
#include "exporter/metrics/collectors.hpp"
#include "exporter/metrics/exposition.hpp"
#include "exporter/web/server.hpp"

namespace {

using namespace spark_exporter;

/// The observer's way from its view to the answer of a scrape.
class Ours {
 public:
  explicit Ours(int runs) : view_(bench::many_runs(runs)) {
    snapshot_.outcomes = &view_;
    snapshot_.limits.series = 10 * limits::kDefaultObserverSeries;
    const auto names = metrics::collector_names();
    enabled_ = {names.begin(), names.end()};
    publish();
  }

  void change(int percent) {
    bench::change(view_, percent, round_++);
    publish();
  }

  web::HttpResponse scrape(bool gzip) const {
    web::HttpResponse response;
    response.keep_alive = latest_;
    response.shared = gzip ? latest_->gzip() : latest_->text();
    if (gzip) response.content_encoding = "gzip";
    return response;
  }

  std::string text() const { return latest_->text(); }

 private:
  void publish() {
    latest_ = std::make_shared<const metrics::Exposition>(
        metrics::render_packed(snapshot_, enabled_, drops_, read_process_stats(), packer_));
  }

  outcome::View view_;
  model::Snapshot snapshot_;
  std::set<std::string> enabled_;
  metrics::DropCounters drops_;
  metrics::Packer packer_;
  std::shared_ptr<const metrics::Exposition> latest_;
  int round_ = 0;
};

/// The families that a text has, as prometheus-cpp's registry would give them.
std::vector<prometheus::MetricFamily> families_of(const std::string& text) {
  std::vector<prometheus::MetricFamily> families;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      const auto space = line.find(' ', 7);
      families.emplace_back();
      families.back().name = line.substr(7, space - 7);
      families.back().help = line.substr(space + 1);
    } else if (line.starts_with("# TYPE ")) {
      families.back().type =
          line.ends_with("counter") ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    } else {
      auto& family = families.back();
      auto& metric = family.metric.emplace_back();
      const auto value = std::strtod(line.c_str() + line.rfind(' '), nullptr);
      (family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
      auto at = line.find('{');
      while (at != std::string::npos && line[at] != '}' && line[at + 1] != '}') {
        const auto name_end = line.find('=', at);
        const auto value_end = line.find('"', name_end + 2);
        metric.label.push_back(
            {line.substr(at + 1, name_end - at - 1), line.substr(name_end + 2, value_end - name_end - 2)});
        at = value_end + 1;
      }
    }
  }
  return families;
}

/// As prometheus-cpp's own handler does it.
std::string compressed(const std::string& text) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    std::abort();
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

class Cpp {
 public:
  explicit Cpp(int runs) : families_(families_of(Ours(runs).text())) {}

  /// Its counters are changed where they stand, at no cost.
  void change(int /*percent*/) {}

  web::HttpResponse scrape(bool gzip) const {
    web::HttpResponse response;
    response.body = prometheus::TextSerializer().Serialize(families_);
    if (!gzip) return response;
    response.body = compressed(response.body);
    response.content_encoding = "gzip";
    return response;
  }

 private:
  std::vector<prometheus::MetricFamily> families_;
};

template <class Served>
int serve(int runs) {
  Served served(runs);
  std::mutex mutex;
  const auto scrape = [&](const web::HttpRequest& request) {
    const std::lock_guard lock(mutex);
    return served.scrape(request.accepts_gzip);
  };
  const auto change = [&](const web::HttpRequest& request) {
    const std::lock_guard lock(mutex);
    served.change(std::atoi(request.query.c_str()));
    return web::HttpResponse{};
  };
  web::ServerOptions options;
  options.listen_addresses = {"127.0.0.1:0"};
  auto server = web::start_server(options, {{"/metrics", "GET", scrape}, {"/change", "POST", change}});
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().what.c_str());
    return 1;
  }
  const auto address = (*server)->addresses().front();
  std::printf("%s\n", address.substr(address.rfind(':') + 1).c_str());
  std::fflush(stdout);
  (void)std::getchar();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string who = argc > 2 ? argv[1] : "";
  if (who == "ours") return serve<Ours>(std::atoi(argv[2]));
  if (who == "cpp") return serve<Cpp>(std::atoi(argv[2]));
  std::fprintf(stderr, "exposition_server ours|cpp RUNS\n");
  return 2;
}
