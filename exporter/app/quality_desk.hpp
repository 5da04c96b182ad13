#pragma once
// Where a sidecar takes in validations of its job's datasets: POST /api/v1/quality, the drop folder, Spark's named
// accumulators. Each is counted once, passed on to the observer at once, and kept for metrics, report and last words.
//
// Thread-safety: all of it after start().

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "exporter/app/api_intake.hpp"
#include "exporter/config/options.hpp"
#include "exporter/delivery/quality_sender.hpp"
#include "exporter/intake/drop_folder.hpp"
#include "exporter/model/snapshot.hpp"
#include "exporter/quality/ledger.hpp"
#include "exporter/spark/poller.hpp"

namespace spark_exporter::app {

class QualityDesk {
 public:
  /// `wake`: there is something new to publish; called on any thread.
  QualityDesk(const config::Options& options, spark::Clock clock, std::function<void()> wake);
  ~QualityDesk();
  QualityDesk(const QualityDesk&) = delete;
  QualityDesk& operator=(const QualityDesk&) = delete;

  /// Goes on from the state file, begins to look into the folder and to pass on. `token_file`: the pod's own.
  void start(const std::string& token_file);

  /// POST /api/v1/quality: 200 taken; 400 not a validation; 401, 403, 413 and 503 as IntakeGuard::refuse().
  web::HttpResponse answer(const web::HttpRequest& request);
  void take(std::vector<intake::QualityResult> results);

  /// Null: nothing was told yet.
  std::shared_ptr<const quality::Ledger> ledger() const;
  /// By source: "quality" once something came in or a folder is watched, "observer" where results are passed on.
  std::map<std::string, model::SourceHealth> health() const;
  /// Whether the observer has all of it, or there is none.
  bool passed_on() const;
  /// What a run's last words should tell: failed validations first.
  std::vector<intake::QualityResult> for_last_words() const;
  /// Writes the state file if something changed.
  void save();

 private:
  struct Told {
    std::size_t all = 0;
    std::size_t fresh = 0;
  };
  Told enter(std::vector<intake::QualityResult> results);
  Result<void> read_file(std::istream& in, const std::string& name, const std::string& version);
  void note(const Result<void>& read);
  std::string unique_id();

  const config::Options options_;
  const spark::Clock clock_;
  const std::function<void()> wake_;
  const IntakeGuard guard_;
  const std::string state_file_;  ///< "": none
  log::RateLimited log_limit_;

  mutable std::mutex mutex_;  ///< guards all down to `changed_`
  std::shared_ptr<const quality::Ledger> ledger_;
  bool used_ = false;
  model::SourceHealth posts_;
  std::uint64_t ids_ = 0;
  bool changed_ = false;

  std::unique_ptr<delivery::QualitySender> sender_;
  std::unique_ptr<intake::DropFolder> folder_;
};

}  // namespace spark_exporter::app
