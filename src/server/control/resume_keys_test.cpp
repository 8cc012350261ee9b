// Keys that are shared with somebody who is away wait until they are back.
#include <cstddef>
#include <cstdint>
#include <format>
#include <memory>
#include <variant>
#include <vector>

#include "server/control/away_fixture.hpp"

namespace partyline::control {
namespace {

class ResumeKeysTest : public AwayTest {
protected:
    net::task<> keys_wait() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        Caller bob(loop, manual_clock);
        co_await enter(bob, "Bob");
        Caller eve(loop, manual_clock);
        co_await enter(eve, "Eve");
        co_await lose(ada, bob);
        const auto share = [&](std::uint32_t generation) {
            return wire::ShareKeys{.channel = lobby,
                                   .channel_epoch = ChannelEpoch{3},
                                   .generation = generation,
                                   .shares = {{.to = ada.session, .sealed = Bytes(72)}}};
        };
        // To be answered Ok is to be in the queue of whoever is away.
        co_await bob.ask<wire::Ok>(share(1));
        co_await bob.ask<wire::Ok>(share(2));
        co_await eve.ask<wire::Ok>(share(1));
        co_await eve.ask<wire::Joined>(wire::Join{attic});

        Caller again(loop, manual_clock);
        co_await again.resume(port(), ada);
        EXPECT_EQ((co_await again.get<wire::MemberLeft>()).session, eve.session)
            << "who is there, before their keys";
        const auto got = co_await again.get<wire::KeyShare>();
        EXPECT_EQ(got.from, bob.session);
        EXPECT_EQ(got.generation, 2U) << "the newest only";
        co_await bob.ask<wire::Ok>(share(3));
        EXPECT_EQ((co_await again.get<wire::KeyShare>()).generation, 3U)
            << "and none of who has left";
    }

    /// `speakers` give whoever is away their keys, one after the other: whose are there on its return.
    net::task<std::vector<SessionId>> keys_from(std::size_t speakers,
                                                std::vector<SessionId>& shared) {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        std::vector<std::unique_ptr<Caller>> others;
        for (std::size_t i = 0; i < speakers; ++i) {
            co_await enter(*others.emplace_back(std::make_unique<Caller>(loop, manual_clock)),
                           std::format("Speaker {}", i));
        }
        co_await lose(ada, *others.front());
        const ChannelEpoch epoch{static_cast<std::uint32_t>(1 + speakers)};
        for (const auto& speaker : others) {
            shared.push_back(speaker->session);
            co_await speaker->ask<wire::Ok>(
                wire::ShareKeys{.channel = lobby,
                                .channel_epoch = epoch,
                                .generation = 1,
                                .shares = {{.to = ada.session, .sealed = Bytes(72)}}});
        }
        Caller again(loop, manual_clock);
        co_await again.resume(port(), ada);
        std::vector<SessionId> kept;
        const auto bodies = co_await told(again);
        for (const auto& body : bodies) {
            if (const auto* share = std::get_if<wire::KeyShare>(&body)) {
                kept.push_back(share->from);
            }
        }
        co_return kept;
    }
    net::task<> keys_of_so_many_wait() {
        std::vector<SessionId> shared;
        const auto kept = co_await keys_from(config.limits.shares_away, shared);
        EXPECT_EQ(kept, shared);
    }
    net::task<> keys_of_one_more_do_not_wait() {
        std::vector<SessionId> shared;
        const auto kept = co_await keys_from(config.limits.shares_away + 1, shared);
        shared.erase(shared.begin());
        EXPECT_EQ(kept, shared) << "the one that has waited longest goes";
    }
};

TEST_F(ResumeKeysTest, KeysWaitForWhoIsAway) { play(keys_wait()); }
TEST_F(ResumeKeysTest, KeysOfSoManySpeakersWait) {
    config.limits.shares_away = 3;
    play(keys_of_so_many_wait());
}
TEST_F(ResumeKeysTest, OfOneMoreSpeakerTheOldestKeyGoes) {
    config.limits.shares_away = 3;
    play(keys_of_one_more_do_not_wait());
}

}  // namespace
}  // namespace partyline::control
