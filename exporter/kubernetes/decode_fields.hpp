#pragma once
// The words of the decoders' tables beyond those of every JSON document: what Kubernetes' objects have in common, lists
// whose elements are objects, and one table read from where lists, watches and single answers have the object.

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "exporter/common/limits.hpp"
#include "exporter/json/fields.hpp"
#include "exporter/kubernetes/decode.hpp"
#include "exporter/kubernetes/facts.hpp"
#include "exporter/kubernetes/text.hpp"

namespace spark_exporter::kubernetes {

using json::Field;
using json::Scalar;
using json::Verdict;

// --- readers -----------------------------------------------------------------------------------

template <auto Member, class T>
Verdict time(T& object, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("a time");
  object.*Member = parse_time(value.text);
  return object.*Member || value.text.starts_with("0001-") ? Verdict{} : Verdict::wrong("a time");
}

/// Seconds, also as "grace period" and "deadline"; below zero there is none.
template <auto Member, class T>
Verdict seconds(T& object, const Scalar& value) {
  const auto number = json::to_count(value);
  // A century is as good as never, and fits every duration.
  constexpr std::int64_t kMost = 100LL * 366 * 24 * 3600;
  if (!number) return Verdict::wrong("a number of seconds");
  object.*Member = Seconds{std::min(*number, kMost)};
  return {};
}

/// An integer that may be below zero.
template <auto Member, class T>
Verdict integer(T& object, const Scalar& value) {
  const bool below = value.kind == Scalar::Kind::kInteger;
  const auto number = below ? std::optional<std::int64_t>(value.integer) : json::to_count(value);
  if (!number) return Verdict::wrong("an integer");
  object.*Member = *number;
  return {};
}

/// A text that may be longer than most.
template <auto Member, std::size_t Bytes, class T>
Verdict long_text(T& object, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("a string");
  object.*Member = json::to_kept_text(value.text, Bytes);
  return {};
}

/// "Read" into the struct that is `Member` of the object.
template <auto Member, auto Read, class T>
Verdict inside(T& object, const Scalar& value) {
  return Read(object.*Member, value);
}

/// "Read" into that element of the list `Member` which the value belongs to.
template <auto Member, std::size_t Most, auto Read, class T>
Verdict element(T& object, const Scalar& value) {
  auto& list = object.*Member;
  if (value.index >= Most) return {};
  if (list.size() <= value.index) list.resize(value.index + 1);
  return Read(list[value.index], value);
}

/// An element of a list of texts.
template <auto Member, std::size_t Most, class T>
Verdict each_text(T& object, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("a string");
  if ((object.*Member).size() < Most) (object.*Member).push_back(json::to_kept_text(value.text));
  return {};
}

/// An amount of requests, limits or capacity; the resource's name is the key.
Verdict amount(Resources& resources, const Scalar& value);

Verdict label(Object& object, const Scalar& value);
Verdict annotation(Object& object, const Scalar& value);

// --- tables ------------------------------------------------------------------------------------

/// Every kind's "metadata", which sorts before "spec" and "status".
template <class T>
inline constexpr Field<T> kMetadata[] = {
    {"metadata.annotations.*", [](T& object, const Scalar& value) { return annotation(object, value); }},
    {"metadata.creationTimestamp", time<&Object::creation_time>},
    {"metadata.deletionGracePeriodSeconds", seconds<&Object::deletion_grace_period>},
    {"metadata.deletionTimestamp", time<&Object::deletion_time>},
    {"metadata.labels.*", [](T& object, const Scalar& value) { return label(object, value); }},
    {"metadata.name", json::text<&Object::name>},
    {"metadata.namespace", json::text<&Object::namespace_name>},
    {"metadata.ownerReferences[].controller",
     element<&Object::owners, limits::kOwners, json::flag<&Owner::controller, Owner>>},
    {"metadata.ownerReferences[].kind", element<&Object::owners, limits::kOwners, json::text<&Owner::kind, Owner>>},
    {"metadata.ownerReferences[].name", element<&Object::owners, limits::kOwners, json::text<&Owner::name, Owner>>},
    {"metadata.ownerReferences[].uid", element<&Object::owners, limits::kOwners, json::text<&Owner::uid, Owner>>},
    {"metadata.resourceVersion", json::text<&Object::resource_version>},
    {"metadata.uid", json::text<&Object::uid>},
};
static_assert(json::is_sorted(kMetadata<Pod>));

/// status.conditions[] of every kind that has them.
template <auto Read, class T>
Verdict condition(T& object, const Scalar& value) {
  return element<&T::conditions, limits::kConditions, Read>(object, value);
}

/// Where in the document the object is: "", "items[]." or "object.".
template <class T>
class Table {
 public:
  template <std::size_t Size>
  Table(const Field<T> (&own)[Size], std::string_view place) {
    fields_.reserve(std::size(kMetadata<T>) + Size);
    for (const auto& field : kMetadata<T>) fields_.push_back(field);
    for (const auto& field : own) fields_.push_back(field);
    names_.reserve(fields_.size());
    for (const auto& field : fields_) names_.push_back(std::string(place) + std::string(field.path));
  }

  /// The paths, ascending. Valid while the table lives.
  std::vector<std::string_view> paths() const { return {names_.begin(), names_.end()}; }
  std::size_t size() const { return fields_.size(); }
  Verdict set(std::size_t path, T& object, const Scalar& value) const { return fields_[path].set(object, value); }

 private:
  std::vector<Field<T>> fields_;
  std::vector<std::string> names_;
};

// --- documents ---------------------------------------------------------------------------------

/// An object while it is read: holds what the finished one does not show.
template <class T>
struct Draft : T {
  /// An object of a list inside of it begins.
  void begin_part(std::string_view) {}
};

/// spec.containers[].env[]: which of its two keys comes first is the writer's choice.
template <>
struct Draft<Pod> : Pod {
  struct Variable {
    bool named = false;      ///< its name was read
    bool asked_for = false;  ///< and is the one we look for
    std::string value;
  };
  Variable variable;

  void begin_part(std::string_view list) {
    if (list.ends_with(".env[]")) variable = {};
  }
};

/// A list: its own fields come after "items" in the order of paths.
template <class T>
class ListSink final : public json::ItemSink {
 public:
  ListSink(const Table<T>& table, ListHead& head, const json::Each<T>& each)
      : table_(table), head_(head), each_(each) {}

  void begin() override {}
  const char* end() override { return nullptr; }

  Verdict set(std::size_t path, const Scalar& value) override {
    if (path < table_.size()) return table_.set(path, object_, value);
    return path == table_.size() ? json::text<&ListHead::continue_token>(head_, value)
                                 : json::text<&ListHead::resource_version>(head_, value);
  }

  bool begin_element(std::string_view list) override {
    if (list != kItems) {
      object_.begin_part(list);
      return true;
    }
    object_ = Draft<T>{};
    return ++objects_ <= limits::kPageObjectsTaken;
  }

  const char* end_element(std::string_view list) override {
    if (list != kItems) return nullptr;
    if (object_.name.empty()) return "no name";
    each_(static_cast<T&&>(object_));
    return nullptr;
  }

 private:
  static constexpr std::string_view kItems = "items[]";

  const Table<T>& table_;
  ListHead& head_;
  const json::Each<T>& each_;
  Draft<T> object_;
  std::size_t objects_ = 0;
};

template <class T, std::size_t Size>
Result<DecodeReport> read_list(std::istream& in, std::string_view document, const Field<T> (&fields)[Size],
                               ListHead& head, const json::Each<T>& each) {
  const Table<T> table(fields, "items[].");
  auto paths = table.paths();
  paths.emplace_back("metadata.continue");
  paths.emplace_back("metadata.resourceVersion");
  ListSink<T> sink(table, head, each);
  return json::read_items(in, document, json::Root::kObject, paths, sink);
}

template <class T>
class ObjectSink final : public json::ItemSink {
 public:
  explicit ObjectSink(const Table<T>& table) : table_(table) {}

  void begin() override { object_ = Draft<T>{}; }
  const char* end() override { return object_.name.empty() ? "no name" : nullptr; }
  Verdict set(std::size_t path, const Scalar& value) override { return table_.set(path, object_, value); }
  bool begin_element(std::string_view list) override {
    object_.begin_part(list);
    return true;
  }
  T& object() { return object_; }

 private:
  const Table<T>& table_;
  Draft<T> object_;
};

template <class T, std::size_t Size>
Result<DecodeReport> read_object(std::istream& in, std::string_view document, const Field<T> (&fields)[Size],
                                 std::string_view place, T& out) {
  const Table<T> table(fields, place);
  ObjectSink<T> sink(table);
  auto report = json::read_items(in, document, json::Root::kObject, table.paths(), sink);
  if (report && !sink.object().name.empty()) out = std::move(sink.object());
  return report;
}

/// A stream over a text that somebody else holds.
class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // a get area is never written to
    setg(begin, begin, begin + text.size());
  }
};

template <class T, std::size_t Size>
Result<DecodeReport> read_event(std::string_view line, std::string_view document, const Field<T> (&fields)[Size],
                                T& out) {
  ViewBuffer buffer(line);
  std::istream in(&buffer);
  return read_object(in, document, fields, "object.", out);
}

}  // namespace spark_exporter::kubernetes
