#include "exporter/common/spare_descriptors.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

namespace spark_exporter {

SpareDescriptors::~SpareDescriptors() {
  while (held_ > 0) close_one();
  low_.store(false, std::memory_order_relaxed);
}

void SpareDescriptors::close_one() { close(fds_[--held_]); }

bool SpareDescriptors::lend_one() {
  if (held_ <= kPerRequest) return false;
  close_one();
  return true;
}

void SpareDescriptors::begin_loan() {
  lent_ += kPerRequest;
  for (std::size_t i = 0; i < kPerRequest && held_ > 0; ++i) close_one();
}

void SpareDescriptors::end_loan() {
  lent_ -= kPerRequest;
  refill();
}

void SpareDescriptors::refill() {
  while (held_ + lent_ < kCount) {
    const int fd = eventfd(0, EFD_CLOEXEC);
    if (fd < 0) break;
    fds_[held_++] = fd;
  }
  low_.store(held_ + lent_ < kCount / 2, std::memory_order_relaxed);
}

}  // namespace spark_exporter
