#include "tests/support/fault_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>

#include "tests/support/peer_connection.hpp"

namespace spark_exporter::test {
namespace {

int check(int result, const char* what) {
  if (result < 0) {
    throw std::system_error(errno, std::generic_category(), what);
  }
  return result;
}

}  // namespace

std::string ReceivedRequest::header(const std::string& lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? "" : found->second;
}

struct FaultServer::Impl {
  int listener = -1;
  std::uint16_t port = 0;
  std::thread acceptor;

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  bool stopped = false;
  std::map<std::string, Handler> handlers;
  Handler fallback = [](const ReceivedRequest&) { return replies::status(404); };
  std::function<End(std::size_t)> on_accept = [](std::size_t) { return End::kKeep; };
  std::size_t close_after = 0;
  std::vector<ReceivedRequest> requests;
  std::size_t accepted = 0;
  std::list<std::shared_ptr<PeerConnection>> open;
  std::vector<std::thread> threads;

  void accept_all();
  void serve(PeerConnection& peer, std::size_t number);
  bool wait(const std::function<bool()>& reached) const;
};

void FaultServer::Impl::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex);
    if (fd < 0 || stopped) {
      if (fd >= 0) {
        ::close(fd);
      }
      return;
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::size_t number = accepted++;
    open.push_back(std::make_shared<PeerConnection>(fd, number));
    threads.emplace_back([this, peer = open.back(), number]() mutable {
      serve(*peer, number);
      const std::lock_guard closing(mutex);
      open.remove(peer);
      peer.reset();  // under the lock, so that stop() never drops a descriptor that is somebody else's by now
    });
    changed.notify_all();
  }
}

void FaultServer::Impl::serve(PeerConnection& peer, std::size_t number) {
  std::unique_lock lock(mutex);
  const auto decide = on_accept;
  const std::size_t answers = close_after;
  lock.unlock();
  if (!peer.end(decide(number))) {
    return;
  }
  for (std::size_t answered = 0; answers == 0 || answered < answers; ++answered) {
    const auto request = peer.receive();
    if (!request) {
      return;
    }
    lock.lock();
    requests.push_back(*request);
    changed.notify_all();
    const auto found = handlers.find(request->path);
    const Handler handler = found == handlers.end() ? fallback : found->second;
    lock.unlock();
    if (!peer.answer(*request, handler(*request))) {
      return;
    }
  }
}

bool FaultServer::Impl::wait(const std::function<bool()>& reached) const {
  constexpr auto kPatience = std::chrono::seconds{10};
  std::unique_lock lock(mutex);
  return changed.wait_for(lock, kPatience, reached);
}

FaultServer::FaultServer() : impl_(std::make_unique<Impl>()) {
  impl_->listener = check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  check(::bind(impl_->listener, generic, size), "bind");
  check(::listen(impl_->listener, SOMAXCONN), "listen");
  check(::getsockname(impl_->listener, generic, &size), "getsockname");
  impl_->port = ntohs(address.sin_port);
  impl_->acceptor = std::thread([impl = impl_.get()] { impl->accept_all(); });
}

FaultServer::~FaultServer() { stop(); }

void FaultServer::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopped) {
      return;
    }
    impl_->stopped = true;
    for (const auto& peer : impl_->open) {
      peer->drop();
    }
  }
  ::shutdown(impl_->listener, SHUT_RDWR);
  impl_->acceptor.join();
  ::close(impl_->listener);
  for (auto& thread : impl_->threads) {
    thread.join();
  }
}

std::uint16_t FaultServer::port() const { return impl_->port; }

std::string FaultServer::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(impl_->port) + std::string(path);
}

void FaultServer::on(std::string path, Reply reply) {
  on(std::move(path), [reply = std::move(reply)](const ReceivedRequest&) { return reply; });
}

void FaultServer::on(std::string path, Handler handler) {
  const std::lock_guard lock(impl_->mutex);
  impl_->handlers[std::move(path)] = std::move(handler);
}

void FaultServer::set_fallback(Handler handler) {
  const std::lock_guard lock(impl_->mutex);
  impl_->fallback = std::move(handler);
}

void FaultServer::on_accept(std::function<End(std::size_t)> decide) {
  const std::lock_guard lock(impl_->mutex);
  impl_->on_accept = std::move(decide);
}

void FaultServer::close_after(std::size_t answers) {
  const std::lock_guard lock(impl_->mutex);
  impl_->close_after = answers;
}

std::vector<ReceivedRequest> FaultServer::requests() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->requests;
}

std::size_t FaultServer::connections() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->accepted;
}

bool FaultServer::wait_for_requests(std::size_t count) const {
  return impl_->wait([&] { return impl_->requests.size() >= count; });
}

bool FaultServer::wait_for_connections(std::size_t count) const {
  return impl_->wait([&] { return impl_->accepted >= count; });
}

}  // namespace spark_exporter::test
