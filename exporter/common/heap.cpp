#include "exporter/common/heap.hpp"

#include <malloc.h>

#include <cstddef>

namespace spark_exporter {

void give_back_free_memory() {
  constexpr std::size_t kWorthIt = 128 * 1024;
  if (mallinfo2().fordblks > kWorthIt) malloc_trim(0);
}

}  // namespace spark_exporter
