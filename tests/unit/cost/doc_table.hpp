#pragma once
// The tables of docs/cost.md, which are what its tests are fed with and what they expect.

#include <map>
#include <string>
#include <vector>

namespace spark_exporter::cost::testing {

using Row = std::map<std::string, std::string>;  ///< by the column's name

/// The table below the line "<!-- NAME -->"; empty: there is none.
std::vector<Row> doc_table(const std::string& name);

/// Money as the page writes it: five places, without trailing zeros.
std::string shown(double money);

}  // namespace spark_exporter::cost::testing
