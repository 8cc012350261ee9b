// Who the server is: what talkies know it by.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "crypto/identity.hpp"
#include "server/config/config.hpp"

namespace partyline::server {

/// The identity in the data folder; nothing before the first start. Fails with io, in a line for the
/// owner, for one that cannot be read, and for one that is missing from a folder that a server has
/// run on: every talkie would refuse what took its place.
Result<std::optional<crypto::Identity>> find_identity(const std::filesystem::path& folder);
/// The same, made on the first start.
Result<crypto::Identity> take_identity(const std::filesystem::path& folder);

/// `new-identity`: for a folder whose identity is lost for good. Gives a line for the owner. Fails
/// with io, having changed nothing, where there is one, where no server has run yet, and while a
/// server runs on the folder.
Result<std::string> make_new_identity(const config::Config& config);

}  // namespace partyline::server
