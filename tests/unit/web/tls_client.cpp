#include "tests/unit/web/tls_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <memory>

namespace spark_exporter::web {
namespace {

template <class T>
using Owned = std::unique_ptr<T, void (*)(T*)>;

int connect_to(const std::string& address) {
  const Target target = target_of(address);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(target.port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval half_a_minute{30, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &half_a_minute, sizeof half_a_minute);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return fd;
  ::close(fd);
  return -1;
}

void use(SSL_CTX* context, const test::Identity& identity) {
  const Owned<BIO> certificate_text(BIO_new_mem_buf(identity.certificate.data(), -1), BIO_free_all);
  const Owned<BIO> key_text(BIO_new_mem_buf(identity.key.data(), -1), BIO_free_all);
  const Owned<X509> certificate(PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr), X509_free);
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  SSL_CTX_use_certificate(context, certificate.get());
  SSL_CTX_use_PrivateKey(context, key.get());
}

std::string certificate_of(const SSL* session) {
  X509* const certificate = SSL_get0_peer_certificate(session);
  if (certificate == nullptr) return {};
  const Owned<BIO> out(BIO_new(BIO_s_mem()), BIO_free_all);
  PEM_write_bio_X509(out.get(), certificate);
  const char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

void exchange(SSL* session, const std::string& request, TlsAnswer& out) {
  if (SSL_connect(session) != 1) return;
  out.peer = certificate_of(session);
  out.version = SSL_get_version(session);
  out.cipher = SSL_get_cipher_name(session);
  if (SSL_write(session, request.data(), static_cast<int>(request.size())) <= 0) return;
  std::string raw;
  std::array<char, 8192> bytes;
  int got = 0;
  while ((got = SSL_read(session, bytes.data(), static_cast<int>(bytes.size()))) > 0) {
    raw.append(bytes.data(), static_cast<std::size_t>(got));
  }
  out.goodbye = SSL_get_error(session, got) == SSL_ERROR_ZERO_RETURN;
  out.answer = parse_answer(raw);
}

}  // namespace

TlsAnswer ask_tls(const std::string& address, const std::string& request, const TlsAsk& how) {
  std::signal(SIGPIPE, SIG_IGN);
  TlsAnswer out;
  const int fd = connect_to(address);
  if (fd < 0) return out;
  const Owned<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (how.identity != nullptr) use(context.get(), *how.identity);
  if (how.version != 0) {
    SSL_CTX_set_min_proto_version(context.get(), how.version);
    SSL_CTX_set_max_proto_version(context.get(), how.version);
  }
  const Owned<SSL> session(SSL_new(context.get()), SSL_free);
  SSL_set_fd(session.get(), fd);
  exchange(session.get(), request, out);
  ERR_clear_error();
  ::close(fd);
  return out;
}

TlsAnswer get_tls(const std::string& address, const std::string& path, const TlsAsk& how) {
  return ask_tls(address, "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n", how);
}

}  // namespace spark_exporter::web
