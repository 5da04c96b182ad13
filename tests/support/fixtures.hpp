#pragma once
// Files under tests/fixtures.

#include <string>

namespace spark_exporter::test {

/// The file's content; throws std::runtime_error naming the path if it cannot be read.
std::string fixture(const std::string& path);

}  // namespace spark_exporter::test
