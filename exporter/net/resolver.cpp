#include "exporter/net/resolver.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "exporter/common/limits.hpp"

namespace spark_exporter::net {
namespace {

Result<Addresses> look_up(const std::string& host, int flags) {
  addrinfo hints{};
  // No AI_ADDRCONFIG: it would hide ::1 from a pod whose only IPv6 address is the loopback.
  hints.ai_flags = flags;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int failure = getaddrinfo(host.c_str(), nullptr, &hints, &found); failure != 0) {
    return Error{ErrorKind::kResolve, "cannot resolve " + host + ": " + gai_strerror(failure)};
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  Addresses addresses;
  for (const addrinfo* a = found; a != nullptr && addresses.size() < limits::kResolvedAddresses; a = a->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    const bool readable = getnameinfo(a->ai_addr, a->ai_addrlen, text.data(), static_cast<socklen_t>(text.size()),
                                      nullptr, 0, NI_NUMERICHOST) == 0;
    if (readable && std::find(addresses.begin(), addresses.end(), text.data()) == addresses.end()) {
      addresses.emplace_back(text.data());
    }
  }
  if (addresses.empty()) {
    return Error{ErrorKind::kResolve, "cannot resolve " + host + ": it has no address"};
  }
  return addresses;
}

}  // namespace

Result<Addresses> system_lookup(const std::string& host) {
  auto addresses = look_up(host, 0);
  // RFC 6761: localhost is loopback, also where no /etc/hosts says so (bare chroots, scratch images).
  if (!addresses && host == "localhost") return Addresses{"127.0.0.1", "::1"};
  return addresses;
}

struct Resolver::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  bool cancelled = false;
  bool running = false;
  std::optional<Result<Addresses>> answer;

  void finish(Result<Addresses> result) {
    const std::lock_guard lock(mutex);
    answer = std::move(result);
    running = false;
    changed.notify_all();
  }
};

Resolver::Resolver(std::string host, Lookup lookup)
    : host_(std::move(host)), lookup_(std::move(lookup)), shared_(std::make_shared<Shared>()) {}

Result<void> Resolver::start() {
  try {
    std::thread([shared = shared_, lookup = lookup_, host = host_] {
      try {
        shared->finish(lookup(host));
      } catch (...) {
        shared->finish(Error{ErrorKind::kResolve, "cannot resolve " + host + ": out of memory"});
      }
    }).detach();
  } catch (const std::system_error& e) {
    return Error{ErrorKind::kResolve, "cannot resolve " + host_ + ": no thread for it: " + e.what()};
  }
  shared_->running = true;
  return {};
}

Result<Addresses> Resolver::resolve(TimePoint deadline) {
  std::unique_lock lock(shared_->mutex);
  if (shared_->cancelled) {
    return Error{ErrorKind::kCancelled, "cancelled"};
  }
  if (auto numeric = look_up(host_, AI_NUMERICHOST)) {
    return numeric;
  }
  if (!shared_->running) {
    shared_->answer.reset();  // one that came after its caller had given up: of unknown age
    if (const auto started = start(); !started) {
      return started.error();
    }
  }
  const auto settled = [this] { return shared_->cancelled || shared_->answer.has_value(); };
  if (deadline == kNever) {
    shared_->changed.wait(lock, settled);
  } else if (!shared_->changed.wait_until(lock, deadline, settled)) {
    return Error{ErrorKind::kTimeout, "no answer about " + host_ + " from the name server in time"};
  }
  if (shared_->cancelled) {
    return Error{ErrorKind::kCancelled, "cancelled"};
  }
  Result<Addresses> answer = std::move(*shared_->answer);
  shared_->answer.reset();
  return answer;
}

void Resolver::cancel() noexcept {
  const std::lock_guard lock(shared_->mutex);
  shared_->cancelled = true;
  shared_->changed.notify_all();
}

}  // namespace spark_exporter::net
