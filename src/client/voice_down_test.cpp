// What the thread that listens does at most before it looks at something else.
#include "client/voice_down.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <utility>
#include <variant>

#include "client/limits.hpp"
#include "client/test_support.hpp"

namespace partyline::client {
namespace {

/// Wants frame after frame at once, until it has had enough. What it is given runs on the listening thread
/// itself: while it does, that thread does nothing else.
class HungrySink final : public audio::Sink {
public:
    /// Whether it wants another.
    explicit HungrySink(std::function<bool()> on_write) : on_write_(std::move(on_write)) {}

    [[nodiscard]] TimePoint due(TimePoint now) const override {
        return hungry_ ? now : now + std::chrono::hours(1);
    }
    void write(dsp::ConstFrame) override { hungry_ = on_write_(); }
    void write(dsp::ConstFrame mid, dsp::ConstFrame) override { write(mid); }
    void rest() override {}
    [[nodiscard]] TimePoint started() const override { return {}; }
    Result<void> close() override { return {}; }
    [[nodiscard]] std::uint64_t underruns() const override { return 0; }

private:
    const std::function<bool()> on_write_;
    bool hungry_ = true;
};

/// Wants frame after frame at once, as HungrySink, but no silence. `on_rest` is told how many it was given since the
/// last rest.
class DeafSink final : public audio::Sink {
public:
    explicit DeafSink(std::function<void(std::size_t)> on_rest) : on_rest_(std::move(on_rest)) {}

    [[nodiscard]] TimePoint due(TimePoint now) const override { return now; }
    void write(dsp::ConstFrame) override { ++frames_; }
    void write(dsp::ConstFrame mid, dsp::ConstFrame) override { write(mid); }
    void rest() override { on_rest_(std::exchange(frames_, 0)); }
    [[nodiscard]] bool wants_silence() const override { return false; }
    [[nodiscard]] TimePoint started() const override { return {}; }
    Result<void> close() override { return {}; }
    [[nodiscard]] std::uint64_t underruns() const override { return 0; }

private:
    const std::function<void(std::size_t)> on_rest_;
    std::size_t frames_ = 0;
};

/// A millisecond passes whenever the listening thread looks.
class PassingClock final : public Clock {
public:
    [[nodiscard]] TimePoint now() const override { return now_ += std::chrono::milliseconds(1); }
    [[nodiscard]] std::int64_t unix_ms() const override { return 0; }

private:
    mutable TimePoint now_{std::chrono::hours(1)};
};

class VoiceDownTest : public testing::Test {
protected:
    /// It plays from the first round on.
    void prepare(std::shared_ptr<UdpWay> way) {
        link = std::make_unique<VoiceLink>(
            std::make_shared<Hop>(Hop::Keys{test::hop_key(), test::hop_key(), 1}, std::move(way)),
            counters);
        EXPECT_TRUE(link->to_down.push(StartPlaying{}));
    }
    /// Says what comes of it.
    std::size_t listen(std::shared_ptr<UdpWay> way, std::function<bool()> on_write) {
        prepare(std::move(way));
        return listen(clock, std::move(on_write));
    }
    std::size_t listen(const Clock& by, std::function<bool()> on_write) {
        HungrySink sink(std::move(on_write));
        return listen(by, sink);
    }
    std::size_t listen(const Clock& by, audio::Sink& sink) {
        link->down_wake.wake();
        const VoiceDown down(test::identity_of(1), *link, sink, by);
        auto future = found.get_future();
        const bool came = future.wait_for(std::chrono::seconds(60)) == std::future_status::ready;
        EXPECT_TRUE(came) << "nothing was played";
        return came ? future.get() : 0;
    }

    const SystemClock clock;
    UpCounters counters;
    std::unique_ptr<VoiceLink> link;
    std::promise<std::size_t> found;
};

TEST_F(VoiceDownTest, AFloodDoesNotKeepTheLoudspeakerWaiting) {
    constexpr std::size_t beyond = 3;
    auto server = net::UdpSocket::bind(net::Endpoint::loopback_v4(0)).value();
    const auto way = std::make_shared<UdpWay>(UdpWay{
        .server = server.local(),
        .socket =
            net::UdpSocket::connect(server.local(), {.receive_buffer_bytes = 1U << 20U}).value()});
    for (std::size_t i = 0; i < receive_batch_max + beyond; ++i) {
        ASSERT_TRUE(server.send_to(way->socket.local(), as_bytes("flood")));
    }
    const auto unread = listen(way, [&] {
        std::size_t count = 0;
        for (std::array<std::byte, 16> buffer; way->socket.receive(buffer);) {
            ++count;
        }
        found.set_value(count);
        return false;
    });
    EXPECT_EQ(unread, beyond) << "which are read after the first frame";
}

TEST_F(VoiceDownTest, WhoeverIsLongHeldUpReadsBetweenTheFramesThatAreDue) {
    std::size_t frames = 0;
    const auto in_a_row = listen(nullptr, [&] {
        if (frames == 0) {
            EXPECT_TRUE(link->tunnel_down.push(DatagramSlot::of(as_bytes("waits"))));
        } else if (link->tunnel_down.size() == 0) {
            found.set_value(frames);
            return false;
        }
        ++frames;
        return true;
    });
    EXPECT_EQ(in_a_row, frames_caught_up_max);
}

TEST_F(VoiceDownTest, WhereNobodyHearsSilenceNoneIsPlayedUntilSomethingComes) {
    constexpr std::size_t a_second = 100;
    int rests = 0;
    DeafSink sink([&](std::size_t frames) {
        ++rests;
        if (rests == 1) {
            EXPECT_LE(frames, frames_caught_up_max) << "nobody has said a word yet";
            const std::array voice{wire::downlink_voice_lead};
            EXPECT_TRUE(link->tunnel_down.push(DatagramSlot::of(voice)));
        } else if (rests == 2) {
            EXPECT_GE(frames, a_second) << "as it may be the first of many";
            EXPECT_LT(frames, a_second + frames_caught_up_max);
            EXPECT_TRUE(link->to_down.push(
                UseSpeakerKey{{.speaker = SessionId{2}, .material = test::key_of(1)}}));
        } else if (rests == 3) {
            found.set_value(frames);
        }
        link->down_wake.wake();
    });
    prepare(nullptr);
    EXPECT_LE(listen(clock, sink), frames_caught_up_max)
        << "in a large room keys come all the time, and a key alone is nothing to hear";
}

TEST_F(VoiceDownTest, FiguresThatThereWasNoRoomForAreToldLater) {
    // After so many nothing of the figures changes by itself.
    constexpr int frames_without_room = 1'000;
    constexpr int frames_most = 10'000;
    test::Talker talker(2);
    talker.sender().set_key(test::key_of(1));
    prepare(nullptr);
    EXPECT_TRUE(link->to_down.push(MemberEntered{.session = talker.session()}));
    EXPECT_TRUE(link->tunnel_down.push(DatagramSlot::of(talker.talk().value())));
    while (link->from_down.push(LaneChanged{})) {
    }
    const PassingClock passing;
    int frames = 0;
    const auto speakers_told = listen(passing, [&] {
        if (++frames < frames_without_room) {
            return true;
        }
        while (const auto report = link->from_down.pop()) {
            if (const auto* heard = std::get_if<std::unique_ptr<HeardReport>>(&*report)) {
                found.set_value((*heard)->speakers.size());
                return false;
            }
        }
        if (frames == frames_most) {
            found.set_value(0);
        }
        return frames < frames_most;
    });
    EXPECT_EQ(speakers_told, 1U);
}

}  // namespace
}  // namespace partyline::client
