#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "platform/paths.hpp"

namespace partyline::platform {
namespace {

constexpr std::size_t user_entry_bytes_max = 16 * 1024;

std::string variable(const char* name) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): called before there are threads
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

// Services are often started without HOME.
std::string home_of_user_list() {
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, user_entry_bytes_max> texts{};
    if (getpwuid_r(geteuid(), &entry, texts.data(), texts.size(), &found) != 0 ||
        found == nullptr) {
        return {};
    }
    return entry.pw_dir;
}

// A relative path in these variables is to be ignored (XDG Base Directory Specification).
Result<std::filesystem::path> folder(const std::string& named, const std::string& home,
                                     const char* below_home) {
    if (std::filesystem::path(named).is_absolute()) {
        return std::filesystem::path(named) / "partyline";
    }
    if (std::filesystem::path(home).is_absolute()) {
        return std::filesystem::path(home) / below_home / "partyline";
    }
    return fail(ErrorCode::config,
                "There is no home folder to keep files in: set HOME, or name the file's path.");
}

}  // namespace

HomeVariables home_variables() {
    auto home = variable("HOME");
    return {.home = home.empty() ? home_of_user_list() : std::move(home),
            .xdg_data_home = variable("XDG_DATA_HOME"),
            .xdg_config_home = variable("XDG_CONFIG_HOME")};
}

Result<std::filesystem::path> data_folder(const HomeVariables& variables) {
    return folder(variables.xdg_data_home, variables.home, ".local/share");
}

Result<std::filesystem::path> config_folder(const HomeVariables& variables) {
    return folder(variables.xdg_config_home, variables.home, ".config");
}

}  // namespace partyline::platform
