#include "exporter/logs/automaton.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <stdexcept>

namespace spark_exporter::logs {

Automaton::Automaton(std::span<const std::string_view> needles) {
  if (needles.size() > kMostNeedles) throw std::invalid_argument("too many needles");
  number_bytes(needles);
  grow(needles);
  link();
  sort_accepting();
}

/// Few of the 256 bytes are in a needle: columns that are the same are one, and the table stays in the cache.
void Automaton::number_bytes(std::span<const std::string_view> needles) {
  for (const auto needle : needles) {
    if (needle.empty()) throw std::invalid_argument("an empty needle");
    for (const char c : needle) {
      auto& number = class_[static_cast<unsigned char>(c)];
      if (number == 0) number = static_cast<std::uint8_t>(classes_++);
    }
  }
  shift_ = static_cast<unsigned>(std::bit_width(std::bit_ceil(classes_)) - 1);
}

/// The needles as a tree. 0 is the root, and stands for "no such branch" until link().
void Automaton::grow(std::span<const std::string_view> needles) {
  const auto add_state = [this] {
    if (found_.size() > std::numeric_limits<std::uint16_t>::max()) throw std::invalid_argument("needles too long");
    found_.emplace_back();
    table_.resize(found_.size() << shift_);
    return static_cast<std::uint16_t>(found_.size() - 1);
  };
  add_state();
  for (std::size_t i = 0; i < needles.size(); ++i) {
    std::size_t state = 0;
    for (const char c : needles[i]) {
      const auto at = state << shift_ | class_[static_cast<unsigned char>(c)];
      if (table_[at] == 0) {
        const auto made = add_state();
        table_[at] = made;
      }
      state = table_[at];
    }
    found_[state].set(i);
  }
}

/// Breadth first: where a branch ends, go on as the longest suffix that is in the tree would; and what that one has
/// found, this one has.
void Automaton::link() {
  std::vector<std::size_t> fallback(found_.size());
  std::vector<std::size_t> queue;
  for (std::size_t c = 0; c < classes_; ++c) {
    if (table_[c] != 0) queue.push_back(table_[c]);
  }
  for (std::size_t done = 0; done < queue.size(); ++done) {
    const auto state = queue[done];
    const auto other = fallback[state];
    found_[state] |= found_[other];
    for (std::size_t c = 0; c < classes_; ++c) {
      auto& next = table_[state << shift_ | c];
      const auto by_suffix = table_[other << shift_ | c];
      if (next == 0) {
        next = by_suffix;
      } else {
        fallback[next] = by_suffix;
        queue.push_back(next);
      }
    }
  }
}

/// States that have found something come last, so that one comparison in the loop tells.
void Automaton::sort_accepting() {
  std::vector<std::uint16_t> place(found_.size());
  std::uint16_t next = 0;
  for (const bool accepting : {false, true}) {
    if (accepting) first_accepting_ = next;
    for (std::size_t state = 0; state < found_.size(); ++state) {
      if (found_[state].any() == accepting) place[state] = next++;
    }
  }
  auto table = table_;
  auto found = found_;
  for (std::size_t state = 0; state < found_.size(); ++state) {
    found[place[state]] = found_[state];
    for (std::size_t c = 0; c < classes_; ++c) {
      table[static_cast<std::size_t>(place[state]) << shift_ | c] = place[table_[state << shift_ | c]];
    }
  }
  table_ = std::move(table);
  found_ = std::move(found);
}

Automaton::State Automaton::scan(State state, std::string_view bytes, NeedleSet& found) const {
  const auto* const table = table_.data();
  for (const char c : bytes) {
    state = table[static_cast<std::size_t>(state) << shift_ | class_[static_cast<unsigned char>(c)]];
    if (state >= first_accepting_) [[unlikely]] found |= found_[state];
  }
  return state;
}

}  // namespace spark_exporter::logs
