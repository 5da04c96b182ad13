// Takes one message over one channel, as the sidecar does, against the real receiver:
//   deliver_probe pushgateway URL MESSAGE
//   deliver_probe alertmanager URL MESSAGE [RESEND_MS]      with RESEND_MS it stays until stdin ends
//   deliver_probe observer URL MESSAGE TOKEN_FILE [CA_FILE]
//   deliver_probe event URL MESSAGE TOKEN_FILE [CA_FILE]
// MESSAGE is the JSON of last words. Exit code 0: delivered; 1: not, with the counts on stdout; 2: bad arguments.

#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "exporter/delivery/channels.hpp"
#include "exporter/delivery/courier.hpp"

namespace {

using namespace spark_exporter;  // NOLINT(google-build-using-namespace): a program of one file
using Arguments = std::vector<std::string>;

std::string argument(const Arguments& arguments, std::size_t index) {
  return index < arguments.size() ? arguments[index] : "";
}

std::unique_ptr<delivery::Channel> channel(const net::Url& url, const Arguments& arguments) {
  const std::string& name = arguments[0];
  if (name == "pushgateway") return delivery::pushgateway(url);
  if (name == "alertmanager" && arguments.size() > 3) {
    return delivery::alertmanager(url, std::chrono::milliseconds{std::stoi(arguments[3])});
  }
  if (name == "alertmanager") return delivery::alertmanager(url);
  const std::string token = argument(arguments, 3);
  const std::string ca = argument(arguments, 4);
  if (name == "observer") return delivery::observer(url, {.ca_file = ca, .server_name = {}}, token);
  if (name != "event") return nullptr;
  kubernetes::Cluster cluster;
  cluster.api_server = url;
  cluster.token_file = token;
  cluster.ca_file = ca;
  return delivery::event(kubernetes::make_api_client(cluster, "spark_exporter/probe"));
}

int run(const Arguments& arguments) {
  constexpr int kUsage = 2;
  if (arguments.size() < 3) return kUsage;
  const auto url = net::parse_url(arguments[1]);
  const auto message = outcome::decode_last_words(arguments[2]);
  if (!url || !message) {
    std::cerr << (url ? message.error().what : url.error().what) << "\n";
    return kUsage;
  }
  std::vector<std::unique_ptr<delivery::Channel>> channels;
  channels.push_back(channel(*url, arguments));
  if (!channels.front()) return kUsage;
  const auto name = channels.front()->name();
  delivery::Courier courier(std::move(channels));
  courier.send(*message);
  constexpr auto kPatience = std::chrono::seconds{10};
  constexpr auto kTick = std::chrono::milliseconds{20};
  for (const auto end = std::chrono::steady_clock::now() + kPatience; std::chrono::steady_clock::now() < end;) {
    if (courier.done()) break;
    std::this_thread::sleep_for(kTick);
  }
  std::cout << (courier.done() ? "done" : "not done") << std::endl;
  if (arguments[0] == "alertmanager" && arguments.size() > 3) {
    while (std::getchar() != EOF) continue;
  }
  const auto counts = courier.counts().at(name);
  std::cout << "delivered=" << counts.delivered << " failed=" << counts.failed << "\n";
  return courier.done() && counts.delivered > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(Arguments(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
