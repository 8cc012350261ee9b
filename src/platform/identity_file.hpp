// Who one is, from one run to the next.
#pragma once

#include <filesystem>
#include <optional>

#include "base/error.hpp"
#include "crypto/identity.hpp"

namespace partyline::platform {

/// Reads the identity kept at `path` (one line, crypto::Identity::to_text); nothing when there is no
/// such file. Fails with io for a file that cannot be read, is not ours, is open to others, or holds
/// something else, naming the path and what to do.
Result<std::optional<crypto::Identity>> load_identity(const std::filesystem::path& path);

/// The same, or makes one there when there is none; of two who make one at the same time, both get
/// the same. Never replaces what it cannot read.
Result<crypto::Identity> load_or_create_identity(const std::filesystem::path& path);

}  // namespace partyline::platform
