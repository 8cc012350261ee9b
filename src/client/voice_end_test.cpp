// How it sounds when somebody is not to be heard any more: whoever leaves, and whoever goes elsewhere or deafens.
#include <gtest/gtest.h>

#include <cmath>

#include "client/voice_receiver_fixture.hpp"

namespace partyline::client {
namespace {

/// Counts what a recording would be given.
class KeptFrames final : public HeardListener {
public:
    void heard(SessionId, StreamId, dsp::ConstFrame) override { ++count_; }
    [[nodiscard]] int count() const { return count_; }

private:
    int count_ = 0;
};

class VoiceEnd : public test::VoiceReceiverTest {
protected:
    VoiceEnd() {
        receiver_.set_listener(&kept_);
        give_key();
        for (int i = 0; i < 30; ++i) {
            hear(talker_.talk());
        }
    }

    /// 200 ms of what is said come at once, as after a stall.
    void receive_much() {
        for (int i = 0; i < 20; ++i) {
            receive(talker_.talk());
        }
    }
    /// Frames with sound in them, to the last; what comes of the speaker meanwhile is not opened.
    int frames_to_the_end() {
        const auto received = stats().packets_received;
        int frames = 0;
        for (int i = 0; i < 150; ++i) {
            receive(talker_.talk());
            const auto frame = listen_closely();
            if (test::energy(frame) > 0) {
                EXPECT_EQ(frames, i) << "a hole";
                ++frames;
                last_sample_ = frame.back();
            }
        }
        EXPECT_EQ(stats().packets_received, received);
        return frames;
    }
    /// 200 ms, perhaps a third faster, and a fade where no end was told of.
    void expect_the_last_words() {
        const auto kept_before = kept_.count();
        const int frames = frames_to_the_end();
        EXPECT_GE(frames, 13);
        EXPECT_LE(frames, 33);
        EXPECT_LT(std::abs(last_sample_), 1e-3F);
        EXPECT_GE(kept_.count() - kept_before, frames) << "which are recorded, too";
    }

    float last_sample_ = 0;
    KeptFrames kept_;
};

TEST_F(VoiceEnd, TheLastWordsOfWhoeverLeavesTheRoomAreHeard) {
    receive_much();
    receiver_.remove_member(talker_.session());
    EXPECT_FALSE(receiver_.anyone_speaking());
    expect_the_last_words();
}

TEST_F(VoiceEnd, TheLastWordsOfWhoeverLeavesTheServerAreHeard) {
    receive_much();
    receiver_.forget_session(talker_.session());
    EXPECT_FALSE(receiver_.anyone_speaking());
    expect_the_last_words();
}

TEST_F(VoiceEnd, NothingIsAllocatedForTheLastWordsOfAnybody) {
    receive_much();
    auto before = test::allocations();
    receiver_.remove_member(talker_.session());
    EXPECT_EQ(test::allocations(), before);
    EXPECT_GT(listen(), 0.0);

    receiver_.add_member(talker_.session());
    give_key();
    receive_much();
    before = test::allocations();
    receiver_.clear_room();
    EXPECT_EQ(test::allocations(), before);

    receiver_.add_member(talker_.session());
    give_key();
    receive_much();
    before = test::allocations();
    receiver_.forget_session(talker_.session());
    EXPECT_EQ(test::allocations(), before);
}

TEST_F(VoiceEnd, WhoeverIsBackBeforeTheirLastWordsAreOverIsHeardAndNotTwice) {
    receive_much();
    receiver_.remove_member(talker_.session());
    receiver_.add_member(talker_.session());
    give_key();
    for (int i = 0; i < 10; ++i) {
        const auto kept_before = kept_.count();
        EXPECT_TRUE(hear(talker_.talk()) > 0.0 || i < 3) << i;
        EXPECT_LE(kept_.count() - kept_before, 1) << "one track is theirs";
    }
    EXPECT_TRUE(receiver_.anyone_speaking());
    EXPECT_EQ(stats().packets_received, 60U);
}

TEST_F(VoiceEnd, WhoeverGoesElsewhereHearsTheRoomFadeInAFrame) {
    receive_much();
    const auto kept_before = kept_.count();
    receiver_.clear_room();
    EXPECT_EQ(frames_to_the_end(), 1);
    EXPECT_LT(std::abs(last_sample_), 1e-3F);
    EXPECT_EQ(kept_.count(), kept_before) << "they record that room no more";
    EXPECT_EQ(stats().frames_played, 0U);
}

TEST_F(VoiceEnd, WhoeverGoesElsewhereHearsNoLastWordsOfThoseWhoHaveJustLeft) {
    receive_much();
    receiver_.remove_member(talker_.session());
    EXPECT_GT(listen(), 0.0);
    receiver_.clear_room();
    EXPECT_EQ(frames_to_the_end(), 1);
    EXPECT_LT(std::abs(last_sample_), 1e-3F);
}

TEST_F(VoiceEnd, DeafeningAndItsEndAreFadedInAFrame) {
    receiver_.set_deafened(true);
    receive(talker_.talk());
    const auto last = listen_closely();
    EXPECT_GT(test::energy(last), 0.0);
    EXPECT_LT(std::abs(last.back()), 1e-3F);
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(hear(talker_.talk()), 0.0) << i;
    }
    EXPECT_TRUE(receiver_.anyone_speaking()) << "their light is lit all the same";
    receiver_.set_deafened(false);
    receive(talker_.talk());
    const auto first = listen_closely();
    EXPECT_GT(test::energy(first), 0.0);
    EXPECT_LT(std::abs(first.front()), 1e-2F);
    EXPECT_GT(hear(talker_.talk()), 0.0);
}

}  // namespace
}  // namespace partyline::client
