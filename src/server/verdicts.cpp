#include "server/verdicts.hpp"

#include <format>
#include <utility>

#include "server/admin/limits.hpp"
#include "server/limits.hpp"
#include "server/relay/limits.hpp"

namespace partyline::server {
namespace {

constexpr std::int64_t seconds_per_day = 24 * 60 * 60;

}  // namespace

Verdict judge_disk(std::uint64_t free_bytes, const std::string& folder) {
    const auto free = std::format("{} MiB are free for {}", free_bytes >> 20, folder);
    if (free_bytes < disk_free_bytes_min) {
        return Verdict::problem(free + ": texts will soon be refused");
    }
    if (free_bytes < disk_free_bytes_good) {
        return Verdict::note(free + "; make room before it is full");
    }
    return Verdict::good(free);
}

Verdict judge_voice_buffers(std::size_t bytes) {
    constexpr auto wanted = relay::socket_buffer_bytes;
    if (bytes < wanted) {
        return Verdict::note(std::format(
            "UDP buffers hold {} KiB, not the {} KiB wanted: bursts of a large room may be lost; "
            "sysctl net.core.rmem_max={} net.core.wmem_max={}",
            bytes >> 10, wanted >> 10, wanted, wanted));
    }
    return Verdict::good(std::format("UDP buffers hold {} KiB", bytes >> 10));
}

Verdict judge_certificate(const net::CertificateFacts& facts, const std::string& file,
                          std::int64_t now_unix_s) {
    const auto name = std::format("the certificate {} ({})", file, facts.subject);
    const auto left_s = facts.ends_unix_s - now_unix_s;
    const auto days = left_s / seconds_per_day;
    if (now_unix_s < facts.begins_unix_s) {
        return Verdict::note(name + " is not valid yet, or the clock is behind");
    }
    if (left_s <= 0) {
        return Verdict::note(name + " has expired; talkies do not mind, other programs may");
    }
    if (days < certificate_days_good) {
        return Verdict::note(
            std::format("{} ends in {} days; after renewing it send SIGHUP", name, days));
    }
    return Verdict::good(std::format("{} is valid for {} days", name, days));
}

Verdict judge_clock(std::int64_t now_unix_ms, platform::ClockSync sync) {
    if (now_unix_ms < clock_unix_ms_min) {
        return Verdict::problem(
            "the clock is years behind: logins will be refused, as signatures seem to be "
            "from the future");
    }
    switch (sync) {
        case platform::ClockSync::synchronised: return Verdict::good("the clock is synchronised");
        case platform::ClockSync::free_running:
            return Verdict::note(
                "nobody keeps the clock right (NTP): when it is days off, logins fail");
        case platform::ClockSync::unknown: break;
    }
    return Verdict::note("whether the clock is right is not known");
}

std::uint64_t own_files(const config::Config& config) {
    const std::uint64_t places = config.listen.size();
    // All threads have a socket of their own for each.
    const auto voice = config.relay_threads * (files_of_relay_thread + places);
    const auto http =
        config.admin_listen ? files_of_listener + admin::Limits{}.connections : std::uint64_t{0};
    return files_always + files_of_consoles + files_of_listener * places + voice + http +
           config.control.limits.told_at_once;
}

Verdict judge_open_files(std::uint64_t files, std::uint64_t connections, std::uint64_t own) {
    const auto wanted = connections + own;
    if (files < wanted) {
        return Verdict::problem(
            std::format("limits.connections is {}, but only {} files may be open: raise "
                        "that (ulimit -n, LimitNOFILE=) or lower it",
                        connections, files));
    }
    return Verdict::good(std::format("{} files may be open, {} are enough", files, wanted));
}

}  // namespace partyline::server
