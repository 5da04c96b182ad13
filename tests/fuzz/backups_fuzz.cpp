// Any bytes as a backup's report, as objects of the API, and as a state file: into a catalog, whose view must hold
// whatever came, and whose state must read again to the same.

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "exporter/backup/catalog.hpp"
#include "exporter/common/limits.hpp"
#include "exporter/kubernetes/decode.hpp"
#include "tests/fuzz/require.hpp"

namespace spark_exporter::fuzz {
namespace {

using backup::Catalog;

/// 2026-11-27T12:00:00Z
kubernetes::TimePoint now() { return kubernetes::TimePoint{std::chrono::seconds{1795780800}}; }

std::unique_ptr<Catalog> make_catalog() { return std::make_unique<Catalog>(backup::CatalogOptions{0, 1, false, now}); }

void check_time(const std::optional<kubernetes::TimePoint>& time) {
  require(!time || (time->time_since_epoch().count() >= 0 && *time <= now() + limits::kBackupClockSkew));
}

void check(const backup::View& view) {
  require(view.backups.size() <= limits::kBackups);
  for (const auto& backup : view.backups) {
    for (const auto& time : {backup.last_success, backup.last_attempt, backup.running_since, backup.data,
                             backup.unprotected_since, backup.last_due, backup.verification}) {
      check_time(time);
    }
    for (std::size_t i = 0; i < backup::kOutcomes; ++i) {
      require(!backup::to_string(static_cast<backup::Outcome>(i)).empty());
    }
    require(!backup.duration_seconds || *backup.duration_seconds >= 0);
    require(!backup.size_bytes || *backup.size_bytes >= 0);
    require(!backup.restore_seconds || *backup.restore_seconds >= 0);
    require(!backup.rpo || backup.rpo->count() > 0);
    require(!backup.rto || backup.rto->count() > 0);
    require(!backup.unprotected_since || backup.data);
    require(!backup.data || backup.last_success);
  }
}

template <class Object>
void put_all(const std::string& text, kubernetes::Store<Object>& store) {
  std::istringstream in(text);
  kubernetes::ListHead head;
  std::vector<Object> objects;
  const json::Each<Object> each = [&objects](Object&& object) { objects.push_back(std::move(object)); };
  static_cast<void>(kubernetes::decode_list<Object>(in, head, each));
  Object watched;
  static_cast<void>(kubernetes::decode_event(text, watched));
  store.begin_list();
  for (auto& object : objects) store.put(std::move(object));
  store.end_list();
  if (!watched.name.empty()) store.remove(std::move(watched));
}

void report(const std::string& text, Catalog& catalog) {
  static_cast<void>(backup::looks_like_report(text));
  auto report = backup::decode_report(text);
  if (!report) {
    require_line(report.error().what);
    const auto kind = report.error().kind;
    require(kind == ErrorKind::kMalformed || kind == ErrorKind::kTooLarge || kind == ErrorKind::kWrongType);
    return;
  }
  for (const auto* name : {&report->backup, &report->kubernetes_namespace, &report->id, &report->job}) {
    require_text(*name);
    require_line(*name);
    require(name->size() <= limits::kLabelValueBytes);
  }
  for (const auto& amount : {report->size_bytes, report->restore_seconds}) require(!amount || *amount >= 0);
  for (const auto& target : {report->rpo, report->rto}) require(!target || target->count() > 0);
  require(!report->started || !report->ended || *report->started <= *report->ended);
  if (report->kubernetes_namespace.empty()) report->kubernetes_namespace = "etl";
  const auto taken = catalog.take(*report, "orders-1-x");
  if (!taken) return require_line(taken.error().what);
  const bool has_identity = !report->id.empty() || report->started || report->ended;
  const auto again = catalog.take(*report, "orders-1-x");
  require(!has_identity || *again == backup::Taken::kKnown);
}

}  // namespace
}  // namespace spark_exporter::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const std::string text(data, data + size);
  const auto catalog = fuzz::make_catalog();
  fuzz::report(text, *catalog);
  fuzz::put_all<kubernetes::CronJob>(text, catalog->cron_jobs());
  fuzz::put_all<kubernetes::Job>(text, catalog->jobs());
  fuzz::put_all<kubernetes::VeleroSchedule>(text, catalog->velero_schedules());
  fuzz::put_all<kubernetes::VeleroBackup>(text, catalog->velero_backups());
  fuzz::check(catalog->view({}));
  for (const auto& job : catalog->unread()) catalog->set_read(job, std::nullopt);

  const auto state = catalog->save(fuzz::now());
  const auto next = fuzz::make_catalog();
  fuzz::require(next->restore(state, fuzz::now()).has_value());
  fuzz::check(next->view({}));

  const auto other = fuzz::make_catalog();
  const auto restored = other->restore(text, fuzz::now());
  if (!restored) fuzz::require(!restored.error().what.empty());
  static_cast<void>(other->view({}));
  return 0;
}
