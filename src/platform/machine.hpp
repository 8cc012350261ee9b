// What a server asks of its machine before it starts.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/error.hpp"

namespace partyline::platform {

/// Room on the disk of `folder` for this process. Fails with io, naming the folder.
struct DiskRoom {
    std::uint64_t free_bytes = 0;
    std::uint64_t free_files = 0;  // 0 where the file system does not count them
};
Result<DiskRoom> disk_room(const std::filesystem::path& folder);

/// Writes a small file there, has it reach the disk, and takes it away again. Fails with io.
Result<void> try_to_write(const std::filesystem::path& folder);

/// Whether somebody keeps the clock right, as far as the system knows.
enum class ClockSync : std::uint8_t { synchronised, free_running, unknown };
ClockSync clock_sync();

}  // namespace partyline::platform
