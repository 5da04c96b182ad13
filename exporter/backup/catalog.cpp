#include "exporter/backup/catalog.hpp"

#include <mutex>
#include <utility>

#include "exporter/backup/book.hpp"

namespace spark_exporter::backup {
namespace {

/// A store whose calls go to members of the book, under the catalog's lock.
template <class Object, auto Begin, auto End>
class LockedStore final : public kubernetes::Store<Object> {
 public:
  LockedStore(std::mutex& mutex, Book& book) : mutex_(mutex), book_(book) {}

  void begin_list() override {
    const std::lock_guard lock(mutex_);
    (book_.*Begin)();
  }
  void put(Object&& object) override {
    const std::lock_guard lock(mutex_);
    book_.put(object);
  }
  void remove(Object&& object) override {
    const std::lock_guard lock(mutex_);
    book_.remove(object);
  }
  void end_list() override {
    const std::lock_guard lock(mutex_);
    (book_.*End)();
  }

 private:
  std::mutex& mutex_;
  Book& book_;
};

}  // namespace

class Catalog::Impl {
 public:
  explicit Impl(CatalogOptions options) : book(std::move(options)) {}

  mutable std::mutex mutex;
  Book book;
  std::uint64_t saved_changes = 0;

  LockedStore<kubernetes::CronJob, &Book::begin_cron_jobs, &Book::end_cron_jobs> cron_jobs{mutex, book};
  LockedStore<kubernetes::Job, &Book::begin_jobs, &Book::end_jobs> jobs{mutex, book};
  LockedStore<kubernetes::VeleroSchedule, &Book::begin_schedules, &Book::end_schedules> schedules{mutex, book};
  LockedStore<kubernetes::VeleroBackup, &Book::begin_velero_backups, &Book::end_velero_backups> backups{mutex, book};
};

Catalog::Catalog(CatalogOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Catalog::~Catalog() = default;

kubernetes::Store<kubernetes::CronJob>& Catalog::cron_jobs() { return impl_->cron_jobs; }
kubernetes::Store<kubernetes::Job>& Catalog::jobs() { return impl_->jobs; }
kubernetes::Store<kubernetes::VeleroSchedule>& Catalog::velero_schedules() { return impl_->schedules; }
kubernetes::Store<kubernetes::VeleroBackup>& Catalog::velero_backups() { return impl_->backups; }

Result<Taken> Catalog::take(const Report& report, const std::string& pod) {
  const std::lock_guard lock(impl_->mutex);
  return impl_->book.take(report, pod);
}

std::vector<JobRef> Catalog::unread() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->book.unread();
}

void Catalog::set_read(const JobRef& job, const std::optional<Report>& report) {
  const std::lock_guard lock(impl_->mutex);
  impl_->book.set_read(job, report);
}

void Catalog::count_error(const Error& error) {
  const std::lock_guard lock(impl_->mutex);
  impl_->book.count_error(error);
}

View Catalog::view(const std::vector<jobs::Fleet::DatasetWriter>& writers) {
  const std::lock_guard lock(impl_->mutex);
  impl_->book.pass();
  return impl_->book.view(writers);
}

std::array<std::uint64_t, kErrorKinds> Catalog::errors() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->book.errors();
}

std::string Catalog::save(TimePoint) {
  const std::lock_guard lock(impl_->mutex);
  impl_->book.pass();
  impl_->saved_changes = impl_->book.changes();
  return impl_->book.save();
}

bool Catalog::changed_since_save() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->book.changes() != impl_->saved_changes;
}

Result<void> Catalog::restore(std::string_view json, TimePoint) {
  const std::lock_guard lock(impl_->mutex);
  return impl_->book.restore(json);
}

}  // namespace spark_exporter::backup
