// What the doctor says of the clock, the certificate, open files and the way here: with a clock of the
// test's own, as the machine's cannot be set. The rest, with the real program: keeping_test.cpp.
#include "server/doctor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <format>
#include <sstream>
#include <string>
#include <string_view>

#include "net/diagnosis.hpp"
#include "net/udp.hpp"
#include "platform/open_files.hpp"
#include "platform/scratch_folder.hpp"
#include "server/limits.hpp"
#include "server/verdicts.hpp"

namespace partyline::server {
namespace {

constexpr std::int64_t seconds_per_day = 24 * 60 * 60;

class SetClock final : public Clock {
public:
    explicit SetClock(std::int64_t unix_ms) : unix_ms_(unix_ms) {}
    [[nodiscard]] TimePoint now() const override { return {}; }
    [[nodiscard]] std::int64_t unix_ms() const override { return unix_ms_; }

private:
    std::int64_t unix_ms_;
};

class Doctor : public testing::Test {
protected:
    Doctor() {
        config_.data_folder = folder_.path() / "data";
        config_.listen = {net::Endpoint::loopback_v4(0)};
        config_.admin_listen.reset();
    }

    struct Said {
        bool well = false;
        std::string text;

        [[nodiscard]] bool has(std::string_view line) const { return text.contains(line); }
        /// How many of these are in it.
        [[nodiscard]] std::ptrdiff_t of(std::initializer_list<std::string_view> lines) const {
            return std::ranges::count_if(lines, [this](auto line) { return has(line); });
        }
    };
    [[nodiscard]] Said ask(std::int64_t unix_ms = SystemClock().unix_ms()) const {
        std::ostringstream out;
        const bool well = examine(config_, SetClock(unix_ms), out);
        return {.well = well, .text = out.str()};
    }

    const platform::ScratchFolder folder_;
    config::Config config_ = config::embedded_defaults();
};

TEST_F(Doctor, AClockThatIsYearsBehindIsAProblem) {
    const auto behind = ask(clock_unix_ms_min - 1);
    EXPECT_FALSE(behind.well);
    EXPECT_TRUE(behind.has("  PROBLEM  the clock is years behind: logins will be refused"))
        << behind.text;
    EXPECT_TRUE(behind.text.ends_with("There is 1 problem to solve.\n")) << behind.text;
    const auto right = ask(clock_unix_ms_min);
    EXPECT_TRUE(right.well) << right.text;
    EXPECT_FALSE(right.has("years behind"));
    EXPECT_EQ(right.of({"  ok       the clock is synchronised\n",
                        "  note     nobody keeps the clock right (NTP)",
                        "  note     whether the clock is right is not known\n"}),
              1)
        << right.text;
}

TEST_F(Doctor, OfACertificateItTellsHowLongItLasts) {
    const net::CertificatePaths paths{.certificate = folder_.path() / "c.pem",
                                      .key = folder_.path() / "k.pem"};
    ASSERT_TRUE(net::create_self_signed_certificate(paths));
    config_.certificate = paths;
    const auto facts = net::read_certificate_facts(paths.certificate).value();
    const auto name = std::format("the certificate {} ({})", paths.certificate, facts.subject);
    struct Case {
        std::int64_t unix_s;
        std::string line;
    };
    const auto before_end = [&](std::int64_t days) {
        return facts.ends_unix_s - days * seconds_per_day;
    };
    for (const auto& [unix_s, line] : {
             Case{facts.begins_unix_s - 1,
                  "  note     " + name + " is not valid yet, or the clock is behind\n"},
             Case{before_end(100), "  ok       " + name + " is valid for 100 days\n"},
             Case{before_end(certificate_days_good),
                  "  ok       " + name + " is valid for 14 days\n"},
             Case{before_end(certificate_days_good) + 1,
                  "  note     " + name + " ends in 13 days; after renewing it send SIGHUP\n"},
             Case{facts.ends_unix_s - 1,
                  "  note     " + name + " ends in 0 days; after renewing it send SIGHUP\n"},
             Case{facts.ends_unix_s,
                  "  note     " + name + " has expired; talkies do not mind, other programs may\n"},
         }) {
        const auto said = ask(unix_s * 1000);
        EXPECT_TRUE(said.has(line)) << line << said.text;
        EXPECT_TRUE(said.well) << "talkies trust the identity: it keeps nobody out";
    }
}

TEST_F(Doctor, FewerOpenFilesThanConnectionsAreAProblem) {
    const auto files = platform::raise_open_files_max();
    auto& connections = config_.control.limits.connections;
    connections = files - own_files(config_);
    const auto enough = ask();
    EXPECT_TRUE(enough.well) << enough.text;
    EXPECT_TRUE(
        enough.has(std::format("  ok       {0} files may be open, {0} are enough\n", files)))
        << enough.text;
    ++connections;
    const auto few = ask();
    EXPECT_FALSE(few.well);
    EXPECT_TRUE(
        few.has(std::format("  PROBLEM  limits.connections is {}, but only {} files may be "
                            "open: raise that (ulimit -n, LimitNOFILE=) or lower it\n",
                            connections, files)))
        << few.text;
}

TEST_F(Doctor, HowPeopleGetHereIsToldByTheAddressesOfTheMachine) {
    const net::Endpoint free = net::UdpSocket::bind(net::Endpoint::loopback_v4(0)).value().local();
    config_.listen = {free};
    const auto said = ask();
    const auto addresses = net::own_addresses();
    EXPECT_EQ(said.of({"  note     this machine has no address but its own loopback\n",
                       "  ok       people reach ", "cannot be reached from the internet"}),
              1)
        << said.text;
    for (const auto& address : addresses) {
        EXPECT_TRUE(said.has(address.address_string())) << said.text;
    }
    const bool reachable =
        std::ranges::any_of(addresses, [](const auto& one) { return !net::is_private(one); });
    if (reachable) {
        EXPECT_TRUE(said.has(
            std::format("on port {0}, once the firewall lets TCP and UDP {0} in\n", free.port())))
            << said.text;
    } else if (!addresses.empty()) {
        EXPECT_TRUE(said.has(
            std::format("have the router pass on TCP and UDP {} to this machine\n", free.port())))
            << said.text;
    }
    EXPECT_EQ(said.of({"  ok       IPv6 works here\n", "  note     this machine has no IPv6"}), 1);
}

}  // namespace
}  // namespace partyline::server
