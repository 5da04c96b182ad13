#include "tests/unit/app/scene.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <thread>

#include "exporter/net/http_client.hpp"

namespace spark_exporter::app {

using namespace std::chrono_literals;

Answer get(const Sidecar& sidecar, const std::string& path, const std::string& method) {
  net::ClientOptions options;
  options.base = *net::parse_url("http://" + sidecar.addresses().front());
  const auto client = net::make_http_client(options);
  net::Request request;
  request.method = method;
  request.target = path;
  request.body_limit = 0;
  Answer answer;
  const auto done = client->get(request, [&](const net::ResponseHead& head, std::istream& body) -> Result<void> {
    std::ostringstream text;
    text << body.rdbuf();
    answer = {head.status, text.str()};
    return boost::system::in_place_value;
  });
  EXPECT_TRUE(done) << done.error().what;
  return answer;
}

double value(const std::string& exposition, const std::string& series) {
  const auto at = exposition.find("\n" + series);
  if (at == std::string::npos) return -1;
  const auto end = exposition.find('\n', at + 1);
  const auto line = exposition.substr(at + 1, end - at - 1);
  return std::stod(line.substr(line.rfind(' ') + 1));
}

std::string scrape_until(const Sidecar& sidecar, const std::function<bool(const std::string&)>& done) {
  const auto give_up = std::chrono::steady_clock::now() + 60s;
  while (true) {
    auto answer = get(sidecar, "/metrics");
    EXPECT_EQ(answer.status, 200U);
    if (done(answer.body)) return answer.body;
    if (std::chrono::steady_clock::now() > give_up) {
      ADD_FAILURE() << "gave up waiting at:\n" << answer.body;
      return answer.body;
    }
    std::this_thread::yield();
  }
}

}  // namespace spark_exporter::app
