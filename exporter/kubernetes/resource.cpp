#include "exporter/kubernetes/resource.hpp"

#include <array>

namespace spark_exporter::kubernetes {
namespace {

/// `text` as a value of a query: everything but unreserved characters percent-encoded.
std::string encoded(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  static constexpr std::string_view kPlain = "-._~";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kPlain.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
  return out;
}

std::string collection(const Selection& selection) {
  const Resource& resource = selection.resource;
  std::string path = resource.group.empty() ? "/api" : "/apis/" + std::string(resource.group);
  path += "/" + std::string(resource.version);
  if (resource.namespaced && !selection.namespace_name.empty()) {
    path += "/namespaces/" + encoded(selection.namespace_name);
  }
  return path + "/" + std::string(resource.plural);
}

void add(std::string& query, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  query += query.empty() ? '?' : '&';
  query += std::string(name) + '=' + encoded(value);
}

void add_selectors(std::string& query, const Selection& selection) {
  add(query, "fieldSelector", selection.field_selector);
  add(query, "labelSelector", selection.label_selector);
}

bool in_one_namespace(const Selection& selection) {
  return selection.resource.namespaced && !selection.namespace_name.empty();
}

}  // namespace

std::string list_target(const Selection& selection, std::size_t limit, std::string_view continue_token) {
  std::string query;
  add(query, "continue", continue_token);
  add_selectors(query, selection);
  add(query, "limit", std::to_string(limit));
  return collection(selection) + query;
}

std::string watch_target(const Selection& selection, std::string_view version, long long seconds) {
  std::string query;
  add(query, "allowWatchBookmarks", "true");
  add_selectors(query, selection);
  add(query, "resourceVersion", version);
  add(query, "timeoutSeconds", std::to_string(seconds));
  add(query, "watch", "true");
  return collection(selection) + query;
}

std::string log_target(std::string_view namespace_name, std::string_view pod, std::string_view container,
                       std::string_view since) {
  std::string query;
  add(query, "container", container);
  add(query, "follow", "true");
  add(query, "sinceTime", since);
  add(query, "timestamps", "true");
  return "/api/v1/namespaces/" + encoded(namespace_name) + "/pods/" + encoded(pod) + "/log" + query;
}

std::string describe(const Selection& selection) {
  std::string text(selection.resource.plural);
  if (!selection.resource.group.empty()) text += "." + std::string(selection.resource.group);
  return in_one_namespace(selection) ? text + " in namespace " + selection.namespace_name : text;
}

std::string rule(std::string_view group, std::string_view plural, std::string_view verbs) {
  std::string text = "- {apiGroups: ['" + std::string(group);
  text += "'], resources: [" + std::string(plural);
  return text + "], verbs: [" + std::string(verbs) + "]}";
}

std::string missing_right(const Selection& selection) {
  const std::string role =
      in_one_namespace(selection) ? "a Role in namespace " + selection.namespace_name : std::string("a ClusterRole");
  return "no right to read " + describe(selection) + "; add to " + role + ": " +
         rule(selection.resource.group, selection.resource.plural, "list, watch");
}

}  // namespace spark_exporter::kubernetes
