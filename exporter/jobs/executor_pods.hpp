#pragma once
// Executor pods boiled down to a few bytes each, and what is counted of them for each application.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exporter/jobs/uid.hpp"
#include "exporter/kubernetes/facts.hpp"
#include "exporter/outcome/view.hpp"

namespace spark_exporter::jobs {

struct ExecutorCounts {
  std::array<std::uint32_t, outcome::kPhases> pods{};
  std::array<std::uint32_t, outcome::kWaitings> waiting{};
  std::array<std::uint64_t, outcome::kTerminations> terminations{};
  std::uint32_t alive = 0;  ///< that are there and have not ended

  bool has_ended() const {
    return std::any_of(terminations.begin(), terminations.end(), [](auto count) { return count > 0; });
  }
};

class ExecutorPods {
 public:
  /// What executors of one application share: "namespace/application id".
  static std::string group_name(std::string_view kubernetes_namespace, std::string_view app_id);

  explicit ExecutorPods(std::size_t most) : most_(most) {}

  /// False: the cap left it out.
  bool put(const kubernetes::Pod& pod);
  void remove(const kubernetes::Pod& pod);
  void begin_list() { ++mark_; }
  void end_list();

  /// A held group keeps its counts also without pods; they stay where they are.
  const ExecutorCounts* hold(const std::string& group);
  void release(const std::string& group);

  /// What was gone before the call before this one is forgotten: until then a list that is behind cannot make it
  /// count again. Called about every minute.
  void forget_gone();

  /// For the state file: who is counted already, of each held group.
  std::unordered_map<const ExecutorCounts*, std::vector<Uid>> counted() const;
  struct Saved {
    std::array<std::uint64_t, outcome::kTerminations> terminations{};
    std::vector<Uid> counted;
  };
  /// Before the first pod.
  void restore(const std::string& group, const Saved& saved);

  std::size_t size() const { return pods_.size(); }
  /// How many terminations were counted: tells whether the state file is behind.
  std::uint64_t terminations() const { return terminations_; }

 private:
  struct Group {
    ExecutorCounts counts;
    std::uint32_t records = 0;
    std::uint32_t holders = 0;
  };
  using Groups = std::unordered_map<std::string, Group>;

  struct Record {
    Groups::value_type* group = nullptr;
    std::uint8_t mark = 0;
    std::int8_t phase = -1;    ///< kubernetes::Phase; -1: it is gone
    std::int8_t waiting = -1;  ///< outcome::Waiting
    std::int8_t on_loss = 0;   ///< outcome::Termination if it is not seen any more
    bool counted = false;      ///< its end
    bool deleted = false;      ///< its DELETED event came: a list that is behind does not bring it back
    std::uint8_t age = 0;      ///< calls of forget_gone() since it is gone
  };
  using Pods = std::unordered_map<Uid, Record, UidHash>;

  static Uid uid_of(const kubernetes::Pod& pod);
  void show(Record& record, bool present, int phase, int waiting);
  void count(Record& record, int termination);
  void drop_if_unused(Groups::value_type& group);

  const std::size_t most_;
  Groups groups_;
  Pods pods_;
  std::uint8_t mark_ = 0;
  std::uint64_t terminations_ = 0;
};

}  // namespace spark_exporter::jobs
