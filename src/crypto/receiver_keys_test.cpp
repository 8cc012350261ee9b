#include "crypto/receiver_keys.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "crypto/test_support.hpp"

namespace partyline::crypto {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint start{seconds(1000)};

/// Somebody who speaks: every frame has the next counter.
class Speaker {
public:
    Bytes frame() {
        Bytes sealed(64);
        sealed.resize(key.seal(++counter, context, as_bytes("hello"), sealed));
        return sealed;
    }
    void steps(unsigned count) {
        for (unsigned i = 0; i < count; ++i) {
            key.step();
        }
    }

    SenderKey key;
    std::uint64_t counter = 0;
    FrameContext context{
        .server_id = filled_key(1), .speaker = SessionId{2}, .stream_and_flags = 0};
};

/// One listener of one speaker.
class ReceiverKeysTest : public testing::Test {
protected:
    std::string open(ByteView sealed) { return open_as(speaker.context, sealed); }

    std::string open_as(const FrameContext& context, ByteView sealed) {
        Bytes out(sealed.size());
        const auto opened = listener.open(sealed, context, out, now);
        if (opened) {
            return std::string(as_text(ByteView(out).first(*opened)));
        }
        switch (opened.error()) {
            case OpenFailure::malformed: return "malformed";
            case OpenFailure::unknown_key: return "unknown_key";
            case OpenFailure::replayed: return "replayed";
            case OpenFailure::not_authentic: return "not_authentic";
        }
        return "?";
    }

    bool share() { return listener.add(speaker.key.material(), now).has_value(); }

    /// A frame that claims this KID and is nobody's.
    static Bytes forged(std::uint32_t generation, std::uint16_t step, std::uint64_t counter) {
        SFrameKey key(Bytes(32, std::byte{0x66}), make_kid(generation, step));
        Bytes sealed(64);
        sealed.resize(key.seal(counter, {}, as_bytes("forged"), sealed));
        return sealed;
    }

    Speaker speaker;
    ReceiverKeys listener;
    TimePoint now = start;
};

TEST_F(ReceiverKeysTest, OpensEachFrameOnce) {
    EXPECT_EQ(open(speaker.frame()), "unknown_key");
    ASSERT_TRUE(share());
    const auto one = speaker.frame();
    const auto two = speaker.frame();
    EXPECT_EQ(open(two), "hello");
    EXPECT_EQ(open(one), "hello");
    EXPECT_EQ(open(one), "replayed");
    EXPECT_EQ(open(two), "replayed");
}

TEST_F(ReceiverKeysTest, StepsAheadHaveALimit) {
    const std::pair<unsigned, const char*> cases[] = {
        {0, "hello"},
        {1, "hello"},
        {15, "hello"},
        {16, "hello"},
        {1023, "hello"},
        {1024, "hello"},
        {1025, "unknown_key"},
        {40'000, "unknown_key"},
        {65'535, "unknown_key"},
    };
    for (const auto& [ahead, expected] : cases) {
        speaker = Speaker();
        listener = ReceiverKeys();
        ASSERT_TRUE(share());
        speaker.steps(ahead);
        EXPECT_EQ(open(speaker.frame()), expected) << ahead;
    }
}

TEST_F(ReceiverKeysTest, TheLimitMovesWithWhatWasOpened) {
    ASSERT_TRUE(share());
    for (int i = 0; i < 3; ++i) {
        speaker.steps(1024);
        EXPECT_EQ(open(speaker.frame()), "hello") << i;
    }
}

TEST_F(ReceiverKeysTest, ForgedFramesChangeNothing) {
    ASSERT_TRUE(share());
    const auto early = speaker.frame();
    std::uint64_t forged_counter = 1'000'000;
    for (const auto step : std::vector<std::uint16_t>{1, 2, 700, 1023, 1024, 1024, 0}) {
        EXPECT_EQ(open(forged(1, step, ++forged_counter)), "not_authentic") << step;
    }
    EXPECT_EQ(open(forged(1, 1025, ++forged_counter)), "unknown_key");
    EXPECT_EQ(open(forged(2, 0, ++forged_counter)), "unknown_key");

    // Neither is a later step taken for the current one, nor does the first one run out, nor do the
    // forged counters close the window.
    now += seconds(3);
    EXPECT_EQ(open(forged(1, 1025, ++forged_counter)), "unknown_key");
    EXPECT_EQ(open(early), "hello");
    speaker.steps(1024);
    EXPECT_EQ(open(speaker.frame()), "hello");
}

TEST_F(ReceiverKeysTest, FramesAreOfTheirContextAlone) {
    ASSERT_TRUE(share());
    const auto frame = speaker.frame();
    auto other_speaker = speaker.context;
    other_speaker.speaker = SessionId{3};
    auto other_stream = speaker.context;
    other_stream.stream_and_flags = 0x10;
    auto other_server = speaker.context;
    other_server.server_id = filled_key(9);
    EXPECT_EQ(open_as(other_speaker, frame), "not_authentic");
    EXPECT_EQ(open_as(other_stream, frame), "not_authentic");
    EXPECT_EQ(open_as(other_server, frame), "not_authentic");
    EXPECT_EQ(open(frame), "hello");
}

TEST_F(ReceiverKeysTest, WhatIsNoFrameIsMalformed) {
    ASSERT_TRUE(share());
    const auto frame = speaker.frame();
    const auto header_bytes = parse_sframe_header(frame)->bytes;
    for (std::size_t size = 0; size < header_bytes + sframe_tag_bytes; ++size) {
        EXPECT_EQ(open(ByteView(frame).first(size)), "malformed") << size;
    }
    EXPECT_EQ(open(ByteView(frame).first(frame.size() - 1)), "not_authentic");

    SFrameKey beyond(Bytes(32), kid_max + 1);
    Bytes sealed(64);
    sealed.resize(beyond.seal(1, {}, as_bytes("x"), sealed));
    EXPECT_EQ(open(sealed), "malformed");
    SFrameKey highest(Bytes(32), kid_max);
    sealed.resize(64);
    sealed.resize(highest.seal(1, {}, as_bytes("x"), sealed));
    EXPECT_EQ(open(sealed), "unknown_key");
}

TEST_F(ReceiverKeysTest, OldStepsLiveTwoSeconds) {
    for (const auto& [after, expected] :
         {std::pair{milliseconds(2000), "hello"}, std::pair{milliseconds(2001), "replayed"}}) {
        speaker = Speaker();
        listener = ReceiverKeys();
        now = start;
        ASSERT_TRUE(share());
        EXPECT_EQ(open(speaker.frame()), "hello");
        const auto late = speaker.frame();
        speaker.steps(1);
        const auto late_on_a_step_never_heard = speaker.frame();
        speaker.steps(1);
        EXPECT_EQ(open(speaker.frame()), "hello");
        now += after;
        EXPECT_EQ(open(late), expected);
        EXPECT_EQ(open(late_on_a_step_never_heard), expected);
        EXPECT_EQ(open(speaker.frame()), "hello") << "the current step has no end";
    }
}

TEST_F(ReceiverKeysTest, ManyLateStepsAtOnce) {
    ASSERT_TRUE(share());
    std::vector<Bytes> frames;
    for (int i = 0; i < 50; ++i) {
        frames.push_back(speaker.frame());
        speaker.steps(1);
    }
    for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
        EXPECT_EQ(open(*frame), "hello");
    }
}

TEST_F(ReceiverKeysTest, OldGenerationsLiveTenSeconds) {
    ASSERT_TRUE(share());
    const auto at_the_last = speaker.frame();
    const auto too_late = speaker.frame();
    speaker.key.rotate();
    ASSERT_TRUE(share());
    now += seconds(10);
    EXPECT_EQ(open(at_the_last), "hello");
    EXPECT_TRUE(listener.has_generation(1));
    now += milliseconds(1);
    EXPECT_EQ(open(too_late), "replayed");
    EXPECT_FALSE(listener.has_generation(1));
    now += seconds(1000);
    EXPECT_EQ(open(speaker.frame()), "hello") << "the current generation has no end";
}

TEST_F(ReceiverKeysTest, AnOldGenerationMayStillStep) {
    ASSERT_TRUE(share());
    // The new key is handed out while the speaker talks on under the old one.
    SenderKey next;
    next.rotate();
    ASSERT_TRUE(listener.add(next.material(), now));
    speaker.steps(1);
    EXPECT_EQ(open(speaker.frame()), "hello");
    now += seconds(3);
    speaker.steps(1);
    EXPECT_EQ(open(speaker.frame()), "hello");
}

TEST_F(ReceiverKeysTest, AtMostThreeGenerations) {
    std::vector<Bytes> frames;
    for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE(share());
        frames.push_back(speaker.frame());
        speaker.key.rotate();
    }
    EXPECT_EQ(listener.generations(), generations_kept_max);
    EXPECT_EQ(open(frames[0]), "replayed");
    for (int i = 1; i < 4; ++i) {
        EXPECT_EQ(open(frames[static_cast<std::size_t>(i)]), "hello") << i;
    }
}

TEST_F(ReceiverKeysTest, TheWindowSpansKeys) {
    ASSERT_TRUE(share());
    const auto first = speaker.frame();
    const auto second = speaker.frame();
    EXPECT_EQ(open(first), "hello");
    speaker.key.rotate();
    ASSERT_TRUE(share());
    speaker.counter += ReplayWindow::window - 1;
    EXPECT_EQ(open(speaker.frame()), "hello");  // exactly the window ahead of `second`
    EXPECT_EQ(open(first), "replayed");
    EXPECT_EQ(open(second), "hello");
    EXPECT_EQ(open(speaker.frame()), "hello");
    EXPECT_EQ(open(second), "replayed");
}

/// Which shares are taken when generation 5 is held from step 10 on and heard up to step 20, five
/// seconds ago.
TEST_F(ReceiverKeysTest, GenerationsOfSharesOnlyRise) {
    struct Case {
        const char* name;
        std::uint32_t generation;
        unsigned step;
        bool same_chain;
        bool taken;
        const char* next_frame;  // of the true speaker at step 20 of generation 5
    };
    const Case cases[] = {
        {"generation 0", 0, 0, true, false, "hello"},
        {"an older one", 4, 10, true, false, "hello"},
        {"a newer one", 6, 0, false, true, "hello"},
        {"much newer", 0xFFFFFFFF, 65'535, false, true, "hello"},
        {"the same share again", 5, 10, true, true, "hello"},
        {"before the first step", 5, 9, true, false, "hello"},
        {"a step whose time is over", 5, 15, true, true, "hello"},
        {"the current step", 5, 20, true, true, "hello"},
        {"the current step, another key", 5, 20, false, false, "hello"},
        {"a step ahead", 5, 21, true, true, "hello"},
        {"a step ahead, another key", 5, 21, false, false, "hello"},
        {"as far ahead as frames may be", 5, 20 + 1024, true, true, "hello"},
        {"as far ahead, another key", 5, 20 + 1024, false, false, "hello"},
        {"further ahead", 5, 20 + 1025, true, true, "replayed"},
        {"further ahead, another key", 5, 20 + 1025, false, true, "replayed"},
        {"at the end", 5, 65'535, true, true, "replayed"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        speaker = Speaker();
        listener = ReceiverKeys();
        now = start;
        for (int i = 1; i < 5; ++i) {
            speaker.key.rotate();
        }
        auto chain_key = speaker.key.material().key;
        speaker.steps(10);
        ASSERT_TRUE(share());
        speaker.steps(10);
        ASSERT_EQ(open(speaker.frame()), "hello");
        now += seconds(5);
        listener.expire(now);

        for (unsigned i = 0; i < c.step; ++i) {
            chain_key = ratchet(chain_key);
        }
        SenderKeyMaterial material{.generation = c.generation,
                                   .step = static_cast<std::uint16_t>(c.step),
                                   .key = c.same_chain ? std::move(chain_key) : Secret<32>()};
        const auto taken = listener.add(std::move(material), now);
        EXPECT_EQ(taken.has_value(), c.taken);
        if (!taken) {
            EXPECT_EQ(taken.error().code, ErrorCode::bad_key_share);
        }
        EXPECT_EQ(listener.has_generation(c.generation), c.generation >= 5);
        EXPECT_EQ(open(speaker.frame()), c.next_frame);
    }
}

TEST_F(ReceiverKeysTest, GenerationsBeginAtOne) {
    EXPECT_FALSE(listener.add({.generation = 0, .step = 0}, now));
    EXPECT_TRUE(listener.add({.generation = 1, .step = 0}, now));
}

TEST_F(ReceiverKeysTest, AShareReachesBeyondTheStepLimit) {
    ASSERT_TRUE(share());
    EXPECT_EQ(open(speaker.frame()), "hello");
    speaker.steps(5000);
    const auto frame = speaker.frame();
    EXPECT_EQ(open(frame), "unknown_key");
    ASSERT_TRUE(share());
    EXPECT_EQ(open(frame), "hello");
}

TEST_F(ReceiverKeysTest, AGenerationInDisputeTakesNoMoreShares) {
    ASSERT_TRUE(share());
    auto contradiction = speaker.key.material();
    contradiction.step = 3;
    EXPECT_FALSE(listener.add(std::move(contradiction), now));
    EXPECT_FALSE(share());
    EXPECT_EQ(open(speaker.frame()), "hello") << "what was given first still holds";
    speaker.key.rotate();
    EXPECT_TRUE(share());
    EXPECT_EQ(open(speaker.frame()), "hello");
}

TEST_F(ReceiverKeysTest, ForgettingKeysKeepsWhatStopsReplays) {
    speaker.key.rotate();
    auto old_share = speaker.key.material();
    ASSERT_TRUE(share());
    const auto heard = speaker.frame();
    const auto missed = speaker.frame();
    EXPECT_EQ(open(heard), "hello");

    listener.forget_keys();
    EXPECT_EQ(listener.generations(), 0U);
    EXPECT_EQ(open(heard), "replayed");
    EXPECT_EQ(open(missed), "unknown_key");
    ASSERT_TRUE(share()) << "the speaker has not rotated yet";
    EXPECT_EQ(open(heard), "replayed");
    EXPECT_EQ(open(missed), "hello");

    speaker.key.rotate();
    ASSERT_TRUE(share());
    listener.forget_keys();
    EXPECT_FALSE(listener.add(std::move(old_share), now)) << "an older generation";
}

// A speaker, the network and time in any order, against the rules said plainly: a frame opens if it
// is fresh and its key's time is not over.
TEST_F(ReceiverKeysTest, AnyOrderWithinTheLimitsOpens) {
    Random random(9);
    ASSERT_TRUE(share());
    struct Flight {
        TimePoint due;
        Bytes sealed;
    };
    std::vector<Flight> flights;
    int sent = 0;
    int heard = 0;
    int rotated = 0;
    for (int tick = 0; tick < 20'000; ++tick) {
        now += milliseconds(20);
        if (random.chance(0.3)) {
            speaker.steps(1);
        }
        // A sender rotates at most once a second.
        if (tick - rotated >= 50 && random.chance(0.02)) {
            rotated = tick;
            speaker.key.rotate();
            ASSERT_TRUE(share());
        }
        // Late by less than a step's life, so all must open, and none twice.
        flights.push_back({now + milliseconds(random.below(1500)), speaker.frame()});
        ++sent;
        for (std::size_t i = 0; i < flights.size();) {
            if (flights[i].due > now) {
                ++i;
                continue;
            }
            ASSERT_EQ(open(flights[i].sealed), "hello") << tick;
            ASSERT_EQ(open(flights[i].sealed), "replayed") << tick;
            ++heard;
            flights.erase(flights.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
    EXPECT_EQ(heard + static_cast<int>(flights.size()), sent);
}

}  // namespace
}  // namespace partyline::crypto
