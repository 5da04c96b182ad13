#include "tests/unit/net/fetch.hpp"

#include <istream>
#include <iterator>

namespace spark_exporter::net {

ClientOptions options_for(const std::string& url) {
  ClientOptions options;
  options.base = parse_url(url).value();
  options.connect_timeout = kPatient;
  return options;
}

std::unique_ptr<HttpClient> client_for(const std::string& url) { return make_http_client(options_for(url)); }

Request request_for(std::string target) {
  Request request;
  request.target = std::move(target);
  request.timeout = kPatient;
  return request;
}

Fetched fetch(HttpClient& client, const Request& request) {
  Fetched fetched;
  fetched.result = client.get(request, [&fetched](const ResponseHead& head, std::istream& body) -> Result<void> {
    ++fetched.consumed;
    fetched.head = head;
    fetched.body.assign(std::istreambuf_iterator<char>(body), {});
    return {};
  });
  return fetched;
}

Fetched fetch(HttpClient& client, std::string target) { return fetch(client, request_for(std::move(target))); }

}  // namespace spark_exporter::net
