// Recording a room: who sees it, what is in the files, and what ends it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <format>
#include <functional>
#include <map>
#include <ranges>

#include "demo/analysis.hpp"
#include "demo/codec_reference.hpp"
#include "demo/recordings.hpp"
#include "harness/disk.hpp"
#include "integration/talk_fixture.hpp"

namespace partyline::integration {
namespace {

constexpr std::size_t rate_hz = 48'000;

class Recording : public TalkTest {
protected:
    void SetUp() override {
        TalkTest::SetUp();
        make_owner("ada");
    }
    [[nodiscard]] std::string folder() const { return scratch_.path("records"); }
    [[nodiscard]] std::string file(const std::string& name) const {
        return (std::filesystem::path(folder()) / name).string();
    }
    [[nodiscard]] std::vector<float> track(const std::string& name) const {
        return demo::read_sound(file(name));
    }

    /// All that one of them says.
    std::string voice(const std::string& name, const std::vector<std::string>& recordings) {
        return speech_file(scratch_, name, recordings);
    }
    static Json record(TalkieProcess& talkie, const std::string& into) {
        const auto mark = talkie.mark();
        talkie.command("record " + into);
        return talkie.wait("recording", "on", true, mark);
    }
    static Json stop(TalkieProcess& talkie) {
        const auto mark = talkie.mark();
        talkie.command("record off");
        return talkie.wait("recording", "on", false, mark);
    }
    static void expect_seen(TalkieProcess& watcher, const std::string& name, bool recording,
                            std::size_t mark = 0) {
        const auto seen = watcher.wait(
            "recording_seen",
            [&](const Json& told) {
                return told["name"] == name && told["recording"] == recording;
            },
            mark);
        EXPECT_EQ(seen["name"], name);
    }
    /// Since `mark`. Ada talks on, and `watcher` hears her.
    static void expect_ended_by_disk(TalkieProcess& ada, TalkieProcess& watcher, std::size_t mark) {
        const auto ended = ada.wait("recording", "on", false, mark);
        EXPECT_EQ(ended["error"]["code"], "io") << ended;
        expect_seen(watcher, "ada", false);
        hear_more(watcher, "ada");
        EXPECT_EQ(ada.quit(), 0);
    }
    static bool shows_recording(TalkieProcess& watcher, const std::string& name) {
        const auto mark = watcher.mark();
        watcher.command("who");
        const auto who = watcher.wait("who", nullptr, mark);
        const auto person = std::ranges::find_if(
            who["people"], [&](const Json& one) { return one["name"] == name; });
        return person != who["people"].end() && (*person)["recording"] == true;
    }

    /// How much a second and a half of `part` is like the best place in `whole`: of the loudest three, as on a busy
    /// machine some are stretched, or invented in part.
    static demo::Match loudest_of(const std::vector<float>& part, const std::vector<float>& whole) {
        constexpr std::size_t length = rate_hz * 3 / 2;
        std::multimap<double, std::size_t, std::greater<>> by_level;
        for (std::size_t at = rate_hz / 2; at + length < part.size(); at += length / 2) {
            by_level.emplace(demo::level(std::span(part).subspan(at, length)), at);
        }
        demo::Match best;
        for (const auto& [level, at] : by_level | std::views::take(3)) {
            auto match = demo::find(std::span(part).subspan(at, length), whole, 0, whole.size());
            if (match.correlation > best.correlation) {
                best = match;
                best.position -= at;  // may wrap: a difference is what counts
            }
        }
        return best;
    }
};

TEST_F(Recording, EverySpeakerIsATrackAndEverybodySeesWhoRecords) {
    const auto ada_voice = voice("ada.wav", {"0870", "0890", "0920", "0930"});
    const auto bob_voice = voice("bob.wav", {"0930", "0920", "0880", "0870"});
    const auto bob = enter({.name = "bob", .mic = bob_voice});
    const auto ada = enter({.name = "ada", .mic = ada_voice});
    hear_more(*ada, "bob");
    EXPECT_EQ(record(*ada, folder())["folder"], folder());
    expect_seen(*bob, "ada", true);
    EXPECT_TRUE(shows_recording(*bob, "ada"));
    const auto carl = enter({.name = "carl"});
    expect_seen(*carl, "ada", true);
    EXPECT_FALSE(shows_recording(*carl, "bob"));
    hear_more(*ada, "bob", 400);

    const auto mark = bob->mark();
    const auto ended = stop(*ada);
    expect_seen(*bob, "ada", false, mark);
    EXPECT_FALSE(shows_recording(*carl, "ada"));
    EXPECT_TRUE(ended["error"].is_null()) << ended;
    EXPECT_EQ(ended["lost_ms"], 0);
    EXPECT_EQ(ended["files"].size(), 2U) << "carl has said nothing: " << ended;

    const auto own = track("ada.flac");
    const auto other = track("bob.flac");
    EXPECT_EQ(own.size(), other.size());
    EXPECT_GT(own.size(), 3 * rate_hz);
    EXPECT_GT(loudest_of(own, demo::read_sound(ada_voice)).correlation, 0.99);
    const auto coded = demo::through_codec(demo::read_sound(bob_voice)).decoded;
    EXPECT_GT(loudest_of(other, coded).correlation, 0.8);
    EXPECT_LT(loudest_of(other, own).correlation, 0.5) << "each has a track of their own";
}

TEST_F(Recording, WhoMayNotIsRefusedAndWhoMayNoLongerStops) {
    const auto ada = enter({.name = "ada"});
    const auto gus = enter({.name = "gus"});
    gus->command("record " + folder());
    const auto refused = gus->wait("refused", "command", "record");
    EXPECT_EQ(refused["code"], "not_permitted") << refused;
    EXPECT_FALSE(shows_recording(*ada, "gus"));

    once("mem", {"--password-file", password_, "claim", "mem"});
    const auto mem = enter({.name = "mem", .mic = long_speech(scratch_)});
    hear_more(*ada, "mem");
    record(*mem, folder());
    expect_seen(*ada, "mem", true);
    const auto mark = mem->mark();
    ada->command(std::format("room deny \"{}\" member record", room_));
    const auto ended = mem->wait("recording", "on", false, mark);
    EXPECT_EQ(ended["error"]["code"], "not_permitted") << ended;
    expect_seen(*ada, "mem", false);
    EXPECT_GT(frames_from(*ada, "mem"), 0U);
    EXPECT_TRUE(std::filesystem::exists(file("mem.flac"))) << "what was recorded is there";
    ada->command("audit");
    const auto lines = ada->wait("audit")["entries"];
    for (const std::string action : {"recording_begun", "recording_ended"}) {
        EXPECT_EQ(std::ranges::count_if(lines,
                                        [&](const Json& line) {
                                            return line["action"] == action &&
                                                   line["actor"] == "mem" &&
                                                   line["target"] == room_;
                                        }),
                  1)
            << action << ": " << lines;
    }
}

TEST_F(Recording, ItEndsWithTheRoom) {
    const auto bob = enter({.name = "bob"});
    const auto ada = enter({.name = "ada", .mic = long_speech(scratch_)});
    record(*ada, folder());
    expect_seen(*bob, "ada", true);
    const auto mark = ada->mark();
    ada->command("move " + other_room_);
    const auto ended = ada->wait("recording", "on", false, mark);
    EXPECT_EQ(ended["error"]["code"], "not_permitted") << ended;
    expect_seen(*bob, "ada", false);
    EXPECT_FALSE(shows_recording(*ada, "ada"));
}

TEST_F(Recording, MistakesAreTold) {
    const auto ada = enter({.name = "ada"});
    const auto taken = scratch_.file("taken", "a file");
    ada->command("record " + taken);
    EXPECT_EQ(ada->wait("refused", "command", "record")["code"], "io");
    EXPECT_FALSE(shows_recording(*ada, "ada"));
    record(*ada, folder());
    const auto mark = ada->mark();
    ada->command("record " + folder());
    EXPECT_EQ(ada->wait("refused", "command", "record", mark)["code"], "not_permitted");
    EXPECT_EQ(ada->quit(), 0);
    EXPECT_EQ(ada->wait("recording", "on", false)["folder"], folder()) << "told before the end";
}

TEST_F(Recording, AFullDiskEndsItAndTheMarkGoes) {
    std::optional<harness::SmallDisk> disk;
    try {
        disk.emplace(folder(), 8);
    } catch (const harness::NoDisk& none) {
        GTEST_SKIP() << none.what();
    }
    const auto bob = enter({.name = "bob"});
    const auto ada = enter({.name = "ada", .mic = long_speech(scratch_)});
    hear_more(*bob, "ada");
    record(*ada, folder());
    expect_seen(*bob, "ada", true);
    const auto mark = ada->mark();
    disk->fill();
    expect_ended_by_disk(*ada, *bob, mark);
}

// The same on machines that let us mount nothing.
TEST_F(Recording, ATalkieThatCanWriteNothingEndsIt) {
    const auto bob = enter({.name = "bob"});
    const auto ada = enter({.name = "ada", .mic = long_speech(scratch_)});
    hear_more(*bob, "ada");
    record(*ada, folder());
    expect_seen(*bob, "ada", true);
    const auto mark = ada->mark();
    const harness::FullForOne full(ada->process().pid());
    expect_ended_by_disk(*ada, *bob, mark);
}

TEST_F(Recording, ABugReportHasAllThereIsToHear) {
    const auto voice_of_bob = voice("bob.wav", {"0930", "0920", "0880", "0870"});
    const auto voice_of_ada = long_speech(scratch_);
    const auto bob = enter({.name = "bob", .mic = voice_of_bob});
    const auto ada = enter(
        {.name = "ada", .mic = voice_of_ada, .more = {"--record", folder(), "--noise", "light"}});
    expect_seen(*bob, "ada", true);
    hear_more(*ada, "bob", 500);
    EXPECT_EQ(ada->quit(), 0);
    const auto ended = ada->wait("recording", "on", false);
    EXPECT_TRUE(ended["error"].is_null()) << ended;
    EXPECT_EQ(ended["files"].size(), 4U) << ended;

    const auto captured = track("captured.flac");
    const auto match = loudest_of(captured, demo::read_sound(voice_of_ada));
    EXPECT_GT(match.correlation, 0.999) << "before anything was done to it";
    const auto sent = track("sent.flac");
    const auto made_of_it = loudest_of(sent, captured);
    EXPECT_GT(made_of_it.correlation, 0.7);
    const auto late = static_cast<std::ptrdiff_t>(made_of_it.position);
    EXPECT_LT(std::abs(late), static_cast<std::ptrdiff_t>(rate_hz / 50)) << "tracks are aligned";
    const auto received = track("bob.flac");
    const auto played = loudest_of(received, track("played.flac"));
    EXPECT_GT(played.correlation, 0.99);
    EXPECT_EQ(static_cast<std::ptrdiff_t>(played.position), 0);
}

}  // namespace
}  // namespace partyline::integration
