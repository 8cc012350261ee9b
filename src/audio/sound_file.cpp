#include "audio/sound_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <format>

namespace partyline::audio {
namespace {

/// Why the system itself would not open the file; empty if it would. libsndfile only says "System
/// error" to that.
std::string system_reason(const std::string& path, int mode) {
    std::error_code ignored;
    const auto kind = std::filesystem::status(path, ignored).type();
    if (kind == std::filesystem::file_type::directory) {
        return "that is a folder";
    }
    if (kind != std::filesystem::file_type::regular &&
        kind != std::filesystem::file_type::not_found) {
        return {};  // opening a pipe twice would disturb whoever is at its other end
    }
    errno = 0;
    std::FILE* file = std::fopen(path.c_str(), mode == SFM_READ ? "rb" : "ab");
    if (file == nullptr) {
        return std::strerror(errno);
    }
    std::fclose(file);
    return {};
}

Result<SoundFile> opened(SNDFILE* handle, const std::string& name, const char* doing) {
    SoundFile file(handle);
    if (!file) {
        return fail(ErrorCode::io,
                    std::format("cannot {} {}: {}", doing, name, sf_strerror(nullptr)));
    }
    return file;
}

}  // namespace

Result<SoundFile> open_sound_file(const std::string& path, int mode, SF_INFO& info,
                                  const char* doing) {
    if (const auto reason = system_reason(path, mode); !reason.empty()) {
        return fail(ErrorCode::io, std::format("cannot {} {}: {}", doing, path, reason));
    }
    return opened(sf_open(path.c_str(), mode, &info), path, doing);
}

Result<SoundFile> open_sound_stream(int descriptor, const std::string& name, SF_INFO& info,
                                    const char* doing) {
    return opened(sf_open_fd(descriptor, SFM_READ, &info, SF_FALSE), name, doing);
}

}  // namespace partyline::audio
