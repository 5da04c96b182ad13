#include "tests/support/fixtures.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace spark_exporter::test {

std::string fixture(const std::string& path) {
  const std::string full = std::string(FIXTURES_DIR) + "/" + path;
  std::ifstream file(full, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + full);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace spark_exporter::test
