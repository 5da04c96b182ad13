#pragma once
// What became of the tasks' time: per executor what was lost, per group and query what was run. Cumulative, sticky
// beyond what Spark evicts; the cost ledger reads it.

#include <boost/container/flat_map.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/model/id_set.hpp"
#include "exporter/spark/facts.hpp"

namespace spark_exporter::model {

/// Slot time (`duration` of ended tasks, less their jvmGcTime) that bought nothing, of one executor.
struct LostTasks {
  spark::Millis failed{0};       ///< ended as FAILED, attempt 0 of their stage
  spark::Millis retried{0};      ///< any end, of a stage attempt above 0
  spark::Millis speculation{0};  ///< KILLED because another attempt of the task succeeded
  spark::Millis killed{0};       ///< KILLED for any other reason
  std::int64_t tasks = 0;        ///< how many they are
  bool operator==(const LostTasks&) const = default;
};

/// One SQL execution by the time that its jobs' tasks had a slot, as their stages tell it (slot_time()).
struct QueryWork {
  std::int64_t id = -1;
  std::string description;
  spark::Millis run_time{0};
  bool operator==(const QueryWork&) const = default;
};

/// The group of work that none can be named for.
inline constexpr char kNoGroup[] = "";
/// Groups beyond the bound go here.
inline constexpr char kOtherGroups[] = "other";
inline constexpr std::size_t kDefaultGroups = 20;

struct WorkData {
  std::map<std::string, LostTasks> lost;        ///< by executor id
  std::map<std::string, spark::Millis> groups;  ///< slot time by job group, query or description; sticky
  std::vector<QueryWork> top_queries;           ///< by run time, most expensive first, at most 10
  bool operator==(const WorkData&) const = default;
};

/// Facts in, WorkData out. The slot time of a stage's tasks belongs to the first job that lists it, and waits until
/// that job's group is settled: a job may turn out to be a SQL execution's only when these were read after it.
class WorkLedger {
 public:
  using Key = std::pair<std::int64_t, std::int64_t>;  ///< stage id, attempt

  /// Lost tasks of one stage attempt: how many there are, and which were read.
  struct Attempt {
    std::int64_t wanted = 0;  ///< tasks that ended and are lost, by the stage's counts
    std::int64_t asked = 0;   ///< `wanted` when the list that was read to its end was begun
    std::int64_t begun = 0;   ///< the same of the list that is being read
    std::int64_t offset = 0;  ///< where that goes on
    IdSet read;               ///< tasks whose time was taken
    bool closed = false;      ///< no more tasks will end
    bool owed() const { return asked < wanted || offset > 0; }
  };
  /// What a job's slot time is booked on.
  struct Owner {
    std::string group;
    std::int64_t query = -1;
  };
  /// Thousands of them, which come in order: with a node each they would take several times the memory.
  template <class T>
  using ById = boost::container::flat_map<std::int64_t, T>;
  struct Data {
    std::map<std::string, LostTasks> lost;
    std::map<std::string, spark::Millis> groups;
    std::vector<QueryWork> queries;                 ///< as many as are remembered, in no order
    ById<std::int64_t> jobs;                        ///< by stage: the first job that listed it
    ById<Owner> owners;                             ///< by job
    std::map<std::int64_t, spark::Millis> waiting;  ///< by stage: slot time that cannot be booked yet
    std::map<Key, Attempt> attempts;                ///< that have lost tasks
  };

  WorkLedger() = default;
  explicit WorkLedger(Data data) : data_(std::move(data)) {}

  /// Groups beyond the first so many are booked as kOtherGroups.
  void set_group_limit(std::size_t groups) { group_limit_ = groups; }

  // --- facts in ---------------------------------------------------------------------------------
  void apply(const spark::Job& job);
  void apply(const spark::SqlExecution& execution);
  /// One attempt as Spark shows it now; `more`: slot time since its last answer; `closed`: no more tasks will end.
  void apply(const spark::Stage& stage, spark::Millis more, bool closed);
  /// A page of what owed() names, at most `length` tasks from its offset.
  void apply(const Key& key, const std::vector<spark::Task>& tasks, std::size_t length);
  /// Nobody can tell more of that attempt: what was read stays.
  void lose(const Key& key) { data_.attempts.erase(key); }
  /// The end of a poll in which SQL executions were read after the jobs.
  void settle();

  // --- what is still to be asked ----------------------------------------------------------------
  /// Attempts whose lost tasks are to be read on, at Attempt::offset.
  std::vector<Key> owed() const;
  /// Null: nothing was lost, or all of it was read.
  const Attempt* attempt(const Key& key) const;

  // --- state ------------------------------------------------------------------------------------
  WorkData totals() const;
  /// By slot time, most expensive first, at most 10.
  std::vector<QueryWork> top_queries() const;
  const Data& data() const { return data_; }

 private:
  struct Open {
    std::string group;        ///< setJobGroup, or the streaming query's name
    std::string description;  ///< setJobDescription
    bool ended = false;
    bool waited = false;  ///< once for its SQL execution to list it
  };

  void book_or_keep(std::int64_t stage, spark::Millis more);
  bool book(std::int64_t stage, spark::Millis more);
  void book(const Owner& owner, spark::Millis more);
  void settle(std::int64_t job, const Open& open);
  std::string group_for(std::string_view wanted);
  void remember(QueryWork query);

  Data data_;
  std::size_t group_limit_ = kDefaultGroups;
  std::map<std::int64_t, Open> open_;           ///< by job: those without an owner yet
  std::map<std::int64_t, QueryWork> query_of_;  ///< by job, for those that are not settled or not seen yet
  std::set<std::int64_t> unclaimed_;            ///< stages that had no job at the last settle()
};

}  // namespace spark_exporter::model
