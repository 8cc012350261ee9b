#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <format>
#include <system_error>

#include "platform/flush.hpp"

namespace partyline::platform {

Result<void> flush(const std::filesystem::path& at) {
    const int fd = open(at.c_str(), O_RDONLY | O_CLOEXEC);
    const bool flushed = fd >= 0 && fsync(fd) == 0;
    const int reason = errno;
    if (fd >= 0) {
        close(fd);
    }
    if (!flushed) {
        return fail(ErrorCode::io, std::format("{} cannot be brought to the disk: {}", at.string(),
                                               std::generic_category().message(reason)));
    }
    return {};
}

}  // namespace partyline::platform
