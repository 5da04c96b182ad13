#include "exporter/runbooks/page.hpp"

#include <algorithm>
#include <optional>

#include "exporter/common/limits.hpp"
#include "exporter/common/form_text.hpp"
#include "exporter/common/text.hpp"
#include "exporter/runbooks/fill.hpp"
#include "exporter/runbooks/markdown.hpp"

namespace spark_exporter::runbooks {
namespace {

constexpr std::size_t kChoices = 20;

constexpr char kStyle[] =
    "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222;background:#fff}"
    "pre{background:#f4f4f4;padding:.8em;overflow-x:auto}code{font:14px/1.4 monospace}"
    "table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #ccc;padding:.3em .6em;text-align:left}"
    "h1{border-bottom:2px solid #ccc}.mark{color:#a00;font-weight:bold;margin:0}.mark+pre{margin-top:0}";

// --- the query ---------------------------------------------------------------------------------

std::string upper(std::string_view name) {
  std::string out(name);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return out;
}

bool is_good(const std::string& value) {
  const bool control =
      std::any_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  return value.size() <= limits::kLabelValueBytes && !control && find_invalid_utf8(value) == std::string_view::npos;
}

std::string encoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte / 16];
      out += kHex[byte % 16];
    }
  }
  return out;
}

std::string query_of(const Run& run) {
  return "?namespace=" + encoded(run.kubernetes_namespace) + "&app=" + encoded(run.app) +
         "&app_id=" + encoded(run.app_id);
}

// --- the run -----------------------------------------------------------------------------------

bool agrees(const Asked& asked, std::string_view name, const std::string& value) {
  const auto wanted = asked.find(name);
  return wanted == asked.end() || wanted->second.empty() || wanted->second == value;
}

std::vector<const Run*> matching(const Asked& asked, const std::vector<Run>& runs) {
  std::vector<const Run*> found;
  for (const auto& run : runs) {
    if (agrees(asked, "namespace", run.kubernetes_namespace) && agrees(asked, "app", run.app) &&
        agrees(asked, "app_id", run.app_id)) {
      found.push_back(&run);
    }
  }
  return found;
}

/// Null: none, or of several jobs.
const Run* choose(const std::vector<const Run*>& runs) {
  if (runs.empty()) return nullptr;
  const auto same_job = [&runs](const Run* run) {
    return run->kubernetes_namespace == runs.front()->kubernetes_namespace && run->app == runs.front()->app;
  };
  return std::all_of(runs.begin(), runs.end(), same_job) ? runs.back() : nullptr;
}

Values values_of(const Asked& asked, const Run* run) {
  Values values;
  for (const auto& [name, value] : asked) values[upper(name)] = value;
  if (run == nullptr) return values;
  const std::pair<const char*, const std::string*> known[] = {
      {"NAMESPACE", &run->kubernetes_namespace}, {"APP", &run->app},   {"APP_ID", &run->app_id},
      {"DRIVER_POD", &run->driver_pod},          {"NODE", &run->node}, {"REASON", &run->reason}};
  for (const auto& [name, value] : known) {
    if (!value->empty()) values[name] = *value;
  }
  return values;
}

void put_row(std::string& table, std::string_view name, const std::string& value) {
  if (!value.empty()) table += "| " + std::string(name) + " | `" + shown(value) + "` |\n";
}

std::string about(const Values& values, const Run* run) {
  std::string rows;
  for (const auto& [name, value] : values) put_row(rows, "`$" + name + "`", value);
  if (run != nullptr) put_row(rows, "state", run->state);
  return rows.empty() ? rows : "| this run | |\n| --- | --- |\n" + rows + "\n";
}

std::string choices(const std::vector<const Run*>& runs) {
  std::string text = "Which run is it about?\n\n";
  std::size_t count = 0;
  // The newest of each job are behind the older ones; failed ones are asked for first.
  for (const bool failed : {true, false}) {
    for (const auto* run : runs) {
      if ((run->state == "failed") != failed || count == kChoices) continue;
      ++count;
      text += "- [" + shown(run->kubernetes_namespace + "/" + run->app + " " + run->app_id) + "](" + query_of(*run) +
              ") " + shown(run->state) + (run->reason.empty() ? "" : ", " + shown(run->reason)) + "\n";
    }
  }
  if (runs.size() > count) text += "- and " + std::to_string(runs.size() - count) + " more: add `?namespace=&app=`\n";
  return text + "\n";
}

}  // namespace

Result<Asked> read_query(std::string_view query) {
  Asked asked;
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const auto name = pair.substr(0, pair.find('='));
    const auto lower = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    if (!std::all_of(name.begin(), name.end(), lower) || !is_name(upper(name))) continue;
    auto value = form_decoded(pair.substr(std::min(name.size() + 1, pair.size())));
    if (!value || !is_good(*value)) return Error{ErrorKind::kMalformed, "bad value of " + std::string(name)};
    if (!value->empty()) asked[std::string(name)] = std::move(*value);
  }
  return asked;
}

Served serve(const Page& page, const Asked& asked, const std::vector<Run>& runs) {
  const auto found = matching(asked, runs);
  const Run* const run = choose(found);
  const auto values = values_of(asked, run);
  std::string head = about(values, run);
  if (run == nullptr && found.size() > 1) head += choices(found);
  const auto title_end = std::min(page.text.find('\n'), page.text.size());
  Served served;
  served.markdown = std::string(page.text.substr(0, title_end)) + "\n";
  if (!head.empty()) served.markdown += "\n" + head;
  served.markdown += fill(page.text.substr(std::min(title_end + 1, page.text.size())), values);
  if (run != nullptr) served.query = query_of(*run);
  return served;
}

std::string html_page(const Page& page, const Served& served) {
  const auto title = page.text.substr(0, page.text.find('\n'));
  const bool index = page.name == kIndex;
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" +
         html_escaped(title.substr(std::min(title.find_first_not_of("# "), title.size()))) + "</title><style>" +
         kStyle + "</style></head><body>\n" +
         (index ? std::string("<p><a href=\"/\">spark_exporter</a></p>\n")
                : "<p><a href=\"README.md" + html_escaped(served.query) + "\">All runbooks</a></p>\n") +
         to_html(served.markdown, served.query) + "</body></html>\n";
}

}  // namespace spark_exporter::runbooks
