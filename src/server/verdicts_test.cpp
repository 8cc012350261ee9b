// Where the doctor's mind changes.
#include "server/verdicts.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "net/endpoint.hpp"
#include "server/admin/limits.hpp"
#include "server/limits.hpp"
#include "server/relay/limits.hpp"

namespace partyline::server {
namespace {

using Kind = Verdict::Kind;
using platform::ClockSync;

void expect(const Verdict& verdict, Kind kind, std::string_view words) {
    EXPECT_EQ(verdict.kind, kind) << verdict.words;
    EXPECT_TRUE(verdict.words.contains(words)) << verdict.words;
}

TEST(Verdicts, OfADisk) {
    expect(judge_disk(disk_free_bytes_min - 1, "/data"), Kind::problem,
           "99 MiB are free for /data: texts will soon be refused");
    expect(judge_disk(disk_free_bytes_min, "/data"), Kind::note, "make room before it is full");
    expect(judge_disk(disk_free_bytes_good - 1, "/data"), Kind::note, "make room");
    expect(judge_disk(disk_free_bytes_good, "/data"), Kind::good, "1024 MiB are free for /data");
}

TEST(Verdicts, OfVoiceBuffers) {
    expect(judge_voice_buffers(relay::socket_buffer_bytes - 1), Kind::note,
           "not the 8192 KiB wanted");
    expect(judge_voice_buffers(relay::socket_buffer_bytes), Kind::good,
           "UDP buffers hold 8192 KiB");
}

TEST(Verdicts, OfACertificate) {
    constexpr std::int64_t now = 1'800'000'000;
    constexpr auto good_s = certificate_days_good * 24 * 60 * 60;
    const auto judge = [](std::int64_t begins, std::int64_t ends) {
        return judge_certificate(
            {.subject = "CN = here", .begins_unix_s = begins, .ends_unix_s = ends}, "tls.crt", now);
    };
    expect(judge(now, now + good_s), Kind::good,
           "the certificate tls.crt (CN = here) is valid for 14 days");
    expect(judge(now, now + good_s - 1), Kind::note, "ends in 13 days");
    expect(judge(now, now + 1), Kind::note, "ends in 0 days");
    expect(judge(now - 1, now), Kind::note, "has expired");
    expect(judge(now + 1, now + good_s), Kind::note, "is not valid yet");
}

TEST(Verdicts, OfTheClock) {
    expect(judge_clock(clock_unix_ms_min - 1, ClockSync::synchronised), Kind::problem,
           "years behind");
    expect(judge_clock(clock_unix_ms_min, ClockSync::synchronised), Kind::good, "synchronised");
    expect(judge_clock(clock_unix_ms_min, ClockSync::free_running), Kind::note, "NTP");
    expect(judge_clock(clock_unix_ms_min, ClockSync::unknown), Kind::note, "is not known");
}

TEST(Verdicts, OfOpenFiles) {
    expect(judge_open_files(64 + 2'000 - 1, 2'000, 64), Kind::problem,
           "limits.connections is 2000, but only 2063 files may be open");
    expect(judge_open_files(64 + 2'000, 2'000, 64), Kind::good, "2064 are enough");
}

TEST(Verdicts, AServersOwnFilesAreAllThatItHoldsBesidesTalkies) {
    auto config = config::embedded_defaults();
    config.listen = {net::Endpoint::loopback_v4(0)};
    config.relay_threads = 1;
    config.admin_listen.reset();
    const auto least = files_always + files_of_consoles + config.control.limits.told_at_once +
                       files_of_listener + files_of_relay_thread + 1;
    EXPECT_EQ(own_files(config), least);
    config.admin_listen = net::Endpoint::loopback_v4(0);
    const auto watched = least + files_of_listener + admin::Limits{}.connections;
    EXPECT_EQ(own_files(config), watched);
    config.control.limits.told_at_once += 10;
    EXPECT_EQ(own_files(config), watched + 10);
    config.control.limits.told_at_once -= 10;
    // Each place to listen is a listener and a socket of each thread's.
    config.listen.push_back(net::Endpoint::loopback_v6(0));
    EXPECT_EQ(own_files(config), watched + files_of_listener + 1);
    config.relay_threads = 4;
    EXPECT_EQ(own_files(config), watched + files_of_listener + 1 + 3 * (files_of_relay_thread + 2));
}

}  // namespace
}  // namespace partyline::server
