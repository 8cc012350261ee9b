// How loud each is heard, who is heard above others, and music in stereo, with the real programs.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <format>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "demo/recordings.hpp"
#include "integration/talk_fixture.hpp"

namespace partyline::integration {
namespace {

static_assert(std::endian::native == std::endian::little, "as .wav files are");

double power(const std::vector<float>& samples) {
    double sum = 0;
    for (const float sample : samples) {
        sum += double{sample} * double{sample};
    }
    return sum;
}

/// A .wav file of 32-bit floats at 48 kHz, left and right interleaved.
std::string stereo_file(const harness::Scratch& scratch, const std::vector<float>& interleaved) {
    std::string wav;
    const auto number = [&wav](std::uint32_t value, std::size_t bytes) {
        wav.append(reinterpret_cast<const char*>(&value), bytes);
    };
    const auto bytes = static_cast<std::uint32_t>(interleaved.size() * sizeof(float));
    wav += "RIFF";
    number(36 + bytes, 4);
    wav += "WAVEfmt ";
    number(16, 4);
    number(3, 2);  // float
    number(2, 2);
    number(48'000, 4);
    number(48'000 * 2 * sizeof(float), 4);
    number(2 * sizeof(float), 2);
    number(32, 2);
    wav += "data";
    number(bytes, 4);
    wav.append(reinterpret_cast<const char*>(interleaved.data()), bytes);
    return scratch.file("stereo.wav", wav);
}

/// The samples of a .wav file of floats, interleaved.
std::vector<float> samples_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string wav{std::istreambuf_iterator<char>(in), {}};
    const auto data = wav.find("data");
    if (data == std::string::npos) {
        return {};
    }
    std::vector<float> samples((wav.size() - data - 8) / sizeof(float));
    std::memcpy(samples.data(), wav.data() + data + 8, samples.size() * sizeof(float));
    return samples;
}

/// What is here of a tone on the left for so long.
std::vector<float> left_tone(double seconds) {
    std::vector<float> out;
    for (int i = 0; i < static_cast<int>(48'000 * seconds); ++i) {
        out.push_back(0.3F * std::sin(0.0576F * static_cast<float>(i)));  // 440 Hz
        out.push_back(0);
    }
    return out;
}

class Hearing : public TalkTest {
protected:
    static Json wait_for_person(TalkieProcess& watcher, const std::string& name,
                                const std::string& field, const Json& value, std::size_t mark = 0) {
        return watcher.wait(
            "person",
            [&](const Json& told) { return told["name"] == name && told[field] == value; }, mark);
    }
};

TEST_F(Hearing, WhoWasTurnedOffStaysOffForWhoeverDidThat) {
    const auto alice = enter({.name = "alice", .mic = long_speech(scratch_)});
    {
        const auto bob = enter({.name = "bob"});
        hear_more(*bob, "alice");
        bob->command("volume nobody 50%");
        bob->command("volume alice -6dB");
        EXPECT_EQ(wait_for_person(*bob, "alice", "volume_db", -6)["muted_here"], false);
        bob->command("volume alice off");
        wait_for_person(*bob, "alice", "muted_here", true);
        EXPECT_EQ(bob->quit(), 0);
    }
    const auto bob = enter({.name = "bob", .speaker = scratch_.path("bob.wav")});
    const auto carol = enter({.name = "carol", .speaker = scratch_.path("carol.wav")});
    EXPECT_EQ(wait_for_person(*bob, "alice", "muted_here", true)["volume_db"], -6);
    hear_more(*carol, "alice");
    hear_more(*bob, "alice");
    EXPECT_EQ(bob->quit(), 0);
    EXPECT_EQ(carol->quit(), 0);
    EXPECT_EQ(power(demo::read_sound(scratch_.path("bob.wav"))), 0);
    EXPECT_GT(power(demo::read_sound(scratch_.path("carol.wav"))), 1);
}

TEST_F(Hearing, PriorityIsForWhoMay) {
    make_owner("ada");
    const auto ada = enter({.name = "ada"});
    const auto bob = enter({.name = "bob"});
    bob->command("priority on");
    EXPECT_EQ(bob->wait("refused", "command", "priority")["code"], "not_permitted");
    ada->command("priority on");
    ada->wait("done", "command", "priority");
    wait_for_person(*bob, "ada", "priority", true);
    const auto carol = enter({.name = "carol"});
    carol->command("who");
    const auto people = carol->wait("who")["people"];
    EXPECT_TRUE(std::ranges::any_of(people, [](const Json& person) {
        return person["name"] == "ada" && person["priority"] == true;
    })) << "whoever comes later is told, too";
    const auto mark = bob->mark();
    ada->command(std::format("move \"{}\"", other_room_));
    wait_for_person(*bob, "ada", "priority", false, mark);
}

TEST_F(Hearing, MusicIsInStereoAndTakesWhatTheRoomLeaves) {
    make_owner("ada");
    const auto ada = enter({.name = "ada"});
    const auto bob = enter({.name = "bob", .speaker = "stereo:" + scratch_.path("bob.wav")});
    const auto alice = enter({.name = "alice",
                              .mic = stereo_file(scratch_, left_tone(30)),
                              .more = {"--voice", "music"}});
    EXPECT_EQ(alice->wait("music")["bitrate_bps"], 128'000);
    hear_more(*bob, "alice", 200);
    const auto mark = alice->mark();
    ada->command(std::format("room edit \"{}\" bitrate 48000", room_));
    const auto capped = alice->wait("music", nullptr, mark);
    EXPECT_EQ(capped["bitrate_bps"], 48'000);
    EXPECT_EQ(capped["capped"], true);
    EXPECT_EQ(bob->quit(), 0);
    const auto heard = samples_of(scratch_.path("bob.wav"));
    std::vector<float> left;
    std::vector<float> right;
    for (std::size_t i = 0; i + 1 < heard.size(); i += 2) {
        left.push_back(heard[i]);
        right.push_back(heard[i + 1]);
    }
    EXPECT_GT(power(left), 1'000);
    EXPECT_GT(power(left), 100 * power(right));
}

TEST_F(Hearing, WhereARoomLeavesTooLittleForMusicItIsAVoice) {
    make_owner("ada");
    const auto ada = enter({.name = "ada"});
    const auto alice =
        enter({.name = "alice", .mic = long_speech(scratch_), .more = {"--voice", "music"}});
    alice->wait("music");
    ada->command(std::format("room edit \"{}\" bitrate 24000", room_));
    EXPECT_EQ(alice->wait("refused", "command", "music")["code"], "not_permitted");
    hear_more(*ada, "alice");
    // Nor is it begun: by whoever comes with it, or asks for it.
    const auto bob =
        enter({.name = "bob", .mic = long_speech(scratch_), .more = {"--voice", "music"}});
    EXPECT_EQ(bob->wait("refused", "command", "music")["code"], "not_permitted");
    hear_more(*ada, "bob");
    ada->command("voice music");
    EXPECT_EQ(ada->wait("refused", "command", "music")["code"], "not_permitted");
}

}  // namespace
}  // namespace partyline::integration
