#pragma once
// Memory that is missing for a while.

#include <atomic>
#include <new>

namespace spark_exporter::test {

class OutOfMemory {
 public:
  /// The next so many try_it() throw, on whatever thread; waits for the last of them.
  void happen(int times) {
    left_ = times;
    for (int left = times; left > 0; left = left_) left_.wait(left);
  }

  void try_it() {
    if (left_ <= 0 || left_-- <= 0) return;
    left_.notify_all();
    throw std::bad_alloc();
  }

 private:
  std::atomic<int> left_{0};
};

}  // namespace spark_exporter::test
