#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <format>
#include <string>
#include <system_error>

#include "platform/secret_file.hpp"

namespace partyline::platform {
namespace {

using std::filesystem::path;

constexpr mode_t folder_mode = S_IRWXU;
constexpr mode_t open_to_others = S_IRWXG | S_IRWXO;

std::unexpected<Error> io_failure(std::string_view what, const path& at) {
    const std::error_code reason(errno, std::generic_category());
    return fail(ErrorCode::io,
                std::format("Cannot {} {}: {}.", what, at.string(), reason.message()));
}

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) {
            close(number_);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] bool is_open() const { return number_ >= 0; }
    [[nodiscard]] int get() const { return number_; }

private:
    int number_;
};

/// Asked of the open file, so that what was checked is what is read.
Result<void> check_private(const struct stat& facts, const path& at) {
    if (!S_ISREG(facts.st_mode)) {
        return fail(ErrorCode::io, std::format("{} is not a file.", at.string()));
    }
    if (facts.st_uid != geteuid() && facts.st_uid != 0) {
        return fail(ErrorCode::io,
                    std::format("{} belongs to another user; it must be your own.", at.string()));
    }
    if ((facts.st_mode & open_to_others) != 0) {
        return fail(ErrorCode::io,
                    std::format("{0} is a secret that other users can get at (mode {1:o}). "
                                "Protect it with: chmod 600 {0}",
                                at.string(), facts.st_mode & 07777U));
    }
    if (facts.st_size > static_cast<off_t>(secret_file_bytes_max)) {
        return fail(ErrorCode::io, std::format("{} is too large for a key.", at.string()));
    }
    return {};
}

Result<Bytes> read_all(int file, std::size_t size, const path& at) {
    Bytes bytes(size);
    std::size_t filled = 0;
    while (filled < bytes.size()) {
        const auto count = read(file, bytes.data() + filled, bytes.size() - filled);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return io_failure("read", at);
        }
        if (count == 0) {
            break;
        }
        filled += static_cast<std::size_t>(count);
    }
    bytes.resize(filled);
    return bytes;
}

bool write_all(int file, ByteView bytes) {
    while (!bytes.empty()) {
        const auto count = write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return false;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

Result<void> make_folders(const path& folder) {
    if (folder.empty() || mkdir(folder.c_str(), folder_mode) == 0 || errno == EEXIST) {
        return {};
    }
    if (errno == ENOENT && folder.has_relative_path()) {
        if (auto above = make_folders(folder.parent_path()); !above) {
            return above;
        }
        if (mkdir(folder.c_str(), folder_mode) == 0 || errno == EEXIST) {
            return {};
        }
    }
    return io_failure("make the folder", folder);
}

/// A new name in a folder is on the disk when the folder is.
Result<void> flush_folder(const path& folder) {
    const Descriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.is_open() || fsync(opened.get()) != 0) {
        return io_failure("flush the folder", folder);
    }
    return {};
}

/// The file under a name of its own, to be given its real one when it is complete.
class Draft {
public:
    explicit Draft(const path& folder)
        : name_((folder / ".partyline-XXXXXX").string()),
          file_(mkostemp(name_.data(), O_CLOEXEC)) {}  // made with mode 0600
    ~Draft() {
        if (file_.is_open()) {
            unlink(name_.c_str());
        }
    }
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;

    bool write(ByteView bytes) {
        return file_.is_open() && write_all(file_.get(), bytes) && fsync(file_.get()) == 0;
    }
    /// Unlike a rename, a link never replaces what is there.
    bool publish(const path& as) { return link(name_.c_str(), as.c_str()) == 0; }

private:
    std::string name_;
    Descriptor file_;
};

}  // namespace

Result<std::optional<Bytes>> read_secret_file(const path& at) {
    // Never waits, should somebody have put a pipe there.
    const Descriptor file(open(at.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.is_open()) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        if (errno == EACCES) {
            return fail(ErrorCode::io,
                        std::format("Cannot open {}: Permission denied. It and its folder must "
                                    "belong to the user that runs this program (chown).",
                                    at.string()));
        }
        return io_failure("open", at);
    }
    struct stat facts{};
    if (fstat(file.get(), &facts) != 0) {
        return io_failure("look at", at);
    }
    if (auto checked = check_private(facts, at); !checked) {
        return std::unexpected(checked.error());
    }
    return read_all(file.get(), static_cast<std::size_t>(facts.st_size), at);
}

Result<bool> create_secret_file(const path& at, ByteView bytes) {
    const auto folder = at.has_parent_path() ? at.parent_path() : path(".");
    if (auto made = make_folders(folder); !made) {
        return std::unexpected(made.error());
    }
    Draft draft(folder);
    if (!draft.write(bytes)) {
        return io_failure("write a file in", folder);
    }
    if (!draft.publish(at)) {
        if (errno == EEXIST) {
            return false;
        }
        return io_failure("make", at);
    }
    if (auto flushed = flush_folder(folder); !flushed) {
        return std::unexpected(flushed.error());
    }
    return true;
}

Result<void> check_is_own(const path& at) {
    struct stat facts{};
    if (stat(at.c_str(), &facts) != 0) {
        return io_failure("look at", at);
    }
    if (facts.st_uid != geteuid()) {
        return fail(ErrorCode::io,
                    std::format("{} belongs to another user: do this as that one (sudo -u '#{}')",
                                at.string(), facts.st_uid));
    }
    return {};
}

Result<void> give_to_owner_of(const path& owned, const path& made) {
    if (geteuid() != 0) {
        return {};
    }
    struct stat owner{};
    if (stat(owned.c_str(), &owner) != 0) {
        return io_failure("look at", owned);
    }
    const Descriptor file(open(made.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat facts{};
    if (!file.is_open() || fstat(file.get(), &facts) != 0) {
        return io_failure("open", made);
    }
    if (facts.st_uid != 0) {
        return {};
    }
    // Whoever the folder belongs to may have put another of root's files under that name.
    if (!S_ISREG(facts.st_mode) || facts.st_nlink != 1) {
        return fail(ErrorCode::io, std::format("{} is not the file that was made.", made.string()));
    }
    if (fchown(file.get(), owner.st_uid, owner.st_gid) != 0) {
        return io_failure("give away", made);
    }
    return {};
}

}  // namespace partyline::platform
