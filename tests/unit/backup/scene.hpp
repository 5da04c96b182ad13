#pragma once
// A cluster with backups for tests: objects as the API shows them, and what a catalog makes of them.

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "exporter/backup/catalog.hpp"
#include "exporter/kubernetes/decode.hpp"

namespace spark_exporter::backup::test {

using Writer = jobs::Fleet::DatasetWriter;

/// A time of 2026-11-27 in UTC, "02:00:05", or a whole one.
inline TimePoint at(const std::string& text) {
  std::istringstream in(R"({"metadata":{"name":"n","creationTimestamp":")" +
                        (text.size() > 8 ? text : "2026-11-27T" + text + "Z") + R"("}})");
  kubernetes::Pod pod;
  EXPECT_TRUE(kubernetes::decode_object(in, pod));
  EXPECT_TRUE(pod.creation_time) << text;
  return pod.creation_time.value_or(TimePoint{});
}

template <class Object>
Object object(const std::string& json) {
  std::istringstream in(json);
  Object object;
  EXPECT_TRUE(kubernetes::decode_object(in, object)) << json;
  return object;
}

/// A CronJob of namespace etl, uid "uid-NAME", that backs up NAME at 02:00; `more` goes into metadata, spec, status.
struct CronText {
  std::string name = "orders";
  std::string label = R"("spark-exporter.io/backup":"orders")";
  std::string annotations = "";
  std::string spec = "";
  std::string status = "";
  std::string json() const {
    return R"({"metadata":{"namespace":"etl","name":")" + name + R"(","uid":"uid-)" + name +
           R"(","creationTimestamp":"2026-11-20T00:00:00Z","labels":{)" + label + R"(},"annotations":{)" + annotations +
           R"(}},"spec":{"schedule":"0 2 * * *")" + spec + R"(},"status":{)" + status + "}}";
  }
};

/// A Job of namespace etl.
struct JobText {
  std::string name = "orders-1";
  std::string started = "02:00:05";  ///< as at() has it; "" for none
  std::string ended = "";            ///< likewise
  bool failed = false;
  std::string owner = "orders";  ///< its CronJob's name, "" for none
  std::string labels = "";
  std::string annotations = "";
  std::string spec = "";
  std::string json() const {
    const auto time = [](const std::string& text) { return text.size() > 8 ? text : "2026-11-27T" + text + "Z"; };
    std::string status = started.empty() ? "" : R"("startTime":")" + time(started) + '"';
    if (!ended.empty()) {
      if (!failed) status += R"(,"completionTime":")" + time(ended) + '"';
      status += R"(,"conditions":[{"type":")" + std::string(failed ? "Failed" : "Complete") +
                R"(","status":"True","lastTransitionTime":")" + time(ended) + R"("}])";
    }
    const std::string owners = owner.empty() ? ""
                                             : R"({"kind":"CronJob","name":")" + owner + R"(","uid":"uid-)" + owner +
                                                   R"(","controller":true})";
    return R"({"metadata":{"namespace":"etl","name":")" + name + R"(","uid":"uid-)" + name + R"(","labels":{)" +
           labels + R"(},"annotations":{)" + annotations + R"(},"ownerReferences":[)" + owners + R"(]},"spec":{)" +
           spec + R"(},"status":{)" + status + "}}";
  }
};

class Scene {
 public:
  explicit Scene(const std::string& now = "12:00:00", bool reads_messages = false)
      : now_(at(now)), catalog_({0, 1, reads_messages, [this] { return now_; }}) {}

  void set_time(const std::string& text) { now_ = at(text); }
  TimePoint now() const { return now_; }
  Catalog& catalog() { return catalog_; }

  void put(const CronText& text) { catalog_.cron_jobs().put(object<kubernetes::CronJob>(text.json())); }
  void put(const JobText& text) { catalog_.jobs().put(object<kubernetes::Job>(text.json())); }
  void remove(const CronText& text) { catalog_.cron_jobs().remove(object<kubernetes::CronJob>(text.json())); }
  void remove(const JobText& text) { catalog_.jobs().remove(object<kubernetes::Job>(text.json())); }
  /// A whole list of each kind.
  void list(const std::vector<CronText>& cron_jobs, const std::vector<JobText>& jobs) {
    catalog_.cron_jobs().begin_list();
    for (const auto& text : cron_jobs) put(text);
    catalog_.cron_jobs().end_list();
    catalog_.jobs().begin_list();
    for (const auto& text : jobs) put(text);
    catalog_.jobs().end_list();
  }

  Result<Taken> report(const std::string& json, const std::string& pod = "") {
    auto report = decode_report(json);
    if (!report) return report.error();
    if (report->kubernetes_namespace.empty()) report->kubernetes_namespace = "etl";
    return catalog_.take(*report, pod);
  }

  View view(const std::vector<Writer>& writers = {}) { return catalog_.view(writers); }
  /// The only backup there is.
  BackupView only(const std::vector<Writer>& writers = {}) {
    auto all = view(writers).backups;
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? BackupView{} : all.front();
  }

 private:
  TimePoint now_;
  Catalog catalog_;
};

}  // namespace spark_exporter::backup::test
