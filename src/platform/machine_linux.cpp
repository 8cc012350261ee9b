#include <fcntl.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <cerrno>
#include <format>
#include <string>
#include <system_error>

#include "platform/machine.hpp"

namespace partyline::platform {
namespace {

std::unexpected<Error> io_failure(std::string_view what, const std::filesystem::path& folder) {
    return fail(ErrorCode::io, std::format("cannot {} {}: {}", what, folder.string(),
                                           std::generic_category().message(errno)));
}

}  // namespace

Result<DiskRoom> disk_room(const std::filesystem::path& folder) {
    struct statvfs facts{};
    if (statvfs(folder.c_str(), &facts) != 0) {
        return io_failure("look at the disk of", folder);
    }
    return DiskRoom{.free_bytes = std::uint64_t{facts.f_bavail} * facts.f_frsize,
                    .free_files = facts.f_files == 0 ? 0 : std::uint64_t{facts.f_favail}};
}

Result<void> try_to_write(const std::filesystem::path& folder) {
    auto name = (folder / ".partyline-XXXXXX").string();
    const int fd = mkostemp(name.data(), O_CLOEXEC);
    if (fd < 0) {
        return io_failure("write in", folder);
    }
    constexpr char block[4096] = {};
    const bool written = write(fd, block, sizeof block) == sizeof block && fsync(fd) == 0;
    auto failure = io_failure("write in", folder);
    close(fd);
    unlink(name.c_str());
    return written ? Result<void>{} : failure;
}

ClockSync clock_sync() {
    timex state{};
    const auto answer = adjtimex(&state);  // asks only: no mode is set
    if (answer < 0) {
        return ClockSync::unknown;
    }
    return answer == TIME_ERROR || (state.status & STA_UNSYNC) != 0 ? ClockSync::free_running
                                                                    : ClockSync::synchronised;
}

}  // namespace partyline::platform
