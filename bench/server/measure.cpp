#include "bench/server/measure.hpp"

#include <unistd.h>

#include <format>
#include <fstream>
#include <string>

namespace partyline::bench {

double cpu_seconds(pid_t process) {
    std::ifstream file(std::format("/proc/{}/stat", process));
    std::string text;
    std::getline(file, text);
    // The name is in parentheses and may hold anything; 11 fields lie between it and the times.
    const auto after_name = text.rfind(')') + 1;
    std::size_t at = after_name;
    for (int field = 0; field < 12; ++field) {
        at = text.find(' ', at) + 1;
    }
    std::size_t end = 0;
    const auto user = std::stoll(text.substr(at), &end);
    const auto system = std::stoll(text.substr(at + end));
    return static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double resident_kb(pid_t process) {
    std::ifstream file(std::format("/proc/{}/statm", process));
    long long all = 0;
    long long resident = 0;
    file >> all >> resident;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1024;
}

}  // namespace partyline::bench
