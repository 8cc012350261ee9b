// One program to a folder.
#pragma once

#include <filesystem>

#include "base/error.hpp"

namespace partyline::platform {

/// Holds a folder for this process until it dies, in whatever way the process ends. Moved, not
/// copied.
class FolderLock {
public:
    /// Makes the folder (mode 0700) if it is not there. Fails with io, naming it, when it cannot be
    /// made or written, or when another process holds it.
    static Result<FolderLock> take(const std::filesystem::path& folder);
    /// Whether somebody has it now. Makes nothing.
    static bool is_held(const std::filesystem::path& folder);
    ~FolderLock();
    FolderLock(FolderLock&& other) noexcept;
    FolderLock& operator=(FolderLock&& other) noexcept;

private:
    explicit FolderLock(int fd) : fd_(fd) {}
    int fd_ = -1;
};

}  // namespace partyline::platform
