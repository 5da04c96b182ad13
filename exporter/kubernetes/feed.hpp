#pragma once
// Between the bytes of lists and watches, which are alike for all kinds, and the objects of one kind.

#include <cstddef>
#include <istream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/common/memory_limit.hpp"
#include "exporter/common/result.hpp"
#include "exporter/json/report.hpp"
#include "exporter/kubernetes/decode.hpp"
#include "exporter/kubernetes/held_bytes.hpp"
#include "exporter/kubernetes/store.hpp"

namespace spark_exporter::kubernetes {

class Feed {
 public:
  virtual ~Feed() = default;
  virtual void begin_list() = 0;
  /// Decodes a page and, if all of it is well, puts its objects. Errors: the decoder's.
  virtual Result<json::DecodeReport> page(std::istream& body, ListHead& head) = 0;
  virtual void end_list() = 0;
  /// The object of an ADDED, MODIFIED or DELETED line.
  virtual Result<json::DecodeReport> event(EventType type, std::string_view line) = 0;
};

template <class Object>
class StoreFeed final : public Feed {
 public:
  /// `most`: bytes that the objects of a page may take.
  explicit StoreFeed(Store<Object>& store, std::size_t most = page_bytes(allowed_memory()))
      : store_(store), most_(most) {}

  void begin_list() override { store_.begin_list(); }
  void end_list() override { store_.end_list(); }

  Result<json::DecodeReport> page(std::istream& body, ListHead& head) override {
    std::vector<Object> objects;
    std::size_t held = 0;
    const json::Each<Object> each = [&](Object&& object) {
      held += sizeof(Object) + heap_of(object);
      if (held <= most_) {
        objects.push_back(std::move(object));
      } else {
        std::vector<Object>().swap(objects);
      }
    };
    auto report = decode_list<Object>(body, head, each);
    if (!report) return report;
    if (held > most_) {
      return Error{ErrorKind::kTooLarge, "the objects of a page take " + std::to_string(held) + " bytes, and " +
                                             std::to_string(most_) + " are allowed"};
    }
    for (auto& object : objects) store_.put(std::move(object));
    return report;
  }

  Result<json::DecodeReport> event(EventType type, std::string_view line) override {
    Object object;
    auto report = decode_event<Object>(line, object);
    if (!report || object.name.empty()) return report;
    if (type == EventType::kDeleted) {
      store_.remove(std::move(object));
    } else {
      store_.put(std::move(object));
    }
    return report;
  }

 private:
  Store<Object>& store_;
  const std::size_t most_;
};

}  // namespace spark_exporter::kubernetes
