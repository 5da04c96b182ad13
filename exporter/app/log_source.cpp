#include "exporter/app/log_source.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <istream>
#include <streambuf>
#include <utility>

#include "exporter/common/version.hpp"
#include "exporter/kubernetes/api_client.hpp"
#include "exporter/kubernetes/resource.hpp"

namespace spark_exporter::app {
namespace {

using namespace std::chrono_literals;

/// A driver may have nothing to say for hours, and so may a connection that is dead: asked anew, nothing is counted
/// twice.
constexpr std::chrono::milliseconds kSilence = 5min;
constexpr std::int64_t kBadRequest = 400;

/// The kubelet's and the API server's words for a container that there is no log of yet.
bool has_not_started(const std::string& text) {
  return text.find("waiting to start") != std::string::npos || text.find("a host assigned") != std::string::npos;
}

class FileSource final : public LogSource {
 public:
  FileSource(const std::string& path, const LogPosition& from) : tail_(path) { tail_.restore(from.file); }

  Result<LogStep> read(const std::function<void()>& told) override {
    const auto got = tail_.read(reader_);
    if (!got) return got.error();
    told();
    return *got > 0 ? LogStep::kMore : LogStep::kIdle;
  }
  logs::Reader& reader() override { return reader_; }
  LogPosition position() const override { return {tail_.position(reader_), {}}; }
  void cancel() noexcept override {}

 private:
  logs::FileTail tail_;
  logs::Reader reader_;
};

class PodSource final : public LogSource {
 public:
  PodSource(const kubernetes::Cluster& cluster, LoggedContainer container, const LogPosition& from)
      : api_(kubernetes::make_api_client(cluster, std::string("spark_exporter/") + kVersion)),
        container_(std::move(container)) {
    gate_.restore(from.stamp);
  }

  Result<LogStep> read(const std::function<void()>& told) override;
  logs::Reader& reader() override { return reader_; }
  LogPosition position() const override { return {{}, gate_.position()}; }
  void cancel() noexcept override {
    cancelled_ = true;
    api_->cancel();
  }

 private:
  Result<void> take(std::istream& body, const std::function<void()>& told);
  Error refused(const Error& error) const;

  const std::unique_ptr<kubernetes::ApiClient> api_;
  const LoggedContainer container_;
  logs::StampGate gate_;
  logs::Reader reader_{&gate_};
  bool connected_ = false;
  std::atomic<bool> cancelled_{false};
};

Result<LogStep> PodSource::read(const std::function<void()>& told) {
  // A line that broke off with the last connection comes again.
  reader_.drop_partial();
  gate_.reconnected();
  connected_ = false;
  const auto before = gate_.position();
  net::Request request;
  request.target =
      kubernetes::log_target(container_.namespace_name, container_.pod, container_.container, before.stamp);
  request.timeout = 0ms;
  request.idle_timeout = kSilence;
  request.body_limit = 0;
  const auto done = api_->request(
      std::move(request), [&](std::istream& body) { return take(body, told); }, "text/plain");
  if (done) return gate_.position() == before ? LogStep::kEnded : LogStep::kMore;
  const auto& failure = done.error();
  if (failure.status == kBadRequest && has_not_started(failure.error.what)) return LogStep::kNotYet;
  if (failure.error.kind == ErrorKind::kForbidden) return refused(failure.error);
  // Silence is no failure: the driver had nothing to say.
  const bool silent = failure.status == 0 && failure.error.kind == ErrorKind::kTimeout && connected_;
  if (silent) return LogStep::kMore;
  return failure.error;
}

Result<void> PodSource::take(std::istream& body, const std::function<void()>& told) {
  std::array<char, 16 * 1024> piece;
  std::streambuf& in = *body.rdbuf();
  connected_ = true;
  told();
  while (!cancelled_ && in.sgetc() != std::streambuf::traits_type::eof()) {
    const auto ready = std::min<std::streamsize>(in.in_avail(), piece.size());
    const auto got = in.sgetn(piece.data(), ready);
    reader_.feed({piece.data(), static_cast<std::size_t>(got)});
    told();
  }
  return {};
}

Error PodSource::refused(const Error& error) const {
  return {error.kind, "no right to read the log of pod " + container_.namespace_name + '/' + container_.pod +
                          "; add to a Role in namespace " + container_.namespace_name + ": " +
                          kubernetes::rule("", "pods/log", "get")};
}

}  // namespace

std::unique_ptr<LogSource> log_file(const std::string& path, const LogPosition& from) {
  return std::make_unique<FileSource>(path, from);
}

std::unique_ptr<LogSource> pod_log(const kubernetes::Cluster& cluster, LoggedContainer container,
                                   const LogPosition& from) {
  return std::make_unique<PodSource>(cluster, std::move(container), from);
}

}  // namespace spark_exporter::app
