// A talker who sends more than the room allows is held to it by the server; those who heed it are heard as before.
#include <gtest/gtest.h>

#include <chrono>
#include <format>

#include "integration/hostile_fixture.hpp"
#include "integration/voice_lane.hpp"
#include "net/loop.hpp"

namespace partyline::integration {
namespace {

using control::Caller;

/// The least that a room can be set to leaves no doubt.
constexpr int cap_bps = 16'000;
/// As docs/protocol.md has it: half as much again, and what sealing adds; two seconds' worth at once.
constexpr double held_to_bps = 1.5 * cap_bps + 25'600;
constexpr double burst_s = 2;

constexpr std::size_t packet_bytes = 500;
constexpr auto between_packets = std::chrono::milliseconds(10);
constexpr int packets = 500;  // 400 kb/s

class BitrateCap : public HostileTest {
protected:
    struct Heard {
        double bits = 0;
        std::uint64_t last = 0;
        Duration time{};
    };
    /// Trudy sends as much as she likes, and Otto takes what comes of it.
    net::task<> shout(ChannelId room) {
        Caller trudy(loop_);
        Caller otto(loop_);
        co_await trudy.log_in(port(), "trudy");
        co_await otto.log_in(port(), "otto");
        const wire::Join join{.channel = room, .password = {}};
        VoiceLane loud(trudy, port(), (co_await trudy.ask<wire::Joined>(join)).route);
        VoiceLane ear(otto, port(), (co_await otto.ask<wire::Joined>(join)).route);
        co_await otto.ask<wire::Ok>(wire::SetVoiceLane{wire::VoiceLane::udp});
        net::Timer timer(loop_);
        const auto listen = [&] {
            ear.hear([&](const VoiceLane::Packet& packet) {
                if (packet.speaker == trudy.session) {
                    heard_.bits += 8 * static_cast<double>(packet.sealed.size());
                    heard_.last = load_be<std::uint64_t>(packet.sealed);
                }
            });
        };
        // Until his address is proven.
        for (int i = 0; i < 50; ++i) {
            ear.ping();
            co_await timer.wait(between_packets);
            listen();
        }
        const auto began = clock_.now();
        for (int i = 1; i <= packets; ++i) {
            loud.say(static_cast<std::uint64_t>(i), packet_bytes);
            co_await timer.wait(between_packets);
            listen();
        }
        heard_.time = clock_.now() - began;
    }

    net::Loop loop_;
    const SystemClock clock_;
    Heard heard_;
};

TEST_F(BitrateCap, HoldsWhoeverDoesNotHeedItAndNobodyElse) {
    make_owner("ada");
    const auto ada = enter({.name = "ada"});
    ada->command(std::format("room edit \"{}\" bitrate {}", room_, cap_bps));
    ada->wait("administered");
    begin_conversation(port());
    bob_->command("rooms");
    const auto room = bob_->wait("rooms")["rooms"][0];
    EXPECT_EQ(room["path"], room_);
    loop_.run_until_done(shout(ChannelId{room["id"].get<std::uint32_t>()}));
    const auto seconds = std::chrono::duration<double>(heard_.time).count();
    const auto packet = 8.0 * packet_bytes;  // the one that goes beyond goes through
    const auto most = held_to_bps * (seconds + burst_s) + packet;
    EXPECT_LE(heard_.bits, most) << "in " << seconds << " s";
    EXPECT_GT(heard_.bits, most / 2) << "she is not silenced";
    EXPECT_GT(heard_.last, packets * 8U / 10U) << "nor at any time";
    RecordProperty("heard_kbps", static_cast<int>(heard_.bits / seconds / 1000));
    expect_undisturbed();
}

}  // namespace
}  // namespace partyline::integration
