#pragma once
// Looking up keys that come in a sorted map's own order.

namespace spark_exporter {

/// Finds each key that follows the one before without a search; any other with one. Entries may be added meanwhile, and
/// none erased.
template <class Map>
class InOrder {
 public:
  explicit InOrder(Map& map) : map_(&map), next_(map.begin()) {}

  /// The value of that key, null where it is not in the map.
  template <class Key>
  auto* find(const Key& key) {
    const auto found = next_ != map_->end() && next_->first == key ? next_ : map_->find(key);
    if (found == map_->end()) return decltype(&found->second){nullptr};
    next_ = found;
    ++next_;
    return &found->second;
  }

 private:
  Map* map_;
  decltype(map_->begin()) next_;
};

}  // namespace spark_exporter
