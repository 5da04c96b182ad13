#pragma once
// "host:port", ":port", "[::1]:port" as --web.listen-address has them.

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/common/result.hpp"

namespace spark_exporter::web {

struct ListenAddress {
  std::string host;  ///< name or address without brackets; empty: all addresses
  std::uint16_t port = 0;
};

/// Error kIo names the text and what is wrong with it.
Result<ListenAddress> parse_listen_address(std::string_view text);

/// "host:port", an IPv6 address in brackets.
std::string format_listen_address(std::string_view host, std::uint16_t port);

}  // namespace spark_exporter::web
