// Any bytes into the decoders of lists.

#include <algorithm>
#include <cstdint>
#include <sstream>

#include "exporter/spark/sql_write.hpp"
#include "tests/fuzz/require.hpp"

namespace spark_exporter::fuzz {
namespace {

void check(const spark::Application& application) {
  require(!application.id.empty());
  require_text(application.id);
  require_text(application.spark_user);
}

void check(const spark::Job& job) {
  require(job.id >= 0);
  require_text(job.description);
  require(job.stage_ids.size() <= limits::kListItems);
  require(std::min({job.tasks, job.active_tasks, job.completed_tasks, job.failed_tasks, job.failed_stages}) >= 0);
}

void check(const spark::Stage& stage) {
  require(stage.id >= 0 && stage.attempt >= 0);
  require_text(stage.failure_reason);
  require(std::min({stage.tasks, stage.killed_tasks, stage.input_bytes, stage.shuffle_write_records}) >= 0);
  require(stage.executor_cpu_time.count() >= 0);
}

void check(const spark::Executor& executor) {
  require(!executor.id.empty());
  require_text(executor.remove_reason);
  require(!executor.peak || executor.peak->total_gc_time.count() >= 0);
}

void check(const spark::SqlExecution& execution) {
  require(execution.id >= 0 && execution.duration.count() >= 0);
  require_text(execution.description);
}

void check(const spark::Task& task) {
  require(task.id >= 0 && task.duration.count() >= 0 && task.jvm_gc_time.count() >= 0);
  require_text(task.executor_id);
  require_text(task.error_message);
}

void check(const spark::Rdd& rdd) {
  require(rdd.id >= 0 && rdd.memory_used >= 0);
  require_text(rdd.name);
}

template <class Fact>
void run(Result<spark::DecodeReport> (&decode)(std::istream&, const spark::Each<Fact>&), const std::string& text) {
  std::istringstream in(text);
  const spark::Each<Fact> each = [](Fact&& fact) { check(fact); };
  require_report(decode(in, each));
}

}  // namespace
}  // namespace spark_exporter::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const std::string text(data, data + size);
  fuzz::run(spark::decode_applications, text);
  fuzz::run(spark::decode_jobs, text);
  fuzz::run(spark::decode_stages, text);
  fuzz::run(spark::decode_executors, text);
  fuzz::run(spark::decode_tasks, text);
  fuzz::run(spark::decode_sql, text);
  fuzz::run(spark::decode_rdds, text);
  std::istringstream in(text);
  spark::SqlWrite write;
  fuzz::require_report(spark::decode_sql_write(in, write));
  fuzz::require_text(write.dataset);
  fuzz::require(write.rows.value_or(0) >= 0);
  return 0;
}
