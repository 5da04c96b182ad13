#pragma once
// Which of a closed list of texts a stream of bytes holds: Aho and Corasick's automaton as a table, one look-up for each
// byte however many texts there are, and one number of state between two pieces, so that a line of any length needs no
// memory. Immutable once made: for any thread.

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace spark_exporter::logs {

inline constexpr std::size_t kMostNeedles = 128;
using NeedleSet = std::bitset<kMostNeedles>;

class Automaton {
 public:
  using State = std::uint32_t;
  static constexpr State kStart = 0;

  /// Throws std::invalid_argument for more than kMostNeedles, and for an empty one.
  explicit Automaton(std::span<const std::string_view> needles);

  /// Reads on in `state`; adds to `found` those whose last byte is in `bytes`. The state to go on with.
  State scan(State state, std::string_view bytes, NeedleSet& found) const;

  std::size_t table_bytes() const { return table_.size() * sizeof(table_.front()); }

 private:
  void number_bytes(std::span<const std::string_view> needles);
  void grow(std::span<const std::string_view> needles);
  void link();
  void sort_accepting();

  std::array<std::uint8_t, 256> class_{};  ///< bytes that no needle has are one class, 0
  std::size_t classes_ = 1;
  unsigned shift_ = 0;
  std::vector<std::uint16_t> table_;  ///< [state << shift_ | class]: the next state
  std::vector<NeedleSet> found_;      ///< by state
  std::size_t first_accepting_ = 0;   ///< states from here on have found something
};

}  // namespace spark_exporter::logs
