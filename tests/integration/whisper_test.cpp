// Whispering through a real switchboard, to people and rooms, from wherever one is.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <format>
#include <memory>
#include <string>

#include "demo/codec_reference.hpp"
#include "demo/followed_share.hpp"
#include "demo/recordings.hpp"
#include "demo/targets.hpp"
#include "integration/talk_fixture.hpp"

namespace partyline::integration {
namespace {

class Whisper : public TalkTest {
protected:
    /// Makes a set, and waits until it is `size` people.
    static Json set(TalkieProcess& whisperer, const std::string& whom, std::size_t size,
                    int number = 1) {
        const auto mark = whisperer.mark();
        whisperer.command(std::format("whisper set {} {}", number, whom));
        return whisperer.wait(
            "whisper_set",
            [&](const Json& told) {
                return told["stream"] == number && told["members"].size() == size;
            },
            mark);
    }
    static void whisper(TalkieProcess& whisperer, const std::string& to) {
        const auto mark = whisperer.mark();
        whisperer.command("whisper " + to);
        whisperer.wait("done", "command", "whisper", mark);
    }
    [[nodiscard]] std::string quoted_room(const std::string& room) const {
        return std::format("\"#{}\"", room);
    }
    static void said_so_much(TalkieProcess& speaker, std::uint64_t packets) {
        const auto enough = speaker.stats()["packets_sent"].get<std::uint64_t>() + packets;
        speaker.stats_until([enough](const Json& told) { return told["packets_sent"] >= enough; });
    }
    /// Whether anybody was told of a light of theirs since then.
    static bool any_light(const TalkieProcess& watcher, const Json& session, std::size_t mark) {
        const auto events = watcher.events();
        return std::any_of(events.begin() + static_cast<std::ptrdiff_t>(mark), events.end(),
                           [&](const Json& event) {
                               return event["event"] == "speaking" && event["session"] == session &&
                                      event["speaking"] == true;
                           });
    }
};

TEST_F(Whisper, FromNoRoomAtAllEveryWordIsHeard) {
    const auto bob =
        enter({.name = "bob", .join = other_room_, .speaker = scratch_.path("bob.wav")});
    TalkieProcess alice(scratch_, {.name = "alice", .port = port(), .mic = short_speech(scratch_)});
    const auto session = alice.wait("connected")["session"];
    const auto members = set(alice, "bob", 1)["members"];
    EXPECT_EQ(members[0]["name"], "bob");
    whisper(alice, "1");

    const auto began = bob->wait("whispering", "session", session);
    EXPECT_EQ(began["whispering"], true);
    EXPECT_EQ(began["name"], "alice");
    EXPECT_EQ(began["stream"], 1);
    alice.wait("mic_finished");
    bob->wait("whispering", "whispering", false);
    expect_all_heard(*bob, alice);
    EXPECT_FALSE(any_light(*bob, session, 0)) << "a whisper is no talk in a room";

    EXPECT_EQ(bob->quit(), 0);
    EXPECT_EQ(alice.quit(), 0);
    const auto said = demo::through_codec(demo::read_sound(scratch_.path("short.wav"))).decoded;
    const auto recorded = demo::read_sound(scratch_.path("bob.wav"));
    EXPECT_GT(demo::followed_share(said, recorded), demo::followed_share_min);
}

TEST_F(Whisper, WhatIsWhisperedToARoomIsNotHeardInOnesOwn) {
    const auto bob = enter({.name = "bob", .join = other_room_});
    const auto carol = enter({.name = "carol"});
    const auto alice = enter({.name = "alice", .mic = long_speech(scratch_)});
    const auto session = alice->wait("connected")["session"];
    hear_more(*carol, "alice");
    set(*alice, quoted_room(other_room_), 1);
    EXPECT_EQ(frames_from(*bob, "alice"), 0U);

    const auto before = carol->mark();
    whisper(*alice, "1");
    hear_more(*bob, "alice");
    carol->wait(
        "speaking",
        [&](const Json& told) { return told["session"] == session && told["speaking"] == false; },
        before);
    const auto silent = carol->mark();
    const auto mark = bob->mark();
    EXPECT_TRUE(deaf_while(*carol, *bob, "alice"));
    EXPECT_FALSE(any_light(*carol, session, silent));
    EXPECT_FALSE(any_light(*bob, session, mark));
    EXPECT_FALSE(any_light(*alice, session, silent));

    // Whoever comes into the room comes into the set, and hears from there on.
    const auto dave = enter({.name = "dave", .join = other_room_});
    hear_more(*dave, "alice");

    whisper(*alice, "off");
    bob->wait("whispering", "whispering", false, mark);
    hear_more(*carol, "alice");
    EXPECT_TRUE(deaf_while(*bob, *carol, "alice"));
    for (auto* listener : {bob.get(), carol.get()}) {
        const auto heard = listener->heard("alice");
        EXPECT_EQ(heard["packets_lost"], 0) << listener->name();
        EXPECT_EQ(heard["packets_unopened"], 0) << listener->name();
    }
    // He is given no key to what she said until he had her new one.
    EXPECT_EQ(dave->heard("alice")["packets_lost"], 0);
}

TEST_F(Whisper, SetsAreApart) {
    const auto bob = enter({.name = "bob"});
    const auto dave = enter({.name = "dave"});
    const auto alice = enter({.name = "alice", .mic = long_speech(scratch_)});
    alice->command("whisper set 1 bob");
    set(*alice, "dave", 1, 2);
    hear_more(*dave, "alice");
    whisper(*alice, "1");
    hear_more(*bob, "alice");
    EXPECT_TRUE(deaf_while(*dave, *bob, "alice")) << "in the same room";
    whisper(*alice, "2");
    hear_more(*dave, "alice");
    EXPECT_TRUE(deaf_while(*bob, *dave, "alice"));
    EXPECT_EQ(dave->wait("whispering")["stream"], 2);

    const auto mark = alice->mark();
    alice->command("whisper clear 2");
    const auto told = alice->wait("whisper_set", "stream", 2, mark);
    EXPECT_EQ(told["members"].size(), 0U);
    hear_more(*bob, "alice");
    hear_more(*dave, "alice");  // to the room again
    const auto heard = bob->heard("alice");
    EXPECT_EQ(heard["packets_lost"], 0);
    EXPECT_EQ(heard["packets_unopened"], 0);
}

TEST_F(Whisper, WhoLeavesTheRoomWhispersOn) {
    const auto bob = enter({.name = "bob", .join = other_room_});
    const auto alice = enter({.name = "alice", .mic = long_speech(scratch_)});
    set(*alice, "bob", 1);
    whisper(*alice, "1");
    hear_more(*bob, "alice");
    alice->command("leave");
    alice->wait("room_left");
    hear_more(*bob, "alice");
    EXPECT_EQ(bob->heard("alice")["packets_unopened"], 0);
}

TEST_F(Whisper, WhatCannotBeIsRefused) {
    const auto alice = enter({.name = "alice"});
    alice->command("whisper 1");
    EXPECT_EQ(alice->wait("refused")["command"], "whisper");
    alice->command("whisper set 1 nobody");
    EXPECT_EQ(alice->wait("mistake")["code"], "unknown_person");
}

TEST_F(Whisper, AfterARestartOfTheServerTheSetsAreMadeAgain) {
    const auto bob = enter({.name = "bob", .join = other_room_});
    const auto carol = enter({.name = "carol"});
    const auto alice = enter({.name = "alice", .mic = long_speech(scratch_)});
    set(*alice, "bob", 1);
    whisper(*alice, "1");
    hear_more(*bob, "alice");

    const auto address = std::format("127.0.0.1:{}", port());
    server_->process().signal(SIGKILL);
    server_->process().wait();
    const auto mark = alice->mark();
    const auto bobs_mark = bob->mark();
    start_server({.listen = address});
    bob->wait("keys_ready", nullptr, bobs_mark);
    alice->wait("whisper_set", [](const Json& told) { return told["members"].size() == 1; }, mark);
    bob->wait("whispering", "whispering", true, bobs_mark);
    hear_more(*bob, "alice");
    EXPECT_TRUE(deaf_while(*carol, *bob, "alice")) << "not one word to the room";
}

/// With an owner, who may do everything.
class WhisperUnderOrder : public Whisper {
protected:
    void SetUp() override {
        Whisper::SetUp();
        make_owner("ada");
        ada_ = enter({.name = "ada", .join = other_room_});
    }
    void order(const std::string& line) {
        const auto mark = ada_->mark();
        ada_->command(line);
        ada_->wait("administered", nullptr, mark);
    }

    std::unique_ptr<TalkieProcess> ada_;
};

TEST_F(WhisperUnderOrder, WhoeverGoesWhereOneMayNotWhisperHearsNoMore) {
    const auto bob = enter({.name = "bob", .join = other_room_});
    order("room create Staff staff");
    const auto alice = enter({.name = "alice", .mic = long_speech(scratch_)});
    set(*alice, "bob ada", 2);
    whisper(*alice, "1");
    hear_more(*bob, "alice");
    hear_more(*ada_, "alice");

    auto mark = alice->mark();
    ada_->command("move Staff");
    const auto told = alice->wait(
        "whisper_set", [](const Json& now) { return now["members"].size() == 1; }, mark);
    EXPECT_EQ(told["members"][0]["name"], "bob");
    EXPECT_TRUE(deaf_while(*ada_, *bob, "alice"));

    mark = alice->mark();
    ada_->command(std::format("move \"{}\"", other_room_));
    alice->wait("whisper_set", [](const Json& now) { return now["members"].size() == 2; }, mark);
    hear_more(*ada_, "alice");
    hear_more(*bob, "alice");
    EXPECT_EQ(bob->heard("alice")["packets_lost"], 0);
}

TEST_F(WhisperUnderOrder, WhoeverIsMutedByTheServerWhispersToNobody) {
    const auto bob = enter({.name = "bob", .join = other_room_});
    const auto alice = enter({.name = "alice", .mic = long_speech(scratch_)});
    set(*alice, "bob", 1);
    whisper(*alice, "1");
    hear_more(*bob, "alice");
    order("server-mute alice");
    bob->wait("whispering", "whispering", false);
    said_so_much(*alice, 20);  // what was on its way to him has arrived
    const auto before = frames_from(*bob, "alice");
    said_so_much(*alice, 100);
    EXPECT_EQ(frames_from(*bob, "alice"), before);
    order("server-unmute alice");
    hear_more(*bob, "alice");
}

}  // namespace
}  // namespace partyline::integration
