#include "client/whisperers.hpp"

#include <gtest/gtest.h>

#include <format>
#include <string>

#include "client/key_test_support.hpp"
#include "client/limits.hpp"

namespace partyline::client {
namespace {

using test::Peer;

constexpr StreamId one{1};
constexpr StreamId two{2};

class WhisperersTest : public testing::Test {
protected:
    wire::WhisperOpened opening(const Peer& peer, StreamId stream) const {
        return {.whisperer = peer.member(clock_.unix_ms()), .name = "ann", .stream = stream};
    }
    wire::KeyShare share(const Peer& from, StreamId stream, std::uint32_t generation = 1) {
        const auto key = test::key_of(generation);
        return {.from = from.session,
                .channel = {},
                .channel_epoch = ChannelEpoch{1},
                .stream = stream,
                .generation = generation,
                .step = 0,
                .sealed = from.pair_with(self_).seal({.channel = {},
                                                      .from = from.session,
                                                      .to = self_.session,
                                                      .stream = stream,
                                                      .generation = generation,
                                                      .step = 0},
                                                     key)};
    }

    /// What came out, a word for each.
    std::string take() {
        std::string told;
        for (auto& output : whisperers_.take_outputs()) {
            const auto line = std::visit([](auto& each) { return tell(each); }, output);
            told += (told.empty() ? "" : "; ") + line;
        }
        return told;
    }
    static std::string tell(const ToServer& output) {
        const auto& request = std::get<wire::KeyRequest>(output.body);
        return std::format("ask {}/{} {}", request.speaker.value, request.stream.value,
                           request.kid);
    }
    static std::string tell(const UseSpeakerKey& use) {
        return std::format("hear {}/{} {}", use.key.speaker.value, use.key.stream.value,
                           use.key.material.generation);
    }
    static std::string tell(const WhispererEntered& in) {
        return std::format("+{}/{}", in.session.value, in.stream.value);
    }
    static std::string tell(const WhispererGone& out) {
        return std::format("-{}/{}", out.session.value, out.stream.value);
    }
    static std::string tell(const DeviceRefused& refused) {
        return std::format("refused {}", refused.session.value);
    }
    static std::string tell(const WhisperingChange& change) {
        return std::format("{}/{} {}", change.name, change.stream.value,
                           change.whispering ? "whispers" : "ends");
    }

    ManualClock clock_;
    Peer self_{1};
    Peer ann_{2};
    Peer bob_{3};
    OwnDevice own_ = self_.device();
    DeviceBook book_{own_, clock_};
    Whisperers whisperers_{own_, book_};
};

TEST_F(WhisperersTest, TheKeysOfThoseWhoMayWhisperAreTaken) {
    whisperers_.opened(opening(ann_, one));
    EXPECT_EQ(take(), "+2/1");
    whisperers_.key_share(share(ann_, one));
    EXPECT_EQ(take(), "hear 2/1 1");
    whisperers_.closed({.session = ann_.session, .stream = one});
    EXPECT_EQ(take(), "-2/1");
    whisperers_.key_share(share(ann_, one, 2));
    EXPECT_EQ(take(), "");
    EXPECT_EQ(whisperers_.shares_dropped(), 1U);
}

TEST_F(WhisperersTest, OtherSharesAreDropped) {
    whisperers_.opened(opening(ann_, one));
    take();
    whisperers_.key_share(share(ann_, two));
    whisperers_.key_share(share(bob_, one));
    auto of_a_room = share(ann_, one);
    of_a_room.channel = ChannelId{7};
    whisperers_.key_share(of_a_room);
    auto changed = share(ann_, one);
    changed.sealed.back() ^= std::byte{1};
    whisperers_.key_share(changed);
    auto of_another_stream = share(ann_, two);
    of_another_stream.stream = one;
    whisperers_.key_share(of_another_stream);
    EXPECT_EQ(take(), "");
    EXPECT_EQ(whisperers_.shares_dropped(), 5U);
}

TEST_F(WhisperersTest, ADeviceThatDoesNotVerifyIsToldOnceAndHeardWhenItIsRenewed) {
    auto forged = opening(ann_, one);
    forged.whisperer.device.signature[0] ^= std::byte{1};
    whisperers_.opened(forged);
    whisperers_.opened(forged);
    EXPECT_EQ(take(), "+2/1; refused 2");
    whisperers_.key_share(share(ann_, one));
    EXPECT_EQ(take(), "");
    whisperers_.opened(opening(ann_, one));
    whisperers_.key_share(share(ann_, one));
    EXPECT_EQ(take(), "hear 2/1 1");
}

TEST_F(WhisperersTest, ARenewedDeviceChangesNothing) {
    whisperers_.opened(opening(ann_, one));
    take();
    whisperers_.opened(opening(ann_, one));
    EXPECT_EQ(take(), "");
    EXPECT_EQ(whisperers_.size(), 1U);
}

TEST_F(WhisperersTest, WhoWhispersIsToldByName) {
    whisperers_.opened(opening(ann_, one));
    whisperers_.opened(opening(ann_, two));
    take();
    whisperers_.set_heard(ann_.session, one, true);
    whisperers_.set_heard(ann_.session, one, true);
    EXPECT_EQ(take(), "ann/1 whispers");
    whisperers_.set_heard(ann_.session, one, false);
    EXPECT_EQ(take(), "ann/1 ends");
    whisperers_.set_heard(bob_.session, one, true);
    EXPECT_EQ(take(), "") << "nobody who may";
    whisperers_.set_heard(ann_.session, two, true);
    take();
    whisperers_.hush();
    EXPECT_EQ(take(), "ann/2 ends");
    EXPECT_EQ(whisperers_.size(), 2U);
}

TEST_F(WhisperersTest, WhoeverMayNoMoreHasStopped) {
    for (const auto stream : {one, two}) {
        whisperers_.opened(opening(ann_, stream));
        whisperers_.opened(opening(bob_, stream));
        whisperers_.set_heard(ann_.session, stream, true);
    }
    take();
    whisperers_.closed({.session = ann_.session, .stream = two});
    EXPECT_EQ(take(), "ann/2 ends; -2/2");
    whisperers_.closed({.session = ann_.session, .stream = two});
    EXPECT_EQ(take(), "");
    whisperers_.session_gone(ann_.session);
    EXPECT_EQ(take(), "ann/1 ends; -2/1");
    whisperers_.forget_all();
    EXPECT_EQ(take(), "-3/1; -3/2");
}

TEST_F(WhisperersTest, AsksForKeysOfThoseWhoMay) {
    whisperers_.opened(opening(ann_, two));
    take();
    whisperers_.key_needed({.speaker = ann_.session, .kid = 9, .stream = two});
    whisperers_.key_needed({.speaker = ann_.session, .kid = 9, .stream = one});
    EXPECT_EQ(take(), "ask 2/2 9");
}

TEST_F(WhisperersTest, WhatCannotBeIsNobody) {
    whisperers_.opened(opening(self_, one));
    whisperers_.opened(opening(ann_, StreamId{}));
    whisperers_.opened(opening(ann_, StreamId{streams_max}));
    EXPECT_EQ(take(), "");
    EXPECT_EQ(whisperers_.size(), 0U);
}

TEST_F(WhisperersTest, AreNoMoreThanTheyMayBe) {
    auto opened = opening(ann_, one);
    opened.whisperer.device.signature.clear();  // costs no signature check
    for (std::uint32_t session = 10; session < 10 + whisperers_max; ++session) {
        opened.whisperer.session = SessionId{session};
        whisperers_.opened(opened);
    }
    EXPECT_EQ(whisperers_.size(), whisperers_max);
    opened.whisperer.session = SessionId{9};
    whisperers_.opened(opened);
    EXPECT_EQ(whisperers_.size(), whisperers_max);
    take();
    whisperers_.session_gone(SessionId{10});
    whisperers_.opened(opened);
    EXPECT_EQ(take(), "-10/1; +9/1; refused 9");
}

}  // namespace
}  // namespace partyline::client
