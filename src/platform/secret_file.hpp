// Small files that only their owner may read: long-lived keys.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace partyline::platform {

inline constexpr std::size_t secret_file_bytes_max = 64 * 1024;

/// The bytes of the file at `path`; nothing when there is no file. The caller wipes them. Fails
/// with io, naming the path and what to do, for a file that cannot be read, belongs to somebody
/// else (other than root), may be read or written by others, or is larger than
/// secret_file_bytes_max.
Result<std::optional<Bytes>> read_secret_file(const std::filesystem::path& path);

/// Makes the file (mode 0600; missing folders above it 0700), written whole and on the disk or not
/// there at all, whoever else tries at the same time and whenever the machine stops. False, and
/// nothing changed, when there is something at `path` already. Fails with io, naming the path.
Result<bool> create_secret_file(const std::filesystem::path& path, ByteView bytes);

/// Fails with io for a file that belongs to another user, root or not: it says as whom to go on.
Result<void> check_is_own(const std::filesystem::path& path);

/// Root's: a file that root has made goes to the user and group that `owned` belongs to, and stays as it is
/// otherwise. Whoever else asks gives nothing away, and succeeds. Fails with io, naming the path.
Result<void> give_to_owner_of(const std::filesystem::path& owned,
                              const std::filesystem::path& made);

}  // namespace partyline::platform
