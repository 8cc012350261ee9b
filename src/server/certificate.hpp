// The certificate that the server shows: its owner's, or one that it makes itself.
#pragma once

#include "base/error.hpp"
#include "net/tls.hpp"
#include "server/config/config.hpp"

namespace partyline::server {

/// What the configuration names, and nothing else in its place; without a name the one in the data
/// folder, made if it is not there. Fails in a line for the owner, which names the key of the file.
Result<net::TlsContext> make_tls(const config::Config& config);

}  // namespace partyline::server
