#pragma once
// Passes validations on to the observer as they come (POST /api/v1/quality with the pod's token), in their order, with
// retries. What waits is bounded: the oldest one makes room and is counted.

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "exporter/common/result.hpp"
#include "exporter/intake/quality_result.hpp"
#include "exporter/net/http_client.hpp"

namespace spark_exporter::delivery {

struct QualitySenderTuning {
  std::chrono::milliseconds first_pause{500};
  std::chrono::milliseconds most_pause{15'000};
};

struct QualitySenderHealth {
  bool up = true;  ///< the last try was good
  std::optional<intake::TimePoint> last_success;
  std::array<std::uint64_t, kErrorKinds> errors{};  ///< kTooLarge: results that made room
};

class QualitySender {
 public:
  QualitySender(net::Url observer, net::TlsOptions tls, std::string token_file, QualitySenderTuning tuning = {});
  /// Ends all tries.
  ~QualitySender();
  QualitySender(const QualitySender&) = delete;
  QualitySender& operator=(const QualitySender&) = delete;

  /// Returns at once. Any thread. `result` has an id, so that it counts once however often it is sent.
  void send(const intake::QualityResult& result);
  /// Whether nothing waits. Any thread.
  bool done() const;
  QualitySenderHealth health() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spark_exporter::delivery
