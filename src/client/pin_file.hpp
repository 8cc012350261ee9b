// The file of known servers as bytes: what differs between systems.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace partyline::client {

/// The file at a path, held so that two talkies that pin at once do not undo each other; the other
/// waits. Failures are config and name the path. [control]
class PinFile {
public:
    /// The folder is made if it is not there; the file need not be.
    static Result<PinFile> open(std::string path);
    ~PinFile();
    PinFile(PinFile&& other) noexcept;
    PinFile& operator=(PinFile&&) = delete;

    /// Empty when there is no file.
    [[nodiscard]] Result<std::string> read() const;
    /// Whole and on the disk, or not at all; for its owner alone.
    [[nodiscard]] Result<void> replace(std::string_view text) const;

private:
    PinFile(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

    std::string path_;
    int lock_;
};

}  // namespace partyline::client
