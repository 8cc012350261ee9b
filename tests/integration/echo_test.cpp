// Whether somebody hears themselves out of another's loudspeaker: the whole way there and back, through real devices.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <span>
#include <vector>

#include "demo/analysis.hpp"
#include "demo/recordings.hpp"
#include "harness/server.hpp"
#include "harness/talkie.hpp"
#include "integration/sound_server.hpp"
#include "integration/speech.hpp"

namespace partyline::integration {
namespace {

using harness::Json;
using harness::TalkieProcess;

constexpr std::size_t rate_hz = 48'000;

class Echo : public testing::Test {
protected:
    Echo() {
        // A desk: what the loudspeaker plays comes to the microphone later and more quietly.
        sound_.control({"load-module", "module-loopback", "source=spk.monitor", "sink=micfeed",
                        "latency_msec=60"});
        sound_.control({"set-sink-volume", "micfeed", "-6dB"});
    }

    static void speak_until(TalkieProcess& talkie, std::uint64_t seconds) {
        const auto frames = 100 * seconds;
        const auto told = talkie.stats_until(
            [&](const Json& stats) { return stats["frames_captured"] >= frames; });
        ASSERT_GE(told["frames_captured"], frames);
    }
    /// How much quieter one is than the other between these seconds.
    static double quieter_db(std::span<const float> heard, std::span<const float> said,
                             std::size_t from_s, std::size_t to_s) {
        const auto part = [&](std::span<const float> sound) {
            const auto end = std::min(sound.size(), to_s * rate_hz);
            EXPECT_GT(end, from_s * rate_hz);
            return sound.subspan(from_s * rate_hz, end - from_s * rate_hz);
        };
        return demo::level_db(part(said)) - demo::level_db(part(heard));
    }

    /// What half of the parts of two seconds reach. A machine that is held up moves the echo, which is then learnt anew.
    static double better_half_db(std::span<const float> heard, std::span<const float> said,
                                 std::size_t from_s, std::size_t to_s) {
        std::vector<double> parts;
        for (; from_s < to_s; from_s += 2) {
            parts.push_back(quieter_db(heard, said, from_s, from_s + 2));
        }
        std::ranges::sort(parts, std::greater());
        return parts[(parts.size() - 1) / 2];
    }

    const harness::Scratch scratch_;
    SoundServer sound_{scratch_};
    const harness::ServerProcess switchboard_{scratch_, {}};
};

TEST_F(Echo, WhoeverSpeaksToALoudspeakerDoesNotHearThemselves) {
    const auto said = long_speech(scratch_);
    const auto heard = scratch_.path("heard.wav");
    TalkieProcess near(scratch_, {.name = "near",
                                  .port = switchboard_.port(),
                                  .join = "Lobby",
                                  .mic = "device:mic",
                                  .speaker = "device:spk",
                                  .more = {"--voice", "raw", "--echo", "on"}});
    near.wait("keys_ready");
    TalkieProcess far(scratch_, {.name = "far",
                                 .port = switchboard_.port(),
                                 .join = "Lobby",
                                 .mic = said,
                                 .speaker = heard});
    far.wait("keys_ready");
    speak_until(far, 12);
    // What is promised to whoever has a slow machine is another thing: the voice goes on, and they are told.
    const bool keeps_up = near.stats()["times_lowered"] == 0;
    if (!keeps_up) {
        near.wait("voice_lowered", "echo_passed_by", true);
    }
    near.command("echo off");
    speak_until(far, 22);
    EXPECT_EQ(far.quit(), 0);
    EXPECT_EQ(near.quit(), 0);

    const auto sound_said = demo::read_sound(said);
    const auto sound_heard = demo::read_sound(heard);
    const auto without = better_half_db(sound_heard, sound_said, 14, 20);
    const auto with = better_half_db(sound_heard, sound_said, 3, 11);
    EXPECT_LT(without, 15) << "there is no echo to take away";
    if (keeps_up) {
        EXPECT_GE(with, 20);
    }
    RecordProperty("echo_on_db", std::to_string(with));
    RecordProperty("echo_off_db", std::to_string(without));
}

}  // namespace
}  // namespace partyline::integration
