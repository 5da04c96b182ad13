#pragma once
// Puts a run's values in place of the names that the runbooks' commands have for them ($NAMESPACE, $APP, ...), each the
// way that its surroundings ask for, so that no value can be more than a value there.

#include <map>
#include <string>
#include <string_view>

namespace spark_exporter::runbooks {

/// By name: "NAMESPACE" -> "etl".
using Values = std::map<std::string, std::string, std::less<>>;

/// The names that pages may have, beside EXPORTER and SPARK_UI, which only the reader knows.
bool is_name(std::string_view name);

/// `$NAME` and `${NAME}` become the value where it is known:
/// - in blocks of sh as it is where it has nothing that a shell would read (letters, digits and ./:@%+=,_-, begun by a
///   letter or digit), else single-quoted where the page has `"$NAME"` alone; a value that begins with a dash, which a
///   command would take for an option, is not filled in;
/// - in blocks of promql as the inside of a string;
/// - in text where it has nothing that Markdown would read.
/// Other blocks are left alone. A value with control characters is never filled in.
std::string fill(std::string_view markdown, const Values& values);

/// `value` with '?' for what Markdown would read, for tables.
std::string shown(std::string_view value);

}  // namespace spark_exporter::runbooks
