#pragma once
// The allocator's hold on memory that is free.

#include <cstddef>

namespace spark_exporter {

/// Gives back to the kernel what a long answer's many small parts have taken: freed between others that stay, the
/// allocator would keep it for good. One thread.
class HeapTrim {
 public:
  /// After a burst of work. Does something only when a mebibyte more is free than it left the last time.
  void give_back();

 private:
  std::size_t left_free_ = 0;
};

}  // namespace spark_exporter
