#include "client/voice_sender.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>
#include <set>
#include <vector>

#include "client/test_support.hpp"
#include "crypto/sframe.hpp"

namespace {
std::atomic<std::uint64_t> allocation_count{0};  // operator new has no other place to keep it
}

namespace partyline::client::test {
std::uint64_t allocations() { return allocation_count.load(); }
}  // namespace partyline::client::test

void* operator new(std::size_t size) {
    ++allocation_count;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) {
        return memory;
    }
    throw std::bad_alloc();
}
// The library's own would not match the delete below.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++allocation_count;
    return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace partyline::client {
namespace {

constexpr std::uint32_t session = 42;

/// One packet as a listener with the key sees it.
struct Seen {
    wire::Header header;
    std::uint64_t kid = 0;
    std::uint64_t counter = 0;
    bool ends_spurt = false;
    bool kept = false;
    dsp::MediaTime media_time = 0;
    std::size_t opus_bytes = 0;
};

class Rig {
public:
    Rig() : uplink_(test::hop_key(), 3), sender_(make()) {
        sender_.set_route(Route{0x0102});
        sender_.set_key(test::key_of(1));
        sender_.set_open(true);
    }

    VoiceSender& sender() { return sender_; }

    void talk(int frames) { run(frames, true); }
    void pause(int frames) { run(frames, false); }
    /// What was said before the microphone opened.
    void catch_up(int frames) { run(frames, true, VoiceSender::Spurt::catches_up); }

    std::vector<Seen> take() { return std::exchange(seen_, {}); }

private:
    VoiceSender make() { return VoiceSender::create(test::identity_of(session), uplink_).value(); }

    void run(int frames, bool talking, VoiceSender::Spurt spurt = VoiceSender::Spurt::goes_on) {
        for (int i = 0; i < frames; ++i) {
            const auto samples = talking ? test::buzz(sender_.media_time()) : test::Samples{};
            if (const auto packet = sender_.push(samples, spurt)) {
                seen_.push_back(open(packet->datagram));
                EXPECT_EQ(packet->ends_spurt, seen_.back().ends_spurt);
            }
        }
    }

    static Seen open(ByteView datagram) {
        EXPECT_TRUE(crypto::hop_verify(test::hop_key(), datagram));
        const auto parsed = wire::parse_header(datagram).value();
        std::size_t taken = 0;
        const auto record = wire::parse_record(parsed.body, &taken).value();
        EXPECT_EQ(taken, parsed.body.size());
        EXPECT_EQ(record.speaker, SessionId{session});
        EXPECT_EQ(record.stream(), StreamId{0});

        const auto header = crypto::parse_sframe_header(record.sealed).value().header;
        const auto key =
            test::key_of(crypto::generation_of(header.kid), crypto::step_of(header.kid));
        const auto opened = test::open_record(record, key).value();
        return {.header = parsed.header,
                .kid = header.kid,
                .counter = header.counter,
                .ends_spurt = record.ends_spurt(),
                .kept = record.was_kept(),
                .media_time = load_be<dsp::MediaTime>(opened),
                .opus_bytes = opened.size() - sizeof(dsp::MediaTime)};
    }

    Uplink uplink_;
    VoiceSender sender_;
    std::vector<Seen> seen_;
};

TEST(VoiceSender, SendsEveryFrameOfASpurt) {
    Rig rig;
    rig.talk(20);
    const auto seen = rig.take();
    ASSERT_EQ(seen.size(), 20U);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        EXPECT_EQ(seen[i].header.kind, wire::DatagramKind::voice);
        EXPECT_EQ(seen[i].header.hop_epoch, 3);
        EXPECT_EQ(seen[i].header.route, Route{0x0102});
        EXPECT_EQ(seen[i].header.counter, i + 1);
        EXPECT_EQ(seen[i].counter, i);
        EXPECT_EQ(seen[i].media_time, i * dsp::frame_samples);
        EXPECT_FALSE(seen[i].ends_spurt);
    }
}

TEST(VoiceSender, OfAPauseOnlyTheFirstSilentPacketGoesOutAndEndsTheSpurt) {
    Rig rig;
    rig.talk(50);
    rig.take();
    rig.pause(300);
    auto seen = rig.take();
    ASSERT_GE(seen.size(), 1U);
    EXPECT_LT(seen.size(), 100U) << "the codec takes digital silence for sound";
    EXPECT_TRUE(seen.back().ends_spurt);
    EXPECT_EQ(std::ranges::count(seen, true, &Seen::ends_spurt), 1);
    EXPECT_FALSE(rig.sender().in_spurt());

    // Media time went on through the silence; the counter did not.
    const auto last_counter = seen.back().counter;
    rig.talk(10);
    seen = rig.take();
    ASSERT_FALSE(seen.empty());
    EXPECT_EQ(seen.back().media_time, 359U * dsp::frame_samples);
    EXPECT_EQ(seen.front().counter, last_counter + 1);
}

TEST(VoiceSender, SaysOfWhatWasKeptThatItIsLateByThat) {
    for (const unsigned frame_ms : {10U, 20U}) {
        SCOPED_TRACE(frame_ms);
        Rig rig;
        rig.sender().set_frame_ms(frame_ms).value();
        rig.catch_up(5);
        rig.talk(5);
        std::vector<bool> kept;
        for (const auto& seen : rig.take()) {
            kept.push_back(seen.kept);
        }
        const auto expected =
            frame_ms == 10
                ? std::vector{true, true, true, true, true, false, false, false, false, false}
                : std::vector{true, true, false, false, false};  // the third ends with what is new
        EXPECT_EQ(kept, expected);
    }
}

TEST(VoiceSender, SilenceFromTheStartSendsNothing) {
    Rig rig;
    rig.pause(500);
    EXPECT_LE(rig.take().size(), 60U);  // the codec needs a moment to be sure
    rig.pause(200);
    EXPECT_TRUE(rig.take().empty());
    EXPECT_EQ(rig.sender().counters().frames_captured, 700U);
}

TEST(VoiceSender, ClosingInASpurtSendsOneSilentEndAndNothingMore) {
    Rig rig;
    rig.talk(10);
    rig.take();
    rig.sender().set_open(false);
    rig.talk(20);
    const auto seen = rig.take();
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_TRUE(seen[0].ends_spurt);

    rig.sender().set_open(true);
    rig.talk(1);
    EXPECT_EQ(rig.take().at(0).media_time, 30U * dsp::frame_samples);
}

TEST(VoiceSender, NothingOfWhatWasSaidAfterClosingIsInTheEnd) {
    // Two talkies, one of which is muted at the moment its owner begins to shout.
    const auto last_packet = [](bool shouting) {
        Uplink uplink(test::hop_key(), 0);
        auto sender = VoiceSender::create(test::identity_of(session), uplink).value();
        sender.set_route(Route{1});
        sender.set_key(test::key_of(1));
        sender.set_open(true);
        for (dsp::MediaTime i = 0; i < 10; ++i) {
            sender.push(test::buzz(i * 480));
        }
        sender.set_open(false);
        return to_bytes(sender.push(shouting ? test::buzz(0) : test::Samples{})->datagram);
    };
    EXPECT_EQ(last_packet(true), last_packet(false));
}

TEST(VoiceSender, NothingWithoutRoomOrKey) {
    Uplink uplink(test::hop_key(), 0);
    auto sender = VoiceSender::create(test::identity_of(session), uplink).value();
    sender.set_open(true);
    EXPECT_FALSE(sender.push(test::buzz(0)));
    sender.set_route(Route{1});
    EXPECT_FALSE(sender.push(test::buzz(480)));
    sender.set_key(test::key_of(1));
    EXPECT_TRUE(sender.push(test::buzz(960)));
    sender.set_route(Route{});
    EXPECT_FALSE(sender.push(test::buzz(1440)));
}

TEST(VoiceSender, ANewKeyNeverRestartsTheCounter) {
    Rig rig;
    rig.talk(3);
    rig.sender().set_key(test::key_of(1, 1));
    rig.talk(3);
    rig.sender().set_key(test::key_of(2));
    rig.talk(3);
    std::set<std::uint64_t> counters;
    std::vector<std::uint64_t> kids;
    for (const auto& seen : rig.take()) {
        counters.insert(seen.counter);
        kids.push_back(seen.kid);
    }
    EXPECT_EQ(counters.size(), 9U);
    EXPECT_EQ(kids, (std::vector<std::uint64_t>{0x10000, 0x10000, 0x10000, 0x10001, 0x10001,
                                                0x10001, 0x20000, 0x20000, 0x20000}));
}

TEST(VoiceSender, LongPacketsHoldTwoFrames) {
    Rig rig;
    rig.sender().set_frame_ms(20).value();
    rig.talk(10);
    const auto seen = rig.take();
    ASSERT_EQ(seen.size(), 5U);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        EXPECT_EQ(seen[i].media_time, i * 2 * dsp::frame_samples);
    }
}

TEST(VoiceSender, HalfALongPacketDoesNotFollowIntoTheNextRoom) {
    Rig rig;
    rig.sender().set_frame_ms(20).value();
    rig.talk(1);
    rig.sender().set_route(Route{2});
    rig.sender().set_frame_ms(10).value();
    rig.talk(1);
    const auto seen = rig.take();
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].media_time, dsp::frame_samples);
    EXPECT_FALSE(rig.sender().set_frame_ms(40));
    EXPECT_FALSE(rig.sender().set_frame_ms(0));
}

TEST(VoiceSender, TheLengthChangesBetweenPacketsAndLosesNothing) {
    Rig rig;
    rig.talk(3);
    rig.sender().set_frame_ms(20).value();
    rig.talk(5);
    rig.sender().set_frame_ms(10).value();  // the third long packet is half full
    rig.talk(3);
    std::vector<dsp::MediaTime> times;
    for (const auto& seen : rig.take()) {
        EXPECT_FALSE(seen.ends_spurt);
        times.push_back(seen.media_time / static_cast<dsp::MediaTime>(dsp::frame_samples));
    }
    EXPECT_EQ(times, (std::vector<dsp::MediaTime>{0, 1, 2, 3, 5, 7, 9, 10}));
}

TEST(VoiceSender, OnAPoorLinePacketsHoldTwoFrames) {
    Rig rig;
    rig.talk(2);
    EXPECT_EQ(rig.take().size(), 2U);
    rig.sender().on_loss({.uplink_permille = 150, .room_permille = 0});
    rig.talk(10);
    EXPECT_EQ(rig.take().size(), 5U);
    rig.sender().set_frame_ms(20).value();  // the room becomes crowded, and the line good
    for (int pongs = 0; pongs < 100; ++pongs) {
        rig.sender().on_loss({});
    }
    rig.talk(10);
    EXPECT_EQ(rig.take().size(), 5U);
    rig.sender().set_frame_ms(10).value();
    rig.talk(10);
    EXPECT_EQ(rig.take().size(), 10U);
}

std::shared_ptr<dsp::OpusEncoder> music_encoder() {
    return std::make_shared<dsp::OpusEncoder>(
        dsp::OpusEncoder::create({.content = dsp::Content::music, .dtx = false}).value());
}

TEST(VoiceSender, MusicTakesWhatTheRoomLeavesIt) {
    Rig rig;
    const auto bits_of_a_second = [&rig] {
        rig.talk(20);
        rig.take();
        rig.talk(100);
        std::size_t bytes = 0;
        for (const auto& seen : rig.take()) {
            bytes += seen.opus_bytes;
        }
        return 8.0 * static_cast<double>(bytes);
    };
    EXPECT_LT(bits_of_a_second(), 45'000);
    rig.sender().use_music(music_encoder());
    EXPECT_NEAR(bits_of_a_second(), 128'000, 20'000);
    rig.sender().set_bitrate_cap(48'000);
    EXPECT_NEAR(bits_of_a_second(), 48'000, 10'000);
    rig.sender().set_bitrate_cap(0);
    EXPECT_NEAR(bits_of_a_second(), 128'000, 20'000);
    rig.sender().on_loss({.uplink_permille = 250});
    EXPECT_NEAR(bits_of_a_second(), 64'000, 10'000) << "on a line that is likely full";
    rig.sender().use_music(nullptr);
    EXPECT_LT(bits_of_a_second(), 45'000);
}

TEST(VoiceSender, MusicIsTakenForSilenceOnlyWhereThereIsNone) {
    Rig rig;
    rig.sender().use_music(music_encoder());
    rig.talk(10);
    EXPECT_EQ(rig.take().size(), 10U);
    test::Samples faint{};
    faint[7] = 1e-6F;
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(rig.sender().push(faint)) << i;
    }
    rig.pause(10);
    const auto seen = rig.take();
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_TRUE(seen.front().ends_spurt);
}

TEST(VoiceSender, VoiceBecomesMusicBetweenPacketsAndLosesNothing) {
    Rig rig;
    rig.sender().set_frame_ms(20).value();
    rig.talk(3);
    rig.sender().use_music(music_encoder());
    rig.talk(3);
    rig.sender().use_music(nullptr);
    rig.talk(2);
    std::vector<dsp::MediaTime> times;
    for (const auto& seen : rig.take()) {
        times.push_back(seen.media_time / static_cast<dsp::MediaTime>(dsp::frame_samples));
    }
    EXPECT_EQ(times, (std::vector<dsp::MediaTime>{0, 2, 4, 6}));
}

TEST(VoiceSender, PushAllocatesNothing) {
    Rig rig;
    rig.talk(5);
    auto& sender = rig.sender();
    const auto before = test::allocations();
    for (dsp::MediaTime i = 0; i < 200; ++i) {
        sender.push(i % 40 < 20 ? test::buzz(i * 480) : test::Samples{});
        sender.on_loss({.uplink_permille = static_cast<std::uint16_t>(i), .room_permille = 0});
    }
    EXPECT_EQ(test::allocations(), before);
}

TEST(Uplink, CountersAreUniqueAcrossKinds) {
    Uplink uplink(test::hop_key(), 1);
    std::set<std::uint64_t> counters;
    for (const auto kind : {wire::DatagramKind::ping, wire::DatagramKind::voice,
                            wire::DatagramKind::echo, wire::DatagramKind::voice}) {
        Bytes datagram(wire::uplink_header_bytes + wire::probe_body_bytes);
        uplink.seal(datagram, kind, Route{9});
        EXPECT_TRUE(crypto::hop_verify(test::hop_key(), datagram));
        counters.insert(wire::parse_header(datagram)->header.counter);
    }
    EXPECT_EQ(counters.size(), 4U);
    EXPECT_FALSE(counters.contains(0));
}

}  // namespace
}  // namespace partyline::client
