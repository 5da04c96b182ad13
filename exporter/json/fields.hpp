#pragma once
// The words of the decoders' tables: a field is a path and the reader that takes the value found there.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "exporter/common/limits.hpp"
#include "exporter/json/sax_reader.hpp"

namespace spark_exporter::json {

/// Draft is the fact, or a struct derived from it that holds what the finished fact does not show.
template <class Draft>
struct Field {
  std::string_view path;
  Verdict (*set)(Draft&, const Scalar&);
};

template <class Draft, std::size_t Size>
consteval bool is_sorted(const Field<Draft> (&fields)[Size]) {
  for (std::size_t i = 1; i < Size; ++i) {
    if (!path_less(fields[i - 1].path, fields[i].path)) return false;
  }
  return true;
}

// --- conversions -------------------------------------------------------------------------------

/// A whole number of 0 to 2^63-1, also as 1612.0 where a double holds it exactly (to 2^53).
std::optional<std::int64_t> to_count(const Scalar& value);
/// Any number, as the nearest double.
std::optional<double> to_real(const Scalar& value);
/// How Java writes a double that JSON has no number for; such a value is as good as absent.
bool is_not_finite(const Scalar& value);
/// At most `limit` bytes, cut between code points.
std::string to_kept_text(std::string_view text, std::size_t limit = limits::kTextBytes);
/// The same, without what looks like a secret (common/redact.hpp).
std::string to_kept_free_text(std::string_view text, std::size_t limit = limits::kTextBytes);
/// As to_kept_text(), but a long text keeps its end as well: three quarters of it are its beginning, then " ... ".
std::string to_kept_ends(std::string_view text, std::size_t limit = limits::kTextBytes);

// --- readers -----------------------------------------------------------------------------------

/// Counts, bytes, durations in the member's unit. Each reads a value into `Member` of the draft.
template <auto Member, class Draft>
Verdict count(Draft& draft, const Scalar& value) {
  using Target = std::remove_cvref_t<decltype(draft.*Member)>;
  const auto number = to_count(value);
  if (!number) return Verdict::wrong("an integer");
  draft.*Member = Target{*number};
  return {};
}

template <auto Member, class Draft>
Verdict real(Draft& draft, const Scalar& value) {
  if (is_not_finite(value)) return {};
  const auto number = to_real(value);
  if (!number) return Verdict::wrong("a number");
  draft.*Member = *number;
  return {};
}

template <auto Member, class Draft>
Verdict flag(Draft& draft, const Scalar& value) {
  if (value.kind != Scalar::Kind::kBool) return Verdict::wrong("a boolean");
  draft.*Member = value.flag;
  return {};
}

template <auto Member, class Draft>
Verdict text(Draft& draft, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("a string");
  draft.*Member = to_kept_text(value.text);
  return {};
}

/// What people and programs wrote freely: without what looks like a secret.
template <auto Member, class Draft>
Verdict free_text(Draft& draft, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("a string");
  draft.*Member = to_kept_free_text(value.text);
  return {};
}

/// An element of a list of integers.
template <auto Member, class Draft>
Verdict each_count(Draft& draft, const Scalar& value) {
  const auto number = to_count(value);
  if (!number) return Verdict::wrong("an integer");
  if ((draft.*Member).size() >= limits::kListItems) return Verdict::full();
  (draft.*Member).push_back(*number);
  return {};
}

/// An element of a list of numbers.
template <auto Member, class Draft>
Verdict each_real(Draft& draft, const Scalar& value) {
  const auto number = to_real(value);
  if (!number) return Verdict::wrong("a number");
  if ((draft.*Member).size() >= limits::kListItems) return Verdict::full();
  (draft.*Member).push_back(*number);
  return {};
}

// --- documents ---------------------------------------------------------------------------------

template <class Draft, std::size_t Size>
std::vector<std::string_view> paths_of(const Field<Draft> (&fields)[Size]) {
  std::vector<std::string_view> paths;
  paths.reserve(Size);
  for (const auto& field : fields) paths.push_back(field.path);
  return paths;
}

/// Starts a new Draft for each element and delivers it if `missing(draft)` is null.
template <class Fact, class Draft>
class ElementSink final : public ItemSink {
 public:
  using Missing = const char* (*)(Draft&);

  ElementSink(std::span<const Field<Draft>> fields, Missing missing, const Each<Fact>& each)
      : fields_(fields), missing_(missing), each_(each) {}

  void begin() override { draft_ = Draft{}; }
  Verdict set(std::size_t path, const Scalar& value) override { return fields_[path].set(draft_, value); }
  const char* end() override {
    const char* reason = missing_(draft_);
    if (reason == nullptr) each_(static_cast<Fact&&>(draft_));
    return reason;
  }

 private:
  std::span<const Field<Draft>> fields_;
  Missing missing_;
  const Each<Fact>& each_;
  Draft draft_;
};

/// `missing` completes the draft, or names the required key that it lacks.
template <class Fact, class Draft, std::size_t Size>
Result<DecodeReport> decode_elements(std::istream& in, std::string_view document, const Field<Draft> (&fields)[Size],
                                     const char* (*missing)(Draft&), const Each<Fact>& each) {
  ElementSink<Fact, Draft> sink(fields, missing, each);
  return read_items(in, document, Root::kListOrObject, paths_of(fields), sink);
}

/// A document that is one object. `out` stays as it was unless the whole document could be read.
template <class Fact, class Draft, std::size_t Size>
Result<DecodeReport> decode_object(std::istream& in, std::string_view document, const Field<Draft> (&fields)[Size],
                                   const char* (*missing)(Draft&), Fact& out) {
  Fact read{};
  const Each<Fact> each = [&read](Fact&& fact) { read = std::move(fact); };
  ElementSink<Fact, Draft> sink(fields, missing, each);
  auto report = read_items(in, document, Root::kObject, paths_of(fields), sink);
  if (report) out = std::move(read);
  return report;
}

template <class Draft>
const char* nothing_missing(Draft&) {
  return nullptr;
}

}  // namespace spark_exporter::json
