// Talkies come back by themselves, with the real programs.

#include <gtest/gtest.h>

#include <csignal>

#include "integration/talk_fixture.hpp"

namespace partyline::integration {
namespace {

class Reconnect : public TalkTest {
protected:
    void restart_server() { start_server({.listen = std::format("127.0.0.1:{}", port_)}); }
    /// As a power cut would.
    void crash_server() {
        port_ = port();
        server_->process().signal(SIGKILL);
        server_->process().wait();
    }

private:
    std::uint16_t port_ = 0;
};

TEST_F(Reconnect, AfterACrashEverybodyIsBackAndHeard) {
    const auto alice = enter({.name = "alice", .mic = long_speech(scratch_)});
    const auto bob = enter({.name = "bob", .join = other_room_});
    bob->command("mute");
    bob->command("move " + room_);
    bob->wait("room_entered", "room", room_);
    hear_more(*bob, "alice");

    const auto alice_mark = alice->mark();
    const auto bob_mark = bob->mark();
    crash_server();
    EXPECT_EQ(bob->wait("reconnecting", nullptr, bob_mark)["code"], "io");
    bob->command("say said while nobody was there");
    restart_server();

    EXPECT_TRUE(bob->wait("connected", nullptr, bob_mark)["again"]);
    EXPECT_EQ(bob->wait("room_entered", nullptr, bob_mark)["room"], room_);
    // Said, once; whether alice hears it or has to look it up depends on who is back first.
    bob->wait("text", "text", "said while nobody was there", bob_mark);
    alice->wait("room_entered", nullptr, alice_mark);
    alice->command("history");
    const auto history = alice->wait("history", nullptr, alice_mark)["texts"];
    ASSERT_EQ(history.size(), 1U) << history;
    EXPECT_EQ(history[0]["text"], "said while nobody was there");
    // Muted as before.
    alice->command("who");
    const auto who = alice->wait("who", nullptr, alice_mark);
    bool seen = false;
    for (const auto& person : who["people"]) {
        if (person["name"] == "bob") {
            seen = true;
            EXPECT_TRUE(person["mute"]);
        }
    }
    EXPECT_TRUE(seen) << who;
    hear_more(*bob, "alice");
}

TEST_F(Reconnect, AnOrderlyRestartIsNoEnd) {
    const auto alice = enter({.name = "alice"});
    const auto mark = alice->mark();
    const auto address = std::format("127.0.0.1:{}", port());
    EXPECT_EQ(server_->stop(), 0);
    EXPECT_EQ(alice->wait("reconnecting", nullptr, mark)["code"], "shutting_down");
    start_server({.listen = address});
    alice->wait("room_entered", nullptr, mark);
    alice->command("say back");
    EXPECT_EQ(alice->wait("text", nullptr, mark)["text"], "back");
}

TEST_F(Reconnect, ASecondTalkieOfTheSameIdentityTakesThePlace) {
    const auto first = enter({.name = "alice"});
    const auto second = enter({.name = "alice"});
    EXPECT_EQ(first->wait("disconnected")["code"], "replaced");
    EXPECT_EQ(first->process().wait(), 5) << "two would throw each other out for ever";
    second->command("say still here");
    second->wait("text");
}

TEST_F(Reconnect, LeavingWhileTheServerIsAwayIsQuickAndTellsWhatWasNotSent) {
    const auto alice = enter({.name = "alice"});
    crash_server();
    alice->wait("reconnecting");
    alice->command("say is anybody there?");
    alice->command("history");
    EXPECT_EQ(alice->quit(), 0);
    EXPECT_EQ(alice->wait("refused", "command", "say")["message"], "Not sent: is anybody there?");
    EXPECT_EQ(alice->wait("refused", "command", "history")["code"], "closed");
}

TEST_F(Reconnect, WhatWasSaidMeanwhileIsToldThoughNothingWasSaidBefore) {
    server_.reset();
    start_server({.config = "[limits]\nresume_seconds = 0\n"});  // nobody's seat is kept
    harness::Tap tap(port());
    const auto bob = enter({.name = "bob"});
    const auto alice = enter({.name = "alice", .port = tap.port()});
    alice->command("history");  // what she asks of the server on entering is answered before
    alice->wait("history");
    for (const std::string text : {"first", "second"}) {
        const auto mark = alice->mark();
        tap.refuse_tcp(true);
        alice->wait("reconnecting", nullptr, mark);
        bob->command("say " + text);
        bob->wait("text", "text", text);
        tap.refuse_tcp(false);
        const auto missed = alice->wait("history", "missed", true, mark)["texts"];
        ASSERT_EQ(missed.size(), 1U) << missed;
        EXPECT_EQ(missed[0]["text"], text);
    }
}

}  // namespace
}  // namespace partyline::integration
