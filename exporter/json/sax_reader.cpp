#include "exporter/json/sax_reader.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/common/text.hpp"
#include "exporter/json/sax_guard.hpp"

namespace spark_exporter::json {
namespace {

using Json = nlohmann::json;
using Kind = Scalar::Kind;

constexpr std::size_t kShownKey = 64;
constexpr std::size_t kCauseBytes = 160;

/// The paths that the value at hand may belong to: [first, last), which agree in their first `offset` bytes.
struct Slot {
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t offset = 0;

  bool empty() const { return first == last; }
};

/// An open container that somebody asked for.
struct Frame {
  bool list = false;
  Slot slot;  ///< of a list: its elements'; of an object: what its keys are looked up in
  /// Of a list: the element at hand; of an object: the same of the list around it.
  std::size_t index = std::numeric_limits<std::size_t>::max();
};

/// nlohmann's text without its prefix and without the token, which is foreign and may be long.
std::string cause_of(const Json::exception& error) {
  std::string_view what = error.what();
  if (const auto bracket = what.find("] "); bracket != std::string_view::npos) what.remove_prefix(bracket + 2);
  if (const auto column = what.find(" column "); column != std::string_view::npos) {
    if (const auto colon = what.find(": ", column); colon != std::string_view::npos) what.remove_prefix(colon + 2);
  }
  return std::string(what.substr(0, std::min(what.find("; last read:"), kCauseBytes)));
}

/// nlohmann's parser keeps its own stack and calls back for each token; ours is as deep as the paths are.
class Walker {
 public:
  Walker(std::string_view document, Root root, std::span<const std::string_view> paths, ItemSink& sink)
      : document_(document), root_(root), paths_(paths), sink_(sink) {}

  // The names are nlohmann's (json_sax).
  bool null() { return unasked() || value({}); }
  bool boolean(bool flag) { return unasked() || value({.kind = Kind::kBool, .flag = flag}); }
  bool number_integer(std::int64_t number) {
    if (number >= 0) return number_unsigned(static_cast<std::uint64_t>(number));
    return unasked() || value({.kind = Kind::kInteger, .integer = number});
  }
  bool number_unsigned(std::uint64_t number) { return unasked() || value({.kind = Kind::kNatural, .natural = number}); }
  bool number_float(double number, const std::string&) {
    return unasked() || value({.kind = Kind::kReal, .real = number});
  }
  bool string(std::string& text) { return unasked() || value({.kind = Kind::kText, .text = text}); }
  bool binary(Json::binary_t&) { return true; }
  bool start_object(std::size_t) { return open(Kind::kObject); }
  bool start_array(std::size_t) { return open(Kind::kList); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name);
  bool parse_error(std::size_t, const std::string&, const Json::exception& error);

  DecodeReport take_report() { return std::move(report_); }
  const std::optional<std::pair<ErrorKind, std::string>>& failure() const { return failure_; }

 private:
  bool value(Scalar scalar);
  bool open(Kind kind);
  bool close();
  bool open_root(Kind kind);
  bool open_field(Kind kind);
  bool end_item();
  void end_element(Slot slot);
  bool apply(const Slot& slot, const Scalar& scalar);

  /// Most values of an answer: those of keys that no path names, and all inside of them.
  bool unasked() const { return skipped_depth_ > 0 || (in_item() && !frames_.back().list && key_slot_.empty()); }
  bool in_item() const { return frames_.size() > item_frame_; }
  /// Whether the objects in it are many of one kind: a list's, or those under any key.
  bool is_element_parent(const Frame& frame) const { return frame.list || rest(frame.slot).starts_with('*'); }
  std::string_view rest(const Slot& slot) const { return paths_[slot.first].substr(slot.offset); }
  std::string_view path_to(const Slot& slot) const { return paths_[slot.first].substr(0, slot.offset); }
  Slot find(const Slot& slot, std::string_view name) const;
  Slot whole_table() const { return {0, paths_.size(), 0}; }
  bool next_slot(Slot& slot);
  bool count_element();
  bool fail(ErrorKind kind, std::string what);
  void report(const Slot& slot, std::string_view what);
  void report_type(const Slot& slot, const Scalar& scalar, std::string_view documented);
  std::string where(const Slot& slot) const;

  std::string_view document_;
  Root root_;
  std::span<const std::string_view> paths_;
  ItemSink& sink_;
  std::vector<Frame> frames_;
  std::size_t item_frame_ = 0;  ///< 1 once the root turned out to be a list: its frame is below the item's
  Slot key_slot_;               ///< what the value after the last key may fill
  std::string wildcard_;        ///< the key that "*" stands for
  int depth_ = 0;
  int skipped_depth_ = 0;  ///< open containers inside of what is passed over
  DecodeReport report_;
  std::optional<std::pair<ErrorKind, std::string>> failure_;
};

bool Walker::fail(ErrorKind kind, std::string what) {
  if (!failure_) failure_.emplace(kind, std::move(what));
  return false;
}

bool Walker::parse_error(std::size_t, const std::string&, const Json::exception& error) {
  return fail(ErrorKind::kMalformed, cause_of(error));
}

// --- paths -------------------------------------------------------------------------------------

/// Below, at or above zero as the segment of `path` at `offset` sorts before, is or sorts after `name`.
int compare_segment(std::string_view path, std::size_t offset, std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = offset + i < path.size() ? path_rank(path[offset + i]) : '\0';
    if (c != name[i] || c == '\0') return c < name[i] || c == '\0' ? -1 : 1;
  }
  return offset + name.size() < path.size() && path_rank(path[offset + name.size()]) != '\0' ? 1 : 0;
}

Slot Walker::find(const Slot& slot, std::string_view name) const {
  const auto compare = [&](std::string_view path) { return compare_segment(path, slot.offset, name); };
  const auto first = paths_.begin() + static_cast<std::ptrdiff_t>(slot.first);
  const auto last = paths_.begin() + static_cast<std::ptrdiff_t>(slot.last);
  const auto begin = std::partition_point(first, last, [&](std::string_view path) { return compare(path) < 0; });
  const auto end = std::find_if(begin, last, [&](std::string_view path) { return compare(path) != 0; });
  return {static_cast<std::size_t>(begin - paths_.begin()), static_cast<std::size_t>(end - paths_.begin()),
          slot.offset + name.size()};
}

bool Walker::key(std::string& name) {
  if (skipped_depth_ > 0) return true;
  const Slot& slot = frames_.back().slot;
  if (rest(slot).front() != '*') {
    key_slot_ = find(slot, name);
  } else if (name.size() <= limits::kMetricKeyBytes) {
    wildcard_ = name;
    key_slot_ = {slot.first, slot.last, slot.offset + 1};
  } else {
    key_slot_ = {};
  }
  return true;
}

/// Moves on to the next value of the innermost frame.
bool Walker::next_slot(Slot& slot) {
  Frame& frame = frames_.back();
  if (frame.list) {
    ++frame.index;
    slot = frame.slot;
  } else {
    slot = key_slot_;
  }
  return !slot.empty();
}

std::string Walker::where(const Slot& slot) const {
  std::string text(document_);
  std::size_t frame = 0;
  const auto next_index = [&] {
    while (frame < frames_.size() && !frames_[frame].list) ++frame;
    return frame < frames_.size() ? std::to_string(frames_[frame++].index) : std::string();
  };
  if (item_frame_ == 1) text += '[' + next_index() + ']';
  const auto path = slot.empty() ? std::string_view() : path_to(slot);
  if (!path.empty()) text += '.';
  for (const char c : path) {
    if (c == '*') {
      text += quoted(wildcard_, kShownKey);
    } else {
      text += c;
      if (c == '[') text += next_index();
    }
  }
  return text;
}

void Walker::report(const Slot& slot, std::string_view what) {
  if (report_.wrong_types++ == 0) report_.first = where(slot) + ": " + std::string(what);
}

void Walker::report_type(const Slot& slot, const Scalar& scalar, std::string_view documented) {
  report(slot,
         report_.wrong_types > 0 ? "" : describe(scalar) + " where " + std::string(documented) + " is documented");
}

// --- values ------------------------------------------------------------------------------------

bool Walker::value(Scalar scalar) {
  if (!in_item()) {
    if (!count_element()) return false;
    report_type({}, scalar, "an object");
    return true;
  }
  Slot slot;
  if (!next_slot(slot) || scalar.kind == Kind::kNull) return true;
  if (!rest(slot).empty()) {
    report_type(slot, scalar, rest(slot).front() == '[' ? "a list" : "an object");
    return true;
  }
  return apply(slot, scalar);
}

bool Walker::apply(const Slot& slot, const Scalar& scalar) {
  Scalar placed = scalar;
  placed.index = frames_.back().index;
  placed.key = wildcard_;
  const Verdict verdict = sink_.set(slot.first, placed);
  if (verdict.too_many) return fail(ErrorKind::kTooLarge, "more values than are taken at " + where(slot));
  if (verdict.documented != nullptr) report_type(slot, scalar, verdict.documented);
  return true;
}

// --- containers --------------------------------------------------------------------------------

bool Walker::open(Kind kind) {
  if (++depth_ > limits::kJsonDepth) {
    return fail(ErrorKind::kTooLarge, "nested deeper than " + std::to_string(limits::kJsonDepth));
  }
  if (skipped_depth_ > 0) {
    ++skipped_depth_;
    return true;
  }
  return in_item() ? open_field(kind) : open_root(kind);
}

bool Walker::count_element() {
  if (frames_.empty()) return true;
  if (++frames_.back().index < limits::kListItems) return true;
  return fail(ErrorKind::kTooLarge, "more than " + std::to_string(limits::kListItems) + " elements");
}

/// A container where the document or an element of its list stands.
bool Walker::open_root(Kind kind) {
  if (kind == Kind::kList && frames_.empty() && root_ == Root::kListOrObject) {
    frames_.push_back({.list = true, .slot = whole_table()});
    item_frame_ = 1;
    return true;
  }
  if (!count_element()) return false;
  if (kind == Kind::kObject) {
    sink_.begin();
    frames_.push_back({.list = false, .slot = whole_table()});
  } else {
    report_type({}, {.kind = kind}, "an object");
    skipped_depth_ = 1;
  }
  return true;
}

bool Walker::open_field(Kind kind) {
  Slot slot;
  if (!next_slot(slot)) {
    skipped_depth_ = 1;
    return true;
  }
  const std::string_view path = rest(slot);
  if (kind == Kind::kObject && path.starts_with('.')) {
    const bool element = is_element_parent(frames_.back());
    frames_.push_back({.list = false, .slot = {slot.first, slot.last, slot.offset + 1}, .index = frames_.back().index});
    if (!element || sink_.begin_element(path_to(slot))) return true;
    return fail(ErrorKind::kTooLarge, "more elements than are taken at " + where(slot));
  }
  if (kind == Kind::kList && path.starts_with("[]")) {
    frames_.push_back({.list = true, .slot = {slot.first, slot.last, slot.offset + 2}});
    return true;
  }
  skipped_depth_ = 1;
  if (path.empty()) return apply(slot, {.kind = kind});
  report_type(slot, {.kind = kind}, path.front() == '[' ? "a list" : "an object");
  return true;
}

bool Walker::close() {
  --depth_;
  if (skipped_depth_ > 0) {
    --skipped_depth_;
    return true;
  }
  const bool was_item = frames_.size() == item_frame_ + 1;
  const Frame closed = frames_.back();
  frames_.pop_back();
  if (was_item) return end_item();
  if (!closed.list && is_element_parent(frames_.back())) end_element(closed.slot);
  return true;
}

/// `slot`: of the element's fields, so that its path goes on to a dot.
void Walker::end_element(Slot slot) {
  --slot.offset;
  if (const char* reason = sink_.end_element(path_to(slot)); reason != nullptr) {
    report(slot, std::string("dropped: ") + reason);
  }
}

bool Walker::end_item() {
  if (const char* reason = sink_.end(); reason != nullptr) report({}, std::string("dropped: ") + reason);
  return true;
}

Error error_at(ErrorKind kind, std::string_view document, const SaxGuard& guard, std::string_view what) {
  return {kind, std::string(document) + ": byte " + std::to_string(guard.position()) + ": " + std::string(what)};
}

}  // namespace

bool ItemSink::begin_element(std::string_view) { return true; }
const char* ItemSink::end_element(std::string_view) { return nullptr; }

Result<DecodeReport> read_items(std::istream& in, std::string_view document, Root root,
                                std::span<const std::string_view> paths, ItemSink& sink) noexcept {
  SaxGuard guard(in.rdbuf());
  try {
    Walker walker(document, root, paths, sink);
    std::istream guarded(&guard);
    const bool complete = Json::sax_parse(guarded, &walker);
    if (guard.too_long() != nullptr) {
      return error_at(ErrorKind::kTooLarge, document, guard, std::string(guard.too_long()) + " is too long");
    }
    if (walker.failure()) return error_at(walker.failure()->first, document, guard, walker.failure()->second);
    if (!complete) return error_at(ErrorKind::kMalformed, document, guard, "not JSON");
    return walker.take_report();
  } catch (const std::bad_alloc&) {
    return error_at(ErrorKind::kTooLarge, document, guard, "out of memory");
  } catch (const std::exception& failure) {
    return error_at(ErrorKind::kIo, document, guard, quoted(failure.what(), kCauseBytes));
  } catch (...) {
    return error_at(ErrorKind::kIo, document, guard, "reading failed");
  }
}

}  // namespace spark_exporter::json
