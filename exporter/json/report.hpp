#pragma once
// What reading a document yields besides its facts.

#include <cstdint>
#include <functional>
#include <string>

namespace spark_exporter::json {

/// Fields whose type was not the documented one; the rest of the document was used.
struct DecodeReport {
  std::uint64_t wrong_types = 0;
  std::string first;  ///< "stages[3].numTasks: string where an integer is documented"
};

/// Called for each element of a list, in its order.
template <class T>
using Each = std::function<void(T&&)>;

}  // namespace spark_exporter::json
