#include "tests/unit/net/tls_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace spark_exporter::net {
namespace {

template <class T, void (*Free)(T*)>
struct Freer {
  void operator()(T* object) const { Free(object); }
};
template <class T, void (*Free)(T*)>
using Owned = std::unique_ptr<T, Freer<T, Free>>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Certificate = Owned<X509, X509_free>;
using Context = Owned<SSL_CTX, SSL_CTX_free>;
using Session = Owned<SSL, SSL_free>;

Context context_for(const Identity& identity) {
  Context context(SSL_CTX_new(TLS_server_method()));
  const std::unique_ptr<BIO, int (*)(BIO*)> certificate_bio(BIO_new_mem_buf(identity.certificate.data(), -1), BIO_free);
  const std::unique_ptr<BIO, int (*)(BIO*)> key_bio(BIO_new_mem_buf(identity.key.data(), -1), BIO_free);
  const Certificate certificate(PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr));
  const Key key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  if (SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    throw std::runtime_error("cannot use the test's certificate");
  }
  return context;
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "net_test.XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw std::runtime_error("mkdtemp " + pattern);
  }
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

struct TlsServer::Impl {
  std::string answer;
  TlsEnd end;
  int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port = 0;
  std::thread thread;
  mutable std::mutex mutex;
  Identity identity;
  std::string server_name;
  int current = -1;
  bool stopped = false;

  void run();
  void serve(int fd);
  bool answer_one(SSL* session);
};

bool TlsServer::Impl::answer_one(SSL* session) {
  std::string request;
  while (request.find("\r\n\r\n") == std::string::npos) {
    std::array<char, 4096> buffer;
    const int got = SSL_read(session, buffer.data(), static_cast<int>(buffer.size()));
    if (got <= 0) {
      return false;
    }
    request.append(buffer.data(), static_cast<std::size_t>(got));
  }
  if (SSL_write(session, answer.data(), static_cast<int>(answer.size())) <= 0) {
    return false;
  }
  if (end == TlsEnd::kNotify) {
    SSL_shutdown(session);
  }
  return end == TlsEnd::kKeep;
}

void TlsServer::Impl::serve(int fd) {
  std::unique_lock lock(mutex);
  const Context context = context_for(identity);
  lock.unlock();
  const Session session(SSL_new(context.get()));
  SSL_set_fd(session.get(), fd);
  if (SSL_accept(session.get()) != 1) {
    return;
  }
  lock.lock();
  const char* name = SSL_get_servername(session.get(), TLSEXT_NAMETYPE_host_name);
  server_name = name == nullptr ? "" : name;
  lock.unlock();
  while (answer_one(session.get())) {
  }
}

void TlsServer::Impl::run() {
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    std::unique_lock lock(mutex);
    if (fd < 0 || stopped) {
      ::close(fd);
      return;
    }
    current = fd;
    lock.unlock();
    serve(fd);
    lock.lock();
    current = -1;
    ::close(fd);
  }
}

TlsServer::TlsServer(const Identity& identity, std::string answer, TlsEnd end) : impl_(std::make_unique<Impl>()) {
  // OpenSSL writes with write(): without this a client that is gone would end the test program.
  ::signal(SIGPIPE, SIG_IGN);
  impl_->answer = std::move(answer);
  impl_->end = end;
  impl_->identity = identity;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::bind(impl_->listener, generic, size) != 0 || ::listen(impl_->listener, SOMAXCONN) != 0 ||
      ::getsockname(impl_->listener, generic, &size) != 0) {
    throw std::runtime_error("cannot listen");
  }
  impl_->port = ntohs(address.sin_port);
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

TlsServer::~TlsServer() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopped = true;
    ::shutdown(impl_->listener, SHUT_RDWR);
    ::shutdown(impl_->current, SHUT_RDWR);
  }
  impl_->thread.join();
  ::close(impl_->listener);
}

std::uint16_t TlsServer::port() const { return impl_->port; }

std::string TlsServer::server_name() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->server_name;
}

void TlsServer::use(const Identity& identity) {
  const std::lock_guard lock(impl_->mutex);
  impl_->identity = identity;
}

}  // namespace spark_exporter::net
