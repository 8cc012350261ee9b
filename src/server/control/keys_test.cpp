#include "server/control/server_fixture.hpp"

namespace partyline::control {
namespace {

class KeysTest : public ServerTest {
protected:
    KeysTest() { clock = &manual_clock; }

    static Bytes sealed_for(SessionId session) {
        return Bytes(90, static_cast<std::byte>(session.value));
    }

    static wire::ShareKeys shares(std::uint32_t generation, std::vector<SessionId> to,
                                  std::uint32_t epoch = 2) {
        wire::ShareKeys keys{.channel = lobby,
                             .channel_epoch = ChannelEpoch{epoch},
                             .generation = generation,
                             .step = 3};
        for (const auto session : to) {
            keys.shares.push_back({.to = session, .sealed = sealed_for(session)});
        }
        return keys;
    }

    net::task<> handed_on() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada", lobby);
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob", lobby);
        co_await ada.ask<wire::Ok>(shares(7, {bob.session}));
        EXPECT_EQ(co_await bob.get<wire::KeyShare>(),
                  (wire::KeyShare{.from = ada.session,
                                  .channel = lobby,
                                  .channel_epoch = ChannelEpoch{2},
                                  .generation = 7,
                                  .step = 3,
                                  .sealed = sealed_for(bob.session)}));
        co_await ada.ask<wire::Ok>(shares(7, {bob.session}));
        co_await ada.ask<wire::Ok>(shares(8, {}));
    }

    net::task<> refused_shares() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada", lobby);
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob", lobby);
        Caller eve(loop, manual_clock);
        co_await enter(eve, "Eve", attic);

        auto elsewhere = shares(1, {eve.session}, 1);
        elsewhere.channel = attic;
        co_await refused(ada, elsewhere, ErrorCode::not_in_room);
        co_await refused(ada, shares(1, {eve.session}), ErrorCode::bad_key_share);
        co_await refused(ada, shares(1, {ada.session}), ErrorCode::bad_key_share);
        co_await refused(ada, shares(1, {bob.session, bob.session}), ErrorCode::bad_key_share);
        co_await refused(ada, shares(1, {bob.session}, 3), ErrorCode::bad_key_share);
        auto whispered = shares(1, {bob.session});
        whispered.stream = StreamId{1};
        whispered.channel = {};
        co_await refused(ada, whispered, ErrorCode::bad_key_share);

        co_await ada.ask<wire::Ok>(shares(5, {bob.session}));
        co_await refused(ada, shares(4, {bob.session}), ErrorCode::bad_key_share);
        // One who has left since the named epoch is left out; nothing else arrived.
        co_await ada.ask<wire::Ok>(shares(6, {eve.session, bob.session}, 1));
        EXPECT_EQ((co_await bob.get<wire::KeyShare>()).generation, 5U);
        const auto last = co_await bob.get<wire::KeyShare>();
        EXPECT_EQ(last.generation, 6U);
        EXPECT_EQ(last.sealed, sealed_for(bob.session)) << "his own";
    }

    net::task<> rotations_have_a_rate() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada", lobby);
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob", lobby);
        std::uint32_t generation = 1;
        for (; generation <= 5; ++generation) {
            co_await ada.ask<wire::Ok>(shares(generation, {bob.session}));
        }
        const auto refusal = co_await ada.ask<wire::Refusal>(shares(generation, {bob.session}));
        EXPECT_EQ(refusal.error.code, ErrorCode::rate_limited);
        EXPECT_EQ(refusal.error.retry_ms, 1000U);
        co_await ada.ask<wire::Ok>(shares(5, {bob.session}));  // a top-up is no rotation
        manual_clock.advance(std::chrono::seconds(1));
        co_await ada.ask<wire::Ok>(shares(generation, {bob.session}));
    }

    net::task<> requests() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada", lobby);
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob", lobby);
        Caller eve(loop, manual_clock);
        co_await enter(eve, "Eve", attic);
        const wire::KeyRequest request{.speaker = bob.session, .kid = 0x70003};
        co_await ada.ask<wire::Ok>(request);
        EXPECT_EQ(co_await bob.get<wire::KeyRequested>(),
                  (wire::KeyRequested{.from = ada.session, .kid = 0x70003}));
        const auto refusal = co_await ada.ask<wire::Refusal>(request);
        EXPECT_EQ(refusal.error.code, ErrorCode::rate_limited);
        EXPECT_EQ(refusal.error.retry_ms, 1000U);
        co_await refused(ada, wire::KeyRequest{.speaker = eve.session}, ErrorCode::not_in_room);
        co_await refused(ada, wire::KeyRequest{.speaker = SessionId{99}},
                         ErrorCode::unknown_session);
        manual_clock.advance(std::chrono::seconds(1));
        co_await ada.ask<wire::Ok>(request);
        co_await bob.get<wire::KeyRequested>();
    }

    net::task<> renewal() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada", lobby);
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob", lobby);
        const auto expiry = clock->unix_ms() + crypto::device_lifetime_ms_max;
        const wire::DeviceKey device{.signature = to_bytes(crypto::sign_device(
                                         bob.identity(), {.server_id = identity.public_key(),
                                                          .x25519 = bob.agreement().public_key(),
                                                          .expiry_unix_ms = expiry})),
                                     .expiry_unix_ms = expiry};
        co_await ada.get<wire::MemberJoined>();
        co_await bob.ask<wire::Ok>(wire::RenewDevice{device});
        const auto again = co_await ada.get<wire::MemberJoined>();
        EXPECT_EQ(again.channel_epoch, ChannelEpoch{2}) << "unchanged";
        EXPECT_EQ(again.member.device, device);
        co_await refused(ada, wire::RenewDevice{device}, ErrorCode::bad_signature);
    }
};

TEST_F(KeysTest, SharesAreHandedOn) { play(handed_on()); }
TEST_F(KeysTest, SharesGoToTheRoomOnly) { play(refused_shares()); }
TEST_F(KeysTest, RotationsHaveARate) { play(rotations_have_a_rate()); }
TEST_F(KeysTest, RequestsReachTheSpeakerOnceASecond) { play(requests()); }
TEST_F(KeysTest, ARenewedDeviceIsTold) { play(renewal()); }

}  // namespace
}  // namespace partyline::control
