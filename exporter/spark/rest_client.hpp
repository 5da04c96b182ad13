#pragma once
// The questions we ask a driver's REST API, typed. One instance for one driver; one question at a time.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/common/limits.hpp"
#include "exporter/common/result.hpp"
#include "exporter/net/http_client.hpp"
#include "exporter/spark/decode.hpp"
#include "exporter/spark/facts.hpp"
#include "exporter/spark/sql_write.hpp"

namespace spark_exporter::spark {

class RestClient {
 public:
  /// Told of each document with fields of a wrong type; the rest of it was used.
  using OnReport = std::function<void(const std::string& target, const DecodeReport&)>;

  /// `list_bytes`: what the elements of one list may take; by default as much as this process's memory limit allows.
  RestClient(net::HttpClient& http, std::chrono::milliseconds timeout, OnReport on_report,
             std::optional<std::size_t> list_bytes = std::nullopt);

  /// The application that later questions are about.
  void use_application(std::string id);

  Result<std::vector<Application>> applications();

  // Lists: only elements for which `keep` holds are held.
  Result<std::vector<Job>> jobs(const std::function<bool(const Job&)>& keep);
  Result<std::vector<Job>> running_jobs();
  Result<Stages> stages(const std::function<bool(const Stage&)>& keep);
  Result<Stages> active_stages();
  Result<std::vector<Executor>> executors();
  Result<std::vector<Executor>> all_executors();
  /// At most `length` executions from position `offset` (not id!) of the retained ones, oldest first.
  Result<std::vector<SqlExecution>> sql(std::int64_t offset, std::int64_t length);
  Result<std::vector<Rdd>> rdds();

  // One thing; kNotFound if Spark does not know it (never did, or forgot it).
  Result<Job> job(std::int64_t id);
  Result<Stages> stage_attempts(std::int64_t id);
  Result<SqlExecution> sql_execution(std::int64_t id);
  /// What an execution that ended has written, out of its plan.
  Result<SqlWrite> sql_write(std::int64_t id);
  /// Median and maximum over finished tasks.
  Result<TaskSummary> task_summary(std::int64_t stage, std::int64_t attempt);
  /// At most `length` tasks from position `offset` of those of an attempt that bought nothing, by task id: failed and
  /// killed ones, of a later attempt also successful ones.
  Result<std::vector<Task>> lost_tasks(std::int64_t stage, std::int64_t attempt, std::int64_t offset,
                                       std::size_t length);
  Result<Environment> environment();
  Result<StreamingStatistics> streaming_statistics();
  Result<MetricsDump> metrics();

 private:
  using Decode = std::function<Result<DecodeReport>(std::istream&)>;
  Result<void> ask(const std::string& target, std::uint64_t body_limit, const Decode& decode);
  /// A whole list, or an error: nothing of an answer that breaks off is used. Empty `keep`: all elements.
  template <class T, class List = std::vector<T>>
  Result<List> list(const std::string& target, Result<DecodeReport> (*decode)(std::istream&, const Each<T>&),
                    const std::function<bool(const T&)>& keep = {}, std::size_t most = limits::kListItems);
  std::string application_path(const std::string& rest) const;

  net::HttpClient& http_;
  std::chrono::milliseconds timeout_;
  OnReport on_report_;
  const std::size_t list_bytes_;
  std::string application_;
};

/// What an answer's head says before its body is read: success for a 200 with JSON. kStarting for 200 with HTML
/// ("Spark is starting up"), kRedirect (the text is the Location), kUnauthorized, kForbidden, kNotFound, kStatus,
/// or kProtocol for another content type.
Result<void> judge_head(const net::ResponseHead& head, const std::string& target);

/// `text` as one segment of a URL's path: everything but unreserved characters percent-encoded.
std::string path_segment(std::string_view text);

}  // namespace spark_exporter::spark
