// What has been written is to outlive the machine's stopping.
#pragma once

#include <filesystem>

#include "base/error.hpp"

namespace partyline::platform {

/// Has the bytes of a file reach the disk, or the names in a folder. Fails with io, naming it.
Result<void> flush(const std::filesystem::path& at);

}  // namespace partyline::platform
