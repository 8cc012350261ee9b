// A small file that talkies of one person share, as bytes: what differs between systems.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace partyline::client {

/// The file at a path, held so that two talkies that change it at once do not undo each other; the
/// other waits. Failures are config and name the path. [control]
class KeptFile {
public:
    /// `what` is in it, for people: "the known servers". The folder is made if it is not there; the file
    /// need not be.
    static Result<KeptFile> open(std::string path, std::string_view what);
    /// What is in the file at `path`, as read(), for whoever changes nothing: waits for no other talkie, as the file is
    /// replaced whole.
    static Result<std::string> look(const std::string& path, std::string_view what);
    ~KeptFile();
    KeptFile(KeptFile&& other) noexcept;
    KeptFile& operator=(KeptFile&&) = delete;

    /// Empty when there is no file.
    [[nodiscard]] Result<std::string> read() const { return look(path_, what_); }
    /// Whole and on the disk, or not at all; for its owner alone.
    [[nodiscard]] Result<void> replace(std::string_view text) const;

private:
    KeptFile(std::string path, std::string_view what, int lock)
        : path_(std::move(path)), what_(what), lock_(lock) {}

    std::string path_;
    std::string what_;
    int lock_;
};

}  // namespace partyline::client
