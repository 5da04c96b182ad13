#pragma once
// The client with another source of addresses than getaddrinfo: a name server that hangs, in tests.

#include <memory>

#include "exporter/net/http_client.hpp"
#include "exporter/net/resolver.hpp"

namespace spark_exporter::net {

std::unique_ptr<HttpClient> make_http_client(ClientOptions options, Lookup lookup);

}  // namespace spark_exporter::net
