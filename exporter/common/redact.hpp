#pragma once
// Secrets taken out of foreign free text before it is kept or shown: exceptions, container messages, SQL and job
// descriptions, error texts. What names a secret stays, so that the text still tells what went wrong.

#include <string>
#include <string_view>

namespace spark_exporter {

/// `text` with "***" in place of what looks like a secret:
///   - the value of a key whose name says so (password, secret, token, access key, credential, signature,
///   Authorization,
///     ...), as KEY=VALUE, KEY: VALUE, "KEY": "VALUE", or PASSWORD 'VALUE' as SQL writes it
///   - user and password in a URL; a user alone is part of many a path (abfs://container@account) and stays
///   - bearer tokens, JSON web tokens, AWS access key ids, private keys in PEM
/// Linear in the text's size. Wrong guesses either way are possible: this is the last net, not a licence to write
/// secrets.
std::string without_secrets(std::string_view text);

}  // namespace spark_exporter
