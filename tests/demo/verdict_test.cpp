#include "demo/verdict.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <format>
#include <fstream>
#include <functional>
#include <span>
#include <sstream>

#include "base/random.hpp"
#include "crypto/sender_key.hpp"
#include "crypto/sframe.hpp"
#include "demo/codec_reference.hpp"
#include "demo/recordings.hpp"
#include "demo/targets.hpp"
#include "demo/wire_check.hpp"
#include "wire/datagram.hpp"

namespace partyline::demo {
namespace {

constexpr std::size_t delay_samples = 1'440;  // 30 ms, and the codec's own 6.5
constexpr std::size_t lead_samples = 24'000;
constexpr std::size_t chain_samples = 1'392;  // 29 ms
constexpr TimePoint start{std::chrono::hours(1)};

Bytes datagram_with(ByteView sealed) {
    Bytes out{wire::downlink_voice_lead};
    wire::append_record(out, {.speaker = SessionId{7}, .sealed = sealed});
    return out;
}

const Bytes sender_key(32, std::byte{5});
constexpr crypto::PublicKey server_id{std::byte{9}};

std::vector<Bytes> sealed_datagrams() {
    Random random(1);
    crypto::SFrameKey key(sender_key, 1);
    const auto metadata = crypto::frame_metadata({.server_id = server_id, .speaker = SessionId{7}});
    std::vector<Bytes> out;
    for (std::uint64_t counter = 0; counter < 1'100; ++counter) {
        Bytes sealed(200);
        // What a codec gives is far from even.
        const Bytes plaintext(60, static_cast<std::byte>(random.below(16)));
        sealed.resize(key.seal(counter, metadata, plaintext, sealed));
        out.push_back(datagram_with(sealed));
    }
    return out;
}

/// Alice talks twice, the second time through the capture chain; carol hears her as well as can be.
Evidence perfect() {
    static const auto speech = read_recording("0880");
    static const auto again = std::span(speech).first(std::min(speech.size(), 3 * window_samples));
    static const auto chain_from = 2 * lead_samples + speech.size();
    static const auto said = [] {
        std::vector<float> samples(chain_from + again.size());
        std::ranges::copy(speech, samples.begin() + lead_samples);
        std::ranges::copy(again, samples.begin() + static_cast<std::ptrdiff_t>(chain_from));
        return samples;
    }();
    static const auto heard = [] {
        auto samples = through_codec(said).decoded;
        // In the silence between.
        samples.insert(samples.begin() + static_cast<std::ptrdiff_t>(chain_from - lead_samples / 2),
                       chain_samples, 0.0F);
        samples.insert(samples.begin(), delay_samples, 0.0F);
        return samples;
    }();
    static const auto captured = sealed_datagrams();
    const Track silence{.started = start, .samples = std::vector<float>(48'000)};
    return {
        .speakers = {{.name = "alice", .session = 7, .said = {.started = start, .samples = said}}},
        .talks = {{.speaker = "alice", .first = lead_samples, .samples = speech.size()},
                  {.speaker = "alice",
                   .first = chain_from,
                   .samples = again.size(),
                   .through_chain = true}},
        .listeners = {{.name = "carol",
                       .heard = {.started = start, .samples = heard},
                       .counts = {{.speaker = "alice", .sent = 700, .received = 700}}}},
        .outsider = {.name = "dave", .heard = silence},
        .late = {.replayed = 10, .unopened = 10, .heard = silence, .from = start},
        .texts_sent = 9,
        .texts_received = 9,
        .server_id = server_id,
        .captured = captured,
    };
}

TEST(Verdict, PerfectionHasNoShortcomings) {
    const auto verdict = judge(perfect());
    EXPECT_EQ(verdict.shortcomings(), std::vector<std::string>{});
    EXPECT_NEAR(verdict.mouth_to_ear_ms_median, 36.5, 0.3);
    EXPECT_NEAR(verdict.mouth_to_ear_ms_p99, 36.5, 0.3);
    EXPECT_GT(verdict.si_sdr_db, 100);
    EXPECT_EQ(verdict.wire.records, 1'100U);
    EXPECT_EQ(verdict.talks, 1U) << "the other is judged by its delay alone";
    EXPECT_NEAR(verdict.chain_mouth_to_ear_ms_median, 65.5, 0.3);
    EXPECT_NEAR(verdict.chain_growth_ms, 29, 0.1);
    EXPECT_EQ(verdict.chain_heard_share, 1);
    EXPECT_EQ(verdict.figures().size(), 11U);
}

TEST(Verdict, TheChainsDelayIsWhatPeopleAreTold) {
    std::ostringstream page;
    page << std::ifstream("docs/audio.md").rdbuf();
    EXPECT_TRUE(page.str().contains(std::format("| `normal` | normal | {} ms |", chain_delay_ms)));
}

TEST(Verdict, ARecordOpensWithTheRightKeyAlone) {
    const auto datagrams = sealed_datagrams();
    const auto record = wire::DownlinkRecords::parse(datagrams.front())->next().value();
    EXPECT_TRUE(opens(record, server_id, sender_key)) << "else the check could not fail";
    EXPECT_FALSE(opens(record, server_id, Bytes(32, std::byte{6})));
    EXPECT_FALSE(opens(record, {}, sender_key)) << "another server's";
}

TEST(Verdict, EveryFlawIsNamed) {
    struct Case {
        std::string shortcoming;
        std::function<void(Evidence&)> spoil;
    };
    const auto noisy = [](Evidence& evidence) {
        Random random(2);
        for (auto& sample : evidence.listeners[0].heard.samples) {
            sample += 0.05F * static_cast<float>(random.uniform() - 0.5);
        }
    };
    const std::vector<Case> cases{
        {"0 of 1 talks were heard",
         [](Evidence& e) { std::ranges::fill(e.listeners[0].heard.samples, 0.0F); }},
        {"1 frames were lost", [](Evidence& e) { e.listeners[0].counts[0].received = 699; }},
        {"2 frames were lost", [](Evidence& e) { e.listeners[0].counts[0].lost = 2; }},
        {"mouth to ear takes 76",
         [](Evidence& e) { e.listeners[0].heard.started += std::chrono::milliseconds(40); }},
        {"SI-SDR is", noisy},
        {"the capture chain makes mouth to ear 40.0 ms longer",
         [](Evidence& e) {
             auto& heard = e.listeners[0].heard.samples;
             const auto silence = static_cast<std::ptrdiff_t>(e.talks[1].first - lead_samples / 2);
             heard.insert(heard.begin() + silence, 48 * 11, 0.0F);
         }},
        {"0 % of what went through the capture chain was heard",
         [](Evidence& e) {
             auto& heard = e.listeners[0].heard.samples;
             std::ranges::fill(std::span(heard).subspan(e.talks[1].first), 0.0F);
         }},
        {"a text did not arrive", [](Evidence& e) { e.texts_received = 8; }},
        {"a text did not arrive, or arrived where it should not",
         [](Evidence& e) { e.texts_astray = 1; }},
        {"the outsider heard", [](Evidence& e) { e.outsider.heard.samples[100] = 1e-6F; }},
        {"the outsider heard", [](Evidence& e) { e.outsider_packets = 1; }},
        {"the late joiner opened", [](Evidence& e) { e.late.unopened = 9; }},
        {"the late joiner opened", [](Evidence& e) { e.late.heard.samples[100] = 0.1F; }},
        {"what goes over the wire is not noise", [](Evidence& e) { e.captured.resize(10); }},
        {"what goes over the wire is not noise",
         [](Evidence& e) {
             // Frames that were never sealed, behind a header as if they were.
             e.captured.clear();
             for (auto& packet : through_codec(e.speakers[0].said.samples).packets) {
                 packet.insert(packet.begin(), std::byte{0});
                 e.captured.push_back(datagram_with(packet));
                 e.captured.push_back(datagram_with(packet));
             }
         }},
    };
    for (const auto& [shortcoming, spoil] : cases) {
        auto evidence = perfect();
        spoil(evidence);
        const auto found = judge(evidence).shortcomings();
        EXPECT_TRUE(std::ranges::any_of(
            found, [&](const std::string& one) { return one.starts_with(shortcoming); }))
            << shortcoming << "; found: " << testing::PrintToString(found);
    }
}

}  // namespace
}  // namespace partyline::demo
