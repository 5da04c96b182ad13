#pragma once
// A runbook as it is served: about one run, told by what was asked for and by the runs that the exporter knows.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/common/result.hpp"
#include "exporter/runbooks/library.hpp"

namespace spark_exporter::runbooks {

/// One that a page may be about; what is not known is "".
struct Run {
  std::string kubernetes_namespace;
  std::string app;
  std::string app_id;
  std::string driver_pod;
  std::string node;
  std::string state;
  std::string reason;  ///< why it failed
};

/// The known names among a query's, lower case ("namespace", "app_id", ...), decoded. Error kMalformed names one
/// whose value is too long, no UTF-8, has control characters or bad percent signs. Unknown names are passed over.
using Asked = std::map<std::string, std::string, std::less<>>;
Result<Asked> read_query(std::string_view query);

struct Served {
  std::string markdown;
  std::string query;  ///< "?namespace=..." of the run that it is about, "" if it is about none
};

/// The page with the values of the run that was asked for, or of the only job there is, filled in: its newest run.
/// Where `runs` (by job, and the newest of each last) leave a choice, the page begins with it.
Served serve(const Page& page, const Asked& asked, const std::vector<Run>& runs);

/// A whole HTML document.
std::string html_page(const Page& page, const Served& served);

}  // namespace spark_exporter::runbooks
