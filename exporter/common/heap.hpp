#pragma once
// The allocator's hold on memory that is free.

namespace spark_exporter {

/// After a burst of work: gives back to the kernel what a long answer's many small parts have taken. Freed between
/// others that stay, the allocator would keep it for good.
void give_back_free_memory();

}  // namespace spark_exporter
