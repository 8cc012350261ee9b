#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "platform/process_figures.hpp"

namespace partyline::platform {
namespace {

std::uint64_t entries(const char* folder) {
    std::error_code error;
    const std::filesystem::directory_iterator all(folder, error);
    return error ? 0 : static_cast<std::uint64_t>(std::distance(begin(all), end(all)));
}

std::uint64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t all_pages = 0;
    std::uint64_t resident_pages = 0;
    file >> all_pages >> resident_pages;
    return resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::chrono::microseconds to_duration(const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

}  // namespace

ProcessFigures process_figures() {
    ProcessFigures figures{.resident_bytes = resident_bytes(),
                           .threads = entries("/proc/self/task")};
    // Looking opens the folder, which is one of them then.
    const auto files = entries("/proc/self/fd");
    figures.open_files = files > 0 ? files - 1 : 0;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        figures.open_files_max = limit.rlim_cur;
    }
    rusage usage{};
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        figures.cpu_user = to_duration(usage.ru_utime);
        figures.cpu_system = to_duration(usage.ru_stime);
    }
    return figures;
}

}  // namespace partyline::platform
