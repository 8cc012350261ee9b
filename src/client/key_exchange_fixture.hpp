// For tests of key exchange: one talkie's, and a server that says what the test wants it to say.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <format>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "client/key_exchange.hpp"
#include "client/key_test_support.hpp"
#include "client/limits.hpp"

namespace partyline::client::test {

inline constexpr ChannelId lobby{10};
inline constexpr ChannelId attic{11};

/// One talkie's key exchange, and a server that says what the test wants it to say.
class KeyExchangeTest : public testing::Test {
protected:
    KeyExchangeTest() {
        for (std::uint32_t session = 2; session < 8; ++session) {
            peers_.emplace_back(session);
        }
    }

    Peer& peer(std::uint32_t session) { return peers_.at(session - 2); }

    void join(ChannelId channel, std::uint32_t members) {
        keys_.joined({.channel = channel,
                      .channel_epoch = ChannelEpoch{++epoch_},
                      .route = Route{1},
                      .frame_ms = 10,
                      .members = members});
        channel_ = channel;
    }
    void page(const std::vector<std::uint32_t>& sessions, bool more = false) {
        wire::MemberKeys keys{.channel = channel_,
                              .channel_epoch = ChannelEpoch{epoch_},
                              .members = {},
                              .more = more};
        for (const auto session : sessions) {
            keys.members.push_back(peer(session).member(clock_.unix_ms()));
        }
        keys_.member_keys(keys);
    }
    void enters(std::uint32_t session) {
        keys_.member_joined({.channel = channel_,
                             .channel_epoch = ChannelEpoch{++epoch_},
                             .member = peer(session).member(clock_.unix_ms())});
    }
    void leaves(std::uint32_t session) {
        keys_.member_left({.channel = channel_,
                           .channel_epoch = ChannelEpoch{++epoch_},
                           .session = SessionId{session}});
    }

    /// In the lobby with 2 and 3, and all that follows from it done.
    void settle_in() {
        join(lobby, 3);
        page({2, 3});
        take();
        answer_all();
        take();
        clock_.advance(std::chrono::seconds(10));
    }

    void run(Duration duration) { test::run(keys_, clock_, duration); }
    void answer_all(const std::optional<Error>& error = std::nullopt) {
        test::answer_all(keys_, tickets_, error);
    }

    /// What came out, a word for each: "use 2.0" a key in use, "share 2.0 to 2 3", and so on.
    std::string take() {
        return take_words(keys_, [this](auto& one) { return tell(one); });
    }

    std::string tell(const UseSenderKey& use) {
        in_use_ = copy(use.key);
        return std::format("use {}.{}", use.key.generation, use.key.step);
    }
    std::string tell(const UseSpeakerKey& use) {
        return std::format("hear {} {}.{}", use.key.speaker.value, use.key.material.generation,
                           use.key.material.step);
    }
    std::string tell(const ToServer& output) {
        if (output.ticket != 0) {
            tickets_.push_back(output.ticket);
        }
        return std::visit([this](const auto& body) { return tell_body(body); }, output.body);
    }
    std::string tell_body(const wire::ShareKeys& shares) {
        std::string line = std::format("share {}.{} to", shares.generation, shares.step);
        for (const auto& share : shares.shares) {
            line += std::format(" {}", share.to.value);
        }
        EXPECT_EQ(shares.channel, channel_);
        EXPECT_LE(shares.channel_epoch, ChannelEpoch{epoch_});
        last_shares_ = shares;
        return line;
    }
    std::string tell_body(const wire::GetMemberKeys& get) {
        return std::format("get {} from {}", get.sessions.size(), get.sessions.front().value);
    }
    std::string tell_body(const wire::KeyRequest& request) {
        return std::format("request {}", request.speaker.value);
    }
    template <class Other>
    std::string tell_body(const Other&) {
        return "?";
    }
    std::string tell(const KeysComplete&) { return "complete"; }
    template <class Membership>
    std::string tell(const Membership&) {
        return {};
    }

    /// A share that `from` seals for us.
    wire::KeyShare share_from(const Peer& from, std::uint32_t generation, ChannelId channel) const {
        const crypto::ShareContext context{.channel = channel,
                                           .from = from.session,
                                           .to = self_.session,
                                           .stream = {},
                                           .generation = generation,
                                           .step = 0};
        return {.from = from.session,
                .channel = channel,
                .channel_epoch = ChannelEpoch{epoch_},
                .stream = {},
                .generation = generation,
                .step = 0,
                .sealed = from.pair_with(self_).seal(context, key_of(generation))};
    }

    ManualClock clock_;
    Peer self_{1};
    std::deque<Peer> peers_;
    KeyExchange keys_{self_.device(), clock_, 400};
    ChannelId channel_{};
    std::uint32_t epoch_ = 100;
    std::vector<std::uint64_t> tickets_;
    crypto::SenderKeyMaterial in_use_;
    wire::ShareKeys last_shares_;
};

}  // namespace partyline::client::test
