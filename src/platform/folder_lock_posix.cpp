#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <format>
#include <system_error>
#include <tuple>
#include <utility>

#include "platform/folder_lock.hpp"
#include "platform/secret_file.hpp"

namespace partyline::platform {
namespace {

std::unexpected<Error> no_use(const std::filesystem::path& folder, int reason) {
    if (reason == EROFS) {
        return fail(
            ErrorCode::io,
            std::format("cannot use the folder {}: its disk is read-only, as one that has failed "
                        "often is; look into the system's log (dmesg), mount it for writing, or "
                        "put a backup into another folder with --data",
                        folder.string()));
    }
    return fail(ErrorCode::io,
                std::format("cannot use the folder {}: {}; choose another with --data or make it "
                            "writable",
                            folder.string(), std::generic_category().message(reason)));
}

}  // namespace

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
    std::error_code error;
    if (!std::filesystem::exists(folder, error)) {
        std::filesystem::create_directories(folder, error);
        if (error) {
            return no_use(folder, error.value());
        }
        chmod(folder.c_str(), S_IRWXU);
    }
    const auto path = folder / "lock";
    FolderLock lock(
        open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
    if (lock.fd_ < 0) {
        return no_use(folder, errno);
    }
    // Or nobody but root would take it from now on.
    std::ignore = give_to_owner_of(folder, path);
    if (flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            return no_use(folder, errno);
        }
        return fail(ErrorCode::io,
                    std::format("the folder {} is in use by another switchboard; stop "
                                "that one, or choose another with --data",
                                folder.string()));
    }
    return lock;
}

bool FolderLock::is_held(const std::filesystem::path& folder) {
    const FolderLock tried(open((folder / "lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    return tried.fd_ >= 0 && flock(tried.fd_, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

FolderLock::~FolderLock() {
    if (fd_ >= 0) {
        close(fd_);
    }
}

FolderLock::FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

}  // namespace partyline::platform
