#pragma once
// Where the objects of a watch go. Called from the watch's thread only.

namespace spark_exporter::kubernetes {

template <class Object>
class Store {
 public:
  virtual ~Store() = default;

  /// A list begins: everything is put once more. One that breaks off begins anew, so this may come twice in a row.
  virtual void begin_list() = 0;
  /// Listed, added or modified.
  virtual void put(Object&& object) = 0;
  /// A DELETED event, with the object's last state.
  virtual void remove(Object&& object) = 0;
  /// What was not put since begin_list() is no more, and nobody saw how it went.
  virtual void end_list() = 0;
};

}  // namespace spark_exporter::kubernetes
