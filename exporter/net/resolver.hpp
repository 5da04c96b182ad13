#pragma once
// Host names to addresses, with a deadline that getaddrinfo itself does not know.
//
// The look-up runs in a detached thread that shares nothing with us but its answer: one that hangs (a dead name
// server, 30 s and more) delays neither resolve() beyond its deadline nor the destructor. There is at most one such
// thread for each Resolver: while it hangs, later calls wait for the same one.
// Thread-safety: resolve() from one thread at a time, cancel() from any.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "exporter/common/result.hpp"
#include "exporter/net/deadline.hpp"

namespace spark_exporter::net {

/// Numeric addresses in the order they are to be tried.
using Addresses = std::vector<std::string>;
/// May block for as long as it likes. Errors: kResolve.
using Lookup = std::function<Result<Addresses>(const std::string& host)>;

/// getaddrinfo; at most limits::kResolvedAddresses of its answers.
Result<Addresses> system_lookup(const std::string& host);

class Resolver {
 public:
  Resolver(std::string host, Lookup lookup);

  /// A numeric host is its own answer, without a look-up. Errors: kResolve, kTimeout, kCancelled; they name the host.
  Result<Addresses> resolve(TimePoint deadline);

  /// Makes a running resolve() and every later one return kCancelled.
  void cancel() noexcept;

 private:
  struct Shared;

  Result<void> start();

  std::string host_;
  Lookup lookup_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace spark_exporter::net
