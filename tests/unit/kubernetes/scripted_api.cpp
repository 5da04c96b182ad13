#include "tests/unit/kubernetes/scripted_api.hpp"

#include <sstream>

namespace spark_exporter::kubernetes::test {

class ScriptedApi::Client final : public net::HttpClient {
 public:
  explicit Client(ScriptedApi& api) : api_(api) {}
  Result<void> get(const net::Request& request, const net::Consumer& consume) override {
    return api_.answer(request, consume);
  }
  void cancel() noexcept override {}
  net::ClientStats stats() const override { return {}; }

 private:
  ScriptedApi& api_;
};

std::unique_ptr<net::HttpClient> ScriptedApi::client() { return std::make_unique<Client>(*this); }

Result<void> ScriptedApi::answer(const net::Request& request, const net::Consumer& consume) {
  targets.push_back(request.target);
  times.push_back(timing_.now());
  const auto answer = script_(request);
  if (!answer) {
    on_end();
    return Error{ErrorKind::kCancelled, "the script is over"};
  }
  const auto broken = [&] { return Error{*answer->breaks, "broken by the script"}; };
  timing_.pass(answer->lasts);
  if (answer->status == 0) return broken();
  net::ResponseHead head;
  head.status = answer->status;
  head.content_type = answer->content_type;
  head.retry_after_seconds = answer->retry_after;
  std::istringstream body(answer->body);
  const auto consumed = consume(head, body);
  if (answer->breaks) return broken();
  return consumed;
}

Script in_order(std::vector<Answer> answers) {
  const auto left = std::make_shared<std::deque<Answer>>(answers.begin(), answers.end());
  return [left](const net::Request&) -> std::optional<Answer> {
    if (left->empty()) return std::nullopt;
    Answer next = left->front();
    left->pop_front();
    return next;
  };
}

std::string pod_json(const std::string& name, const std::string& version) {
  return R"({"metadata":{"name":")" + name + R"(","resourceVersion":")" + version + R"("},"spec":{"containers":null}})";
}

std::string page_json(const std::vector<std::pair<std::string, std::string>>& pods, const std::string& version,
                      const std::string& continue_token) {
  std::string items;
  for (const auto& [name, pod_version] : pods) items += (items.empty() ? "" : ",") + pod_json(name, pod_version);
  return R"({"kind":"PodList","metadata":{"resourceVersion":")" + version + R"(","continue":")" + continue_token +
         R"("},"items":[)" + items + "]}";
}

std::string event_line(const std::string& type, const std::string& name, const std::string& version) {
  return R"({"type":")" + type + R"(","object":)" + pod_json(name, version) + "}\n";
}

std::string bookmark_line(const std::string& version) {
  return R"({"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":")" + version +
         R"("},"spec":{"containers":null},"status":{}}})" + "\n";
}

std::string error_line(int code) {
  return R"({"type":"ERROR","object":{"kind":"Status","metadata":{},"status":"Failure","message":"m","code":)" +
         std::to_string(code) + "}}\n";
}

}  // namespace spark_exporter::kubernetes::test
