#include <thread>

#include "server/control/server_fixture.hpp"

namespace partyline::control {
namespace {

class VoiceTest : public ServerTest {
protected:
    net::task<> lanes() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        auto& seat = *relay.seats.at(ada.session);
        co_await ada.ask<wire::Ok>(wire::SetVoiceLane{wire::VoiceLane::udp});
        EXPECT_EQ(seat.lane, relay::DownlinkLane::udp);
        co_await ada.ask<wire::Ok>(wire::SetVoiceLane{wire::VoiceLane::tunnel});
        EXPECT_EQ(seat.lane, relay::DownlinkLane::tunnel);
        co_await refused(ada, wire::SetVoiceLane{}, ErrorCode::unsupported);
    }

    net::task<> tunnel() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        const Bytes up(40, std::byte{1});
        co_await ada.send_message({.body = wire::VoiceTunnel{up}});
        co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
        EXPECT_EQ(relay.seats.at(ada.session)->uplink, std::vector<Bytes>{up});

        // As the relay does: from another thread, and for some who are gone.
        const std::jthread relay_thread([&] {
            for (std::size_t i = 0; i < 2 * tunnel_down_batch; ++i) {
                relay.push_down(SessionId{99}, Bytes(20));
                relay.push_down(ada.session, Bytes(20, std::byte{2}));
            }
        });
        for (std::size_t i = 0; i < 2 * tunnel_down_batch; ++i) {
            EXPECT_EQ((co_await ada.get<wire::VoiceTunnel>()).datagram, Bytes(20, std::byte{2}));
        }
    }

    /// A flood of voice leaves the others their turns, and nothing of it is lost.
    net::task<> batches() {
        Caller ada(loop, manual_clock);
        co_await ada.log_in(port(), "Ada");
        for (const std::size_t beyond : {0U, 1U}) {
            const auto count = tunnel_down_batch + beyond;
            relay.tunnel_batches.clear();
            for (std::size_t i = 0; i < count; ++i) {
                relay.push_down(ada.session, Bytes(20, std::byte(i % 256)));
            }
            for (std::size_t i = 0; i < count; ++i) {
                EXPECT_EQ((co_await ada.get<wire::VoiceTunnel>()).datagram,
                          Bytes(20, std::byte(i % 256)));
            }
            auto expected = std::vector{tunnel_down_batch};
            expected.resize(1 + beyond, beyond);
            EXPECT_EQ(relay.tunnel_batches, expected);
        }
    }

    net::task<> ping() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        const auto pong = co_await ada.ask<wire::ControlPong>(wire::ControlPing{.token = 77});
        EXPECT_EQ(pong.token, 77U);
        co_await ada.send_message({.body = wire::ControlPing{.token = 78}});
        EXPECT_EQ((co_await ada.get<wire::ControlPong>()).token, 78U) << "with no request id";
    }

    net::task<> losses() {
        Caller ada(loop, manual_clock);
        co_await ada.log_in(port(), "Ada");
        const int before = relay.losses_updated;
        manual_clock.advance(room_losses_interval);
        // Answers come between ticks, so some of them have passed soon.
        while (relay.losses_updated == before) {
            co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
        }
    }
};

TEST_F(VoiceTest, TheTalkieNamesItsLane) { play(lanes()); }
TEST_F(VoiceTest, VoiceIsTunnelledBothWays) {
    config.limits.voice_bytes = 1024 * 1024;
    config.limits.voice_age = test_patience;
    play(tunnel());
}
TEST_F(VoiceTest, TunnelledVoiceComesInBatches) {
    clock = &manual_clock;
    play(batches());
}
TEST_F(VoiceTest, APingIsAnswered) { play(ping()); }
TEST_F(VoiceTest, RoomLossesAreUpdated) {
    clock = &manual_clock;
    config.limits.messages = {.per_second = 1, .burst = 1e9};
    play(losses());
}

}  // namespace
}  // namespace partyline::control
