#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <format>
#include <system_error>
#include <utility>

#include "client/kept_file.hpp"

namespace partyline::client {
namespace {

constexpr std::size_t file_bytes_max = 1024 * 1024;

/// Owns a descriptor.
class File {
public:
    explicit File(int fd) : fd_(fd) {}
    ~File() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }

private:
    const int fd_;
};

std::unexpected<Error> failure(const std::string& deed, const std::string& path) {
    return fail(ErrorCode::config, std::format("Cannot {} {}: {}.", deed, path,
                                               std::generic_category().message(errno)));
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno != EINTR) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
    return ::fsync(fd) == 0;
}

}  // namespace

// The folder is locked rather than the file, because the file is replaced while we hold it, and
// rather than a file beside it, because nobody would tidy that up.
Result<KeptFile> KeptFile::open(std::string path, std::string_view what) {
    auto folder = std::filesystem::path(path).parent_path();
    if (folder.empty()) {
        folder = ".";
    }
    std::error_code ignored;  // what matters is whether it can be opened
    std::filesystem::create_directories(folder, ignored);
    const int lock = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0) {
        return failure(std::format("open the folder of {},", what), folder.string());
    }
    KeptFile file(std::move(path), what, lock);
    while (::flock(lock, LOCK_EX) != 0) {
        if (errno != EINTR) {
            return failure(std::format("lock the folder of {},", what), folder.string());
        }
    }
    return file;
}

KeptFile::~KeptFile() {
    if (lock_ >= 0) {
        ::close(lock_);  // and unlocks
    }
}

KeptFile::KeptFile(KeptFile&& other) noexcept
    : path_(std::move(other.path_)),
      what_(std::move(other.what_)),
      lock_(std::exchange(other.lock_, -1)) {}

Result<std::string> KeptFile::look(const std::string& path, std::string_view what) {
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) {
        if (errno == ENOENT) {
            return std::string();
        }
        return failure(std::format("read {} in", what), path);
    }
    std::string text;
    char buffer[4096];
    while (text.size() <= file_bytes_max) {
        const auto got = ::read(file.fd(), buffer, sizeof(buffer));
        if (got == 0) {
            return text;
        }
        if (got < 0 && errno != EINTR) {
            return failure(std::format("read {} in", what), path);
        }
        text.append(buffer, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    }
    return fail(ErrorCode::config,
                std::format("{} is too large to be the file of {}.", path, what));
}

Result<void> KeptFile::replace(std::string_view text) const {
    auto temporary = path_ + ".XXXXXX";
    const File file(::mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600
    if (!file.is_open()) {
        return failure(std::format("keep {} in", what_), path_);
    }
    if (!write_all(file.fd(), text) || std::rename(temporary.c_str(), path_.c_str()) != 0) {
        auto failed = failure(std::format("keep {} in", what_), path_);
        ::unlink(temporary.c_str());
        return failed;
    }
    ::fsync(lock_);  // the new name; what a crash takes back is as it was before
    return {};
}

}  // namespace partyline::client
