// Disks that are full, or have failed and can only be read any more: what people ask to have kept is refused,
// in words, and they talk on. With the real programs, on real disks.
#include "harness/disk.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <format>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "integration/talk_fixture.hpp"
#include "server/limits.hpp"

namespace partyline::integration {
namespace {

constexpr std::size_t disk_mebibytes = 16;
/// What is kept goes into room that the database has already, first.
constexpr int texts_until_full_max = 15;

class Disk : public TalkTest {
protected:
    void SetUp() override {}
    /// A server on that disk; Ada owns it, and Bob hears Alice.
    void begin() {
        start_server({.data = "disk/data"});
        room_ = "Lobby";
        make_owner("ada");
        ada_ = enter({.name = "ada"});
        bob_ = enter({.name = "bob"});
        alice_ = enter({.name = "alice", .mic = long_speech(scratch_)});
        hear_more(*bob_, "alice");
        EXPECT_EQ(say("before"), "");
    }
    /// Why a text of Ada's is not kept; nothing if it is.
    std::string say(const std::string& text) {
        const auto mark = ada_->mark();
        ada_->command("say " + text);
        const auto told = ada_->wait_for(
            std::format("what became of \"say {:.20}\"", text),
            [&](const Json& event) {
                return (event["event"] == "text" && event["text"] == text) ||
                       (event["event"] == "refused" && event["command"] == "say");
            },
            mark);
        if (told["event"] == "text") {
            return {};
        }
        EXPECT_EQ(told["code"], "store_failed") << told;
        return told["message"];
    }
    /// How a command of Ada's is refused.
    void expect_refusal(const std::string& command, const std::string& code,
                        const std::string& message) {
        const auto mark = ada_->mark();
        ada_->command(command);
        const auto told = ada_->wait("refused", nullptr, mark);
        EXPECT_EQ(told["code"], code) << command;
        EXPECT_EQ(told["message"], message) << command;
    }
    /// What has to be kept is refused, and nothing of it is done. What moderators do is done.
    void expect_refusals(const std::string& why) {
        const auto words = "The server could not keep that: " + why + ". Its owner should know.";
        expect_refusal("role create DJ 50", "store_failed", words);
        expect_refusal("say " + std::string(3000, 'y'), "store_failed", words);
        const auto done = "It is done, but a restart would undo it. " + words;
        const auto mallory = enter({.name = "mallory"});
        ada_->wait("person", "name", "mallory");
        expect_refusal("server-mute mallory echo", "not_kept", done);
        const auto told = mallory->wait("acted_on");
        EXPECT_EQ(told["act"], "muted");
        EXPECT_EQ(told["reason"], "echo");
        expect_refusal("kick mallory too loud", "not_kept", done);
        EXPECT_EQ(mallory->wait("disconnected")["code"], "kicked");
        const auto trudy = enter({.name = "trudy"});
        ada_->wait("person", "name", "trudy");
        expect_refusal("ban trudy --for 2h", "not_kept", done);
        EXPECT_EQ(trudy->wait("disconnected")["code"], "banned");
    }
    /// Not a moment to write anything down.
    void crash_and_start_again() {
        const auto address = std::format("127.0.0.1:{}", port());
        const std::array<TalkieProcess*, 3> people{ada_.get(), bob_.get(), alice_.get()};
        std::array<std::size_t, 3> marks{};
        std::ranges::transform(people, marks.begin(), &TalkieProcess::mark);
        server_->process().signal(SIGKILL);
        server_->process().wait();
        start_server({.data = "disk/data", .listen = address});
        for (std::size_t i = 0; i < people.size(); ++i) {
            people[i]->wait("keys_ready", nullptr, marks[i]);
        }
    }
    void expect_voice() {
        hear_more(*bob_, "alice");
        EXPECT_EQ(bob_->stats()["lane"], "udp");
    }
    /// As somebody finds it who comes now.
    std::vector<std::string> history() {
        const auto newcomer = enter({.name = std::format("newcomer {}", ++newcomers_)});
        newcomer->command("history");
        std::vector<std::string> words;
        const auto told = newcomer->wait("history");
        for (const auto& text : told["texts"]) {
            words.push_back(text["text"]);
        }
        return words;
    }

    std::unique_ptr<TalkieProcess> ada_;
    std::unique_ptr<TalkieProcess> bob_;
    std::unique_ptr<TalkieProcess> alice_;

private:
    int newcomers_ = 0;
};

TEST_F(Disk, WhenItIsFullWritesAreRefusedAndVoiceGoesOn) try {
    const harness::SmallDisk disk(scratch_.path("disk"), disk_mebibytes);
    begin();
    disk.fill();
    std::vector<std::string> kept{"before"};
    std::string why;
    for (int i = 0; i < texts_until_full_max && why.empty(); ++i) {
        const auto text = std::format("{} {}", i, std::string(3000, 'x'));
        why = say(text);
        if (why.empty()) {
            kept.push_back(text);
        }
    }
    EXPECT_EQ(why, "The server could not keep that: its disk is full. Its owner should know.");
    expect_refusals("its disk is full");
    expect_voice();
    EXPECT_EQ(history(), kept) << "what was accepted, and nothing else";
    crash_and_start_again();
    EXPECT_TRUE(say("lost after the crash").contains("its disk is full"));
    EXPECT_EQ(history(), kept);
    hear_more(*bob_, "alice");
    disk.make_room();
    EXPECT_EQ(say("after"), "");
    kept.emplace_back("after");
    EXPECT_EQ(history(), kept);
    expect_voice();
} catch (const harness::NoDisk& refused) {
    GTEST_SKIP() << refused.what();
}

// The same without a disk of its own, on whatever machine: how it is called differs, what comes of it does not.
TEST_F(Disk, WhenNothingCanBeWrittenWritesAreRefusedAndVoiceGoesOn) {
    std::filesystem::create_directory(scratch_.path("disk"));
    begin();
    std::optional<harness::FullForOne> full(std::in_place, server_->process().pid());
    EXPECT_TRUE(say("lost").contains("its disk failed, or is full"));
    expect_refusals("its disk failed, or is full");
    expect_voice();
    EXPECT_EQ(history(), std::vector<std::string>{"before"}) << "and nothing else";
    full.reset();
    EXPECT_EQ(say("after"), "");
    EXPECT_EQ(history(), (std::vector<std::string>{"before", "after"}));
    crash_and_start_again();
    EXPECT_EQ(history(), (std::vector<std::string>{"before", "after"}));
    hear_more(*bob_, "alice");
}

/// What the doctor says of a disk with so much room, and how it ends.
struct Examined {
    int code = 0;
    std::string words;
};
Examined examine(const harness::Scratch& scratch, std::size_t mebibytes) {
    const harness::SmallDisk disk(scratch.path("disk"), mebibytes);
    const auto doctor = harness::run_server(
        {"--data", scratch.path("disk/data"), "doctor", "--listen", "127.0.0.1:0", "--admin", ""});
    Examined examined{.code = doctor.code, .words = {}};
    for (const auto line : std::views::split(doctor.out, '\n')) {
        const std::string_view words(line);
        examined.words += words.contains(" MiB are free for ") ? words : std::string_view{};
    }
    return examined;
}

TEST_F(Disk, TheDoctorSaysWhenItIsNearlyFull) try {
    constexpr std::size_t enough_mebibytes = server::disk_free_bytes_min >> 20;
    constexpr std::size_t good_mebibytes = server::disk_free_bytes_good >> 20;
    const auto folder = scratch_.path("disk");
    const auto low = examine(scratch_, enough_mebibytes - 1);
    EXPECT_EQ(low.code, 1);
    EXPECT_TRUE(low.words.contains("PROBLEM  99 MiB are free for " + folder +
                                   ": texts will soon be refused"))
        << low.words;
    for (const auto mebibytes : {enough_mebibytes, good_mebibytes - 1}) {
        const auto little = examine(scratch_, mebibytes);
        EXPECT_EQ(little.code, 0) << little.words;
        EXPECT_TRUE(little.words.contains("make room before it is full")) << little.words;
    }
    const auto enough = examine(scratch_, good_mebibytes);
    EXPECT_EQ(enough.code, 0);
    EXPECT_TRUE(enough.words.contains("1024 MiB are free for ")) << enough.words;
    EXPECT_FALSE(enough.words.contains("make room")) << enough.words;
} catch (const harness::NoDisk& refused) {
    GTEST_SKIP() << refused.what();
}

TEST_F(Disk, WhenItCanOnlyBeReadWritesAreRefusedAndVoiceGoesOn) try {
    const harness::FailingDisk disk(scratch_.path("disk"), scratch_.path("image"));
    begin();
    disk.fail();
    EXPECT_TRUE(say("lost").contains("its disk has become read-only"));
    expect_refusals("its disk has become read-only");
    expect_voice();
    EXPECT_EQ(history(), std::vector<std::string>{"before"});
    EXPECT_EQ(server_->stop(), 0);

    harness::Process again(harness::server_command(scratch_, {.data = "disk/data"}));
    EXPECT_EQ(again.wait(), 1);
    EXPECT_EQ(
        again.errors(),
        "partyline-server: cannot use the folder " + scratch_.path("disk/data") +
            ": its disk is read-only, as one that has failed often is; look into the system's log "
            "(dmesg), mount it for writing, or put a backup into another folder with --data\n");
    EXPECT_TRUE(again.lines().empty());
} catch (const harness::NoDisk& refused) {
    GTEST_SKIP() << refused.what();
}

}  // namespace
}  // namespace partyline::integration
