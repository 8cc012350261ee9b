// Talking and writing through a real switchboard.

#include <gtest/gtest.h>

#include "demo/codec_reference.hpp"
#include "demo/followed_share.hpp"
#include "demo/recordings.hpp"
#include "demo/targets.hpp"
#include "integration/talk_fixture.hpp"
#include "wire/limits.hpp"

namespace partyline::integration {
namespace {

class Conversation : public TalkTest {};

TEST_F(Conversation, WhatIsSaidIsHeard) {
    const auto bob = enter({.name = "bob", .speaker = scratch_.path("bob.wav")});
    const auto alice = enter({.name = "alice", .mic = short_speech(scratch_)});
    const auto session = alice->wait("connected")["session"];
    const auto began = bob->wait("speaking", "session", session);
    EXPECT_EQ(began["speaking"], true);
    alice->wait("mic_finished");
    bob->wait("speaking", [&](const Json& told) {
        return told["session"] == session && told["speaking"] == false;
    });
    expect_all_heard(*bob, *alice);

    EXPECT_EQ(bob->quit(), 0);
    EXPECT_EQ(alice->quit(), 0);
    const auto said = demo::through_codec(demo::read_sound(scratch_.path("short.wav"))).decoded;
    const auto recorded = demo::read_sound(scratch_.path("bob.wav"));
    EXPECT_GT(demo::followed_share(said, recorded), demo::followed_share_min);
}

TEST_F(Conversation, TextsReachTheRoomAndNobodyElse) {
    const auto alice = enter({.name = "alice"});
    const auto bob = enter({.name = "bob"});
    const auto dave = enter({.name = "dave", .join = other_room_});
    const std::string text = R"(Grüße, "Bob" ☺ \n <b>)";
    alice->command("say " + text);
    const auto read = bob->wait("text", "text", text);
    EXPECT_EQ(read["name"], "alice");
    EXPECT_EQ(read["self"], false);
    EXPECT_EQ(read["room"], room_);
    EXPECT_EQ(alice->wait("text", "text", text)["id"], read["id"]);
    // A round trip of dave's own: whatever was on its way to him has arrived.
    dave->command("say alone");
    dave->wait("text", "text", "alone");
    for (const auto& event : dave->events()) {
        EXPECT_FALSE(event["event"] == "text" && event["text"] == text);
    }
}

TEST_F(Conversation, OneShotsDoOneThing) {
    const auto bob = enter({.name = "bob"});
    TalkieProcess say(
        scratch_,
        {.name = "bot", .port = port(), .join = room_, .more = {"say", "the build is green"}});
    EXPECT_EQ(say.process().wait(), 0);
    EXPECT_EQ(bob->wait("text")["text"], "the build is green");
    TalkieProcess who(scratch_, {.name = "bot2", .port = port(), .more = {"who"}});
    const auto people = who.wait("who")["people"];
    EXPECT_TRUE(std::ranges::any_of(people, [this](const Json& person) {
        return person["name"] == "bob" && person["room"] == room_;
    })) << people;
    EXPECT_EQ(who.process().wait(), 0);
    TalkieProcess lost(scratch_, {.name = "bot3", .port = port(), .join = "No such room"});
    EXPECT_EQ(lost.process().wait(), 4);
    EXPECT_EQ(lost.wait("failed")["code"], "unknown_channel");
}

TEST_F(Conversation, AOneShotBeyondTheLimitsIsRefusedHereAndNotByHangingUp) {
    const auto bob = enter({.name = "bob"});
    const std::vector<std::vector<std::string>> commands{
        {"say", std::string(wire::text_bytes_max + 1, 'x')},
        {"say", std::string(wire::frame_bytes_max + 1, 'x')},
        {"say", "\xff\xfe"},
        {"message", "bob", std::string(wire::text_bytes_max + 1, 'x')},
    };
    for (const auto& command : commands) {
        TalkieProcess bot(scratch_,
                          {.name = "bot", .port = port(), .join = room_, .more = command});
        EXPECT_EQ(bot.process().wait(), 4);
        const auto refused = bot.wait("refused");
        EXPECT_EQ(refused["command"], command.front());
        EXPECT_TRUE(refused["code"] == "too_large" || refused["code"] == "malformed") << refused;
        EXPECT_LT(refused.dump().size(), 500U) << "what was typed is not told back";
    }
    TalkieProcess full(scratch_, {.name = "bot",
                                  .port = port(),
                                  .join = room_,
                                  .more = {"say", std::string(wire::text_bytes_max, 'x')}});
    EXPECT_EQ(full.process().wait(), 0);
    EXPECT_EQ(bob->wait("text")["text"].get<std::string>().size(), wire::text_bytes_max)
        << "the first that came";
}

TEST_F(Conversation, MuteAndDeafen) {
    const auto carol = enter({.name = "carol"});
    const auto bob = enter({.name = "bob"});
    const auto alice = enter({.name = "alice", .mic = long_speech(scratch_)});
    hear_more(*bob, "alice");
    const auto session = alice->wait("connected")["session"];

    auto mark = bob->mark();
    alice->command("mute");
    bob->wait("person", "mute", true, mark);
    bob->wait("speaking", "speaking", false, mark);
    mark = bob->mark();
    alice->command("unmute");
    bob->wait("person", "mute", false, mark);
    hear_more(*bob, "alice");

    mark = alice->mark();
    bob->command("deafen");
    const auto deaf = alice->wait("person", "deafen", true, mark);
    EXPECT_EQ(deaf["name"], "bob");
    EXPECT_TRUE(deaf_while(*bob, *carol, "alice"));
    bob->command("undeafen");
    hear_more(*bob, "alice");
}

TEST_F(Conversation, MovingTakesTheVoiceAlong) {
    const auto bob = enter({.name = "bob"});
    const auto carol = enter({.name = "carol", .join = other_room_});
    const auto alice = enter({.name = "alice", .mic = long_speech(scratch_)});
    hear_more(*bob, "alice");
    EXPECT_EQ(frames_from(*carol, "alice"), 0U);

    auto mark = bob->mark();
    alice->command("move \"" + other_room_ + "\"");
    const auto moved = bob->wait("person", "room", other_room_, mark);
    EXPECT_EQ(moved["name"], "alice");
    EXPECT_EQ(moved["moved_from"], room_);
    hear_more(*carol, "alice");
    EXPECT_TRUE(deaf_while(*bob, *carol, "alice"));

    mark = alice->mark();
    alice->command("leave");
    alice->wait("room_left", nullptr, mark);
    carol->wait("speaking", "speaking", false);
    mark = alice->mark();
    alice->command("move \"" + room_ + "\"");
    alice->wait("keys_ready", nullptr, mark);
    hear_more(*bob, "alice");
    EXPECT_EQ(bob->heard("alice")["packets_unopened"], 0);
}

TEST_F(Conversation, ALatecomerHearsAndNobodyNotices) {
    const auto bob = enter({.name = "bob"});
    const auto alice = enter({.name = "alice", .mic = long_speech(scratch_)});
    hear_more(*bob, "alice");
    const auto erin = enter({.name = "erin"});
    hear_more(*erin, "alice");
    const auto carol = enter({.name = "carol"});
    hear_more(*carol, "alice");
    EXPECT_EQ(erin->quit(), 0);  // a fresh key for those who stay
    hear_more(*carol, "alice");
    const auto heard = bob->heard("alice");
    EXPECT_EQ(heard["packets_lost"], 0);
    EXPECT_EQ(heard["packets_unopened"], 0);
}

}  // namespace
}  // namespace partyline::integration
