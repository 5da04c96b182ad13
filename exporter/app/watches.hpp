#pragma once
// The process's watches of the Kubernetes API: a client, a thread and a store for each kind of object.

#include <functional>
#include <memory>
#include <string>

#include "exporter/kubernetes/cluster.hpp"
#include "exporter/kubernetes/list_watch.hpp"
#include "exporter/kubernetes/resource.hpp"
#include "exporter/kubernetes/store.hpp"
#include "exporter/model/snapshot.hpp"

namespace spark_exporter::app {

class Watches {
 public:
  explicit Watches(kubernetes::Cluster cluster, kubernetes::WatchTuning tuning = {});
  /// Stops and joins all.
  ~Watches();

  /// Starts to watch. `store` outlives this. `changed` is called after each list and event, on the watch's thread.
  template <class Object>
  void add(kubernetes::Selection selection, kubernetes::Store<Object>& store, std::function<void()> changed = {});

  /// Every first list is in, or refused for good.
  bool ready() const;
  /// Whether `plural` is watched and readable (not 403, not absent).
  bool readable(std::string_view plural) const;
  /// The source "kubernetes": up while every watch that is allowed is in step.
  model::SourceHealth health(kubernetes::TimePoint now) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spark_exporter::app
