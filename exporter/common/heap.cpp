#include "exporter/common/heap.hpp"

#include <malloc.h>

namespace spark_exporter {

void HeapTrim::give_back() {
  constexpr std::size_t kWorthIt = 1024 * 1024;
  // What was given back still counts as free: it has an address and no memory.
  if (mallinfo2().fordblks <= left_free_ + kWorthIt) return;
  malloc_trim(0);
  left_free_ = mallinfo2().fordblks;
}

}  // namespace spark_exporter
