// Any bytes as what an API server answers to lists and watches of pods, in pieces, until it has no more to say. Answers
// are separated by a line "----"; the first byte of each is the status: 1 to 5, 6 for none at all, else 200.

#include <algorithm>
#include <cstdint>
#include <istream>
#include <memory>
#include <streambuf>
#include <string>
#include <string_view>

#include "exporter/common/limits.hpp"
#include "exporter/common/log.hpp"
#include "exporter/kubernetes/feed.hpp"
#include "exporter/kubernetes/line_reader.hpp"
#include "exporter/kubernetes/list_watch.hpp"
#include "tests/fuzz/require.hpp"

namespace spark_exporter::fuzz {
namespace {

using namespace kubernetes;

class Pieces final : public std::streambuf {
 public:
  Pieces(std::string_view text, std::size_t piece) : text_(text), piece_(std::max<std::size_t>(piece, 1)) {}

 protected:
  int_type underflow() override {
    if (text_.empty()) return traits_type::eof();
    buffer_ = text_.substr(0, piece_);
    text_.remove_prefix(buffer_.size());
    setg(buffer_.data(), buffer_.data(), buffer_.data() + buffer_.size());
    return traits_type::to_int_type(*gptr());
  }

 private:
  std::string_view text_;
  const std::size_t piece_;
  std::string buffer_;
};

class Clock final : public Timing {
 public:
  Instant now() override { return now_; }
  bool sleep(Millis span) override {
    require(span.count() >= 0 && span <= std::chrono::hours{24});
    now_ += span;
    return !woken_;
  }
  void wake() noexcept override { woken_ = true; }
  void interrupt() noexcept override {}
  double random() override { return 0.5; }

 private:
  Instant now_{};
  bool woken_ = false;
};

class Pods final : public Store<Pod> {
 public:
  void begin_list() override {}
  void put(Pod&& pod) override { check(pod); }
  void remove(Pod&& pod) override { check(pod); }
  void end_list() override {}

 private:
  static void check(const Pod& pod) {
    require(!pod.name.empty());
    require_text(pod.name);
    require(pod.containers.size() <= limits::kContainers && pod.conditions.size() <= limits::kConditions);
  }
};

class Api final : public net::HttpClient {
 public:
  Api(std::string_view script, std::size_t piece) : script_(script), piece_(piece) {}

  Result<void> get(const net::Request& request, const net::Consumer& consume) override {
    require_line(request.target);
    require(request.target.size() <= limits::kTextBytes + 1024);
    if (script_.empty()) {
      end();
      return Error{ErrorKind::kCancelled, "cancelled"};
    }
    constexpr std::string_view kSeparator = "\n----\n";
    const auto at = script_.find(kSeparator);
    auto answer = script_.substr(0, at);
    script_.remove_prefix(at == std::string_view::npos ? script_.size() : at + kSeparator.size());
    net::ResponseHead head;
    head.status = 200;
    head.content_type = "application/json";
    if (answer.starts_with('6')) return Error{ErrorKind::kReset, "closed by the peer"};
    if (!answer.empty() && answer.front() >= '1' && answer.front() <= '5') {
      constexpr unsigned kStatus[] = {401, 403, 404, 410, 503};
      head.status = kStatus[answer.front() - '1'];
      answer.remove_prefix(1);
    }
    Pieces buffer(answer, piece_);
    std::istream body(&buffer);
    return consume(head, body);
  }
  void cancel() noexcept override {}
  net::ClientStats stats() const override { return {}; }

  std::function<void()> end;

 private:
  std::string_view script_;
  const std::size_t piece_;
};

void check_lines(std::string_view text, std::size_t piece) {
  constexpr std::size_t kLimit = 64;
  Pieces buffer(text, piece);
  std::string line;
  for (;;) {
    const auto result = read_line(buffer, kLimit, line);
    if (result != LineResult::kLine) break;
    require(!line.empty() && line.size() <= kLimit && line.find('\n') == std::string::npos);
    require(line.find_first_not_of(" \r\t") != std::string::npos);
  }
}

void check_watch(std::string_view script, std::size_t piece) {
  auto client = std::make_unique<Api>(script, piece);
  auto& end = client->end;
  ApiClient api(std::move(client), TokenFile(""));
  Pods pods;
  StoreFeed<Pod> feed(pods);
  Clock clock;
  RetryBudget budget;
  ListWatch watch(api, {kPods, "etl", "", ""}, feed, clock, budget);
  end = [&] { watch.stop(); };
  watch.run();
  const auto status = watch.status();
  if (!status.last_error.empty()) require_line(status.last_error);
}

[[maybe_unused]] const bool kQuiet = [] {
  log::configure(log::Level::kError, log::Format::kLogfmt);
  return true;
}();

}  // namespace
}  // namespace spark_exporter::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  fuzz::check_lines(text, data[0]);
  fuzz::check_watch(text, data[0]);
  return 0;
}
