#include "exporter/spark/rest_client.hpp"

#include <array>

#include "exporter/common/limits.hpp"
#include "exporter/spark/held_bytes.hpp"

namespace spark_exporter::spark {
namespace {

/// Executors that one answer may name; each is held while the run lives.
constexpr std::size_t kExecutors = 20'000;

template <class T>
Result<T> first_of(Result<std::vector<T>> list, const char* what) {
  if (list.has_error()) return list.error();
  if (list->empty()) return Error{ErrorKind::kMalformed, std::string("no ") + what + " in the answer"};
  return std::move(list->front());
}

}  // namespace

Result<void> judge_head(const net::ResponseHead& head, const std::string& target) {
  if (head.status >= 300 && head.status < 400) return Error{ErrorKind::kRedirect, head.location};
  const auto failed = [&](ErrorKind kind) { return Error{kind, target + ": HTTP " + std::to_string(head.status)}; };
  if (head.status == 401) return failed(ErrorKind::kUnauthorized);
  if (head.status == 403) return failed(ErrorKind::kForbidden);
  if (head.status == 404) return failed(ErrorKind::kNotFound);
  if (head.status != 200) return failed(ErrorKind::kStatus);
  if (head.content_type == "text/html") return Error{ErrorKind::kStarting, target + ": HTML where JSON is expected"};
  // /metrics/json/ calls itself text/json.
  if (head.content_type != "application/json" && head.content_type != "text/json") {
    return Error{ErrorKind::kProtocol, target + ": content type " + head.content_type};
  }
  return boost::system::in_place_value;
}

std::string path_segment(std::string_view text) {
  static constexpr std::array<char, 16> kHex{'0', '1', '2', '3', '4', '5', '6', '7',
                                             '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'};
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '~' || (c == '.' && text.size() > 2);
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
  return out;
}

RestClient::RestClient(net::HttpClient& http, std::chrono::milliseconds timeout, OnReport on_report,
                       std::optional<std::size_t> list_bytes)
    : http_(http),
      timeout_(timeout),
      on_report_(std::move(on_report)),
      list_bytes_(list_bytes ? *list_bytes : spark::list_bytes(allowed_memory())) {}

void RestClient::use_application(std::string id) { application_ = path_segment(id); }

std::string RestClient::application_path(const std::string& rest) const {
  return "/api/v1/applications/" + application_ + rest;
}

Result<void> RestClient::ask(const std::string& target, std::uint64_t body_limit, const Decode& decode) {
  net::Request request;
  request.target = target;
  request.headers = {{"Accept", "application/json"}};
  request.timeout = timeout_;
  request.body_limit = body_limit;
  DecodeReport report;
  auto done = http_.get(request, [&](const net::ResponseHead& head, std::istream& body) -> Result<void> {
    if (auto judged = judge_head(head, target); judged.has_error()) return judged;
    auto decoded = decode(body);
    if (decoded.has_error()) return Error{decoded.error().kind, target + ": " + decoded.error().what};
    report = *decoded;
    return boost::system::in_place_value;
  });
  if (done && report.wrong_types > 0) on_report_(target, report);
  return done;
}

template <class T, class List>
Result<List> RestClient::list(const std::string& target, Result<DecodeReport> (*decode)(std::istream&, const Each<T>&),
                              const std::function<bool(const T&)>& keep, std::size_t most) {
  List items;
  std::size_t held = 0;
  std::string over;
  auto done = ask(target, limits::kListBodyBytes, [&](std::istream& body) {
    return decode(body, [&](T&& item) {
      if (!over.empty() || (keep && !keep(item))) return;
      // While a vector grows, the old one is there as well.
      held += 2 * sizeof(T) + heap_of(item);
      if (items.size() == most) over = "more than " + std::to_string(most) + " elements";
      if (held > list_bytes_) {
        over = "after " + std::to_string(items.size()) + " elements: more than the " + std::to_string(list_bytes_) +
               " bytes that may be held of a list";
      }
      if (!over.empty()) {
        items = {};  // the rest is only read
        return;
      }
      if constexpr (requires { items.capacity(); }) {
        if (items.size() == items.capacity()) items.reserve(items.size() + items.size() / 4 + 8);
      }
      items.push_back(std::move(item));
    });
  });
  if (!over.empty() && (done || done.error().kind == ErrorKind::kTooLarge)) {
    return Error{ErrorKind::kTooLarge, target + ": " + over};
  }
  if (done.has_error()) return done.error();
  return items;
}

Result<std::vector<Application>> RestClient::applications() {
  return list("/api/v1/applications", decode_applications);
}

Result<std::vector<Job>> RestClient::jobs(const std::function<bool(const Job&)>& keep) {
  return list(application_path("/jobs"), decode_jobs, keep);
}

Result<std::vector<Job>> RestClient::running_jobs() {
  return list(application_path("/jobs?status=running"), decode_jobs);
}

Result<Stages> RestClient::stages(const std::function<bool(const Stage&)>& keep) {
  return list<Stage, Stages>(application_path("/stages"), decode_stages, keep);
}

Result<Stages> RestClient::active_stages() {
  return list<Stage, Stages>(application_path("/stages?status=active"), decode_stages);
}

Result<std::vector<Executor>> RestClient::executors() {
  return list(application_path("/executors"), decode_executors, {}, kExecutors);
}

Result<std::vector<Executor>> RestClient::all_executors() {
  return list(application_path("/allexecutors"), decode_executors, {}, kExecutors);
}

Result<std::vector<SqlExecution>> RestClient::sql(std::int64_t offset, std::int64_t length) {
  return list(application_path("/sql?details=false&planDescription=false&offset=" + std::to_string(offset) +
                               "&length=" + std::to_string(length)),
              decode_sql);
}

Result<std::vector<Rdd>> RestClient::rdds() { return list(application_path("/storage/rdd"), decode_rdds); }

Result<Job> RestClient::job(std::int64_t id) {
  return first_of(list(application_path("/jobs/" + std::to_string(id)), decode_jobs), "job");
}

Result<Stages> RestClient::stage_attempts(std::int64_t id) {
  return list<Stage, Stages>(application_path("/stages/" + std::to_string(id) + "?details=false"), decode_stages);
}

Result<SqlExecution> RestClient::sql_execution(std::int64_t id) {
  return first_of(
      list(application_path("/sql/" + std::to_string(id) + "?details=false&planDescription=false"), decode_sql),
      "SQL execution");
}

Result<SqlWrite> RestClient::sql_write(std::int64_t id) {
  SqlWrite write;
  const auto target = application_path("/sql/" + std::to_string(id) + "?details=true&planDescription=true");
  auto done =
      ask(target, limits::kSqlPlanBytes, [&write](std::istream& body) { return decode_sql_write(body, write); });
  if (done.has_error()) return done.error();
  return write;
}

Result<std::vector<Task>> RestClient::lost_tasks(std::int64_t stage, std::int64_t attempt, std::int64_t offset,
                                                 std::size_t length) {
  const std::string statuses =
      attempt > 0 ? "status=success&status=failed&status=killed" : "status=failed&status=killed";
  return list(application_path("/stages/" + std::to_string(stage) + "/" + std::to_string(attempt) + "/taskList?" +
                               statuses + "&offset=" + std::to_string(offset) + "&length=" + std::to_string(length)),
              decode_tasks, {}, length);
}

Result<TaskSummary> RestClient::task_summary(std::int64_t stage, std::int64_t attempt) {
  TaskSummary summary;
  const auto target = application_path("/stages/" + std::to_string(stage) + "/" + std::to_string(attempt) +
                                       "/taskSummary?quantiles=0.5,1.0");
  auto done = ask(target, limits::kSmallBodyBytes, [&](std::istream& in) { return decode_task_summary(in, summary); });
  if (done.has_error()) return done.error();
  return summary;
}

Result<Environment> RestClient::environment() {
  Environment environment;
  auto done = ask(application_path("/environment"), limits::kListBodyBytes,
                  [&](std::istream& in) { return decode_environment(in, environment); });
  if (done.has_error()) return done.error();
  return environment;
}

Result<StreamingStatistics> RestClient::streaming_statistics() {
  StreamingStatistics statistics;
  auto done = ask(application_path("/streaming/statistics"), limits::kSmallBodyBytes,
                  [&](std::istream& in) { return decode_streaming_statistics(in, statistics); });
  if (done.has_error()) return done.error();
  return statistics;
}

Result<MetricsDump> RestClient::metrics() {
  MetricsDump dump;
  auto done = ask("/metrics/json/", limits::kListBodyBytes, [&](std::istream& in) { return decode_metrics(in, dump); });
  if (done.has_error()) return done.error();
  return dump;
}

}  // namespace spark_exporter::spark
