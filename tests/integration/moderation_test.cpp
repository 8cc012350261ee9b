// Moderators at work, with the real programs.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "integration/talk_fixture.hpp"

namespace partyline::integration {
namespace {

class Moderation : public TalkTest {
protected:
    /// Ada owns the server, and is in the room.
    void SetUp() override {
        TalkTest::SetUp();
        make_owner("ada");
        ada_ = enter({.name = "ada"});
    }
    /// What Ada asks for, and the answer.
    Json ask(const std::string& line, const std::string& event = "administered") {
        const auto mark = ada_->mark();
        ada_->command(line);
        return ada_->wait(event, nullptr, mark);
    }
    /// How a login of somebody goes.
    Json failure(const std::string& name) {
        TalkieProcess talkie(scratch_, {.name = name, .port = port()});
        return talkie.wait("failed");
    }

    std::unique_ptr<TalkieProcess> ada_;
};

TEST_F(Moderation, AKickEndsASessionAtOnceAndSaysWhy) {
    const auto alice = enter({.name = "alice", .mic = long_speech(scratch_)});
    hear_more(*ada_, "alice");
    const auto done = ask("kick alice shouting all day");
    const auto gone = alice->wait("disconnected");
    EXPECT_EQ(gone["code"], "kicked");
    EXPECT_EQ(gone["reason"], "shouting all day");
    const auto took = gone["t_ns"].get<std::int64_t>() - done["t_ns"].get<std::int64_t>();
    testing::Test::RecordProperty("kicked_after_us", static_cast<int>(took / 1000));
    EXPECT_EQ(alice->process().wait(), 5);
    ada_->wait("person_left", "name", "alice");
    enter({.name = "alice"});  // who may come back

    const auto audit = ask("audit 1", "audit");
    EXPECT_EQ(audit["entries"][0]["actor"], "ada");
    EXPECT_EQ(audit["entries"][0]["action"], "kick");
    EXPECT_EQ(audit["entries"][0]["target"], "alice");
    EXPECT_EQ(audit["entries"][0]["reason"], "shouting all day");
}

TEST_F(Moderation, ABanIsToldUntilWhenAndWhyAndOutlivesACrash) {
    const auto alice = enter({.name = "alice"});
    const auto ban = ask("ban alice --for 2h --reason \"spam spam\"", "bans")["bans"][0];
    EXPECT_EQ(ban["name"], "alice");
    EXPECT_EQ(alice->wait("disconnected")["code"], "banned");
    const auto address = std::format("127.0.0.1:{}", port());
    server_->process().signal(SIGKILL);
    server_->process().wait();
    const auto mark = ada_->mark();
    start_server({.listen = address});
    ada_->wait("room_entered", nullptr, mark);

    const auto refused = failure("alice");
    EXPECT_EQ(refused["code"], "banned");
    EXPECT_EQ(refused["reason"], "spam spam");
    EXPECT_EQ(refused["until_unix_ms"], ban["until_unix_ms"]);
    EXPECT_EQ(ban["until_unix_ms"].get<std::int64_t>() - ban["created_unix_ms"].get<std::int64_t>(),
              7'200'000);
    EXPECT_EQ(ask("bans", "bans")["bans"].size(), 1U);
    ask(std::format("unban {} sorry", ban["id"].get<int>()));
    enter({.name = "alice"});
}

TEST_F(Moderation, AMuteOutlivesACrash) {
    const auto alice = enter({.name = "alice"});
    ask("server-mute alice echo");
    const auto address = std::format("127.0.0.1:{}", port());
    server_->process().signal(SIGKILL);
    server_->process().wait();
    const auto mark = alice->mark();
    start_server({.listen = address});
    alice->wait("room_entered", nullptr, mark);
    const auto bob = enter({.name = "bob"});
    bob->command("who");
    const auto people = bob->wait("who")["people"];
    EXPECT_TRUE(std::ranges::any_of(people, [](const Json& person) {
        return person["name"] == "alice" && person["server_mute"] == true;
    })) << people;
}

TEST_F(Moderation, WhoHasLeftIsBannedByTheirIdentity) {
    const auto alice = enter({.name = "alice"});
    ask("server-mute alice echo");
    const std::string whom = ask("audit 1", "audit")["entries"][0]["detail"];
    constexpr std::string_view lead = "identity ";
    const auto at = whom.find(lead);
    ASSERT_NE(at, std::string::npos) << whom;
    EXPECT_EQ(alice->quit(), 0);
    ada_->wait("person_left", "name", "alice");
    ask("ban --identity " + whom.substr(at + lead.size()), "bans");
    EXPECT_EQ(failure("alice")["code"], "banned");
}

TEST_F(Moderation, ARangeOfAddressesIsBanned) {
    const auto alice = enter({.name = "alice"});
    EXPECT_EQ(ask("ban --range 192.0.2.0/24", "bans")["bans"][0]["range"], "192.0.2.0/24");
    alice->command("say still here");
    alice->wait("text");
    ask("ban --range 127.0.0.1/8 --reason proxies", "bans");
    EXPECT_EQ(alice->wait("disconnected")["code"], "banned");
    EXPECT_EQ(failure("bob")["reason"], "proxies");
    ada_->command("say the owner is passed over");
    ada_->wait("text");
}

TEST_F(Moderation, WhoeverIsMutedIsNotHeardAndWhoeverIsDeafenedHearsNothing) {
    const auto alice = enter({.name = "alice", .mic = long_speech(scratch_)});
    const auto carl = enter({.name = "carl", .mic = long_speech(scratch_)});
    const auto bob = enter({.name = "bob"});
    hear_more(*bob, "alice");
    ask("server-deafen bob");
    EXPECT_TRUE(deaf_while(*bob, *ada_, "alice"));
    ask("server-unmute bob");
    hear_more(*bob, "alice");
    const auto mark = bob->mark();
    ask("server-mute alice echo");
    EXPECT_EQ(bob->wait("person", "server_mute", true, mark)["name"], "alice");
    hear_more(*bob, "carl");  // and with it all of hers that was under way
    const auto before = frames_from(*bob, "alice");
    hear_more(*bob, "carl", 2 * frames_heard_min);
    EXPECT_EQ(frames_from(*bob, "alice"), before);
    ask("server-unmute alice");
    hear_more(*bob, "alice");
}

TEST_F(Moderation, SomebodyIsMovedAndARoomAsksForItsPassword) {
    const auto alice = enter({.name = "alice"});
    ask(std::format("move-user alice \"{}\" off topic", other_room_));
    EXPECT_EQ(alice->wait("room_entered", "moved", true)["room"], other_room_);
    ask(std::format("room edit \"{}\" password \"open sesame\"", other_room_));
    const auto mark = alice->mark();
    alice->command("move " + room_);
    alice->wait("room_entered", "room", room_, mark);
    const auto outside = alice->mark();
    alice->command("move " + other_room_);
    EXPECT_EQ(alice->wait("refused", nullptr, outside)["code"], "bad_password");
    alice->command("join " + other_room_ + " --password open sesame");
    alice->wait("room_entered", "room", other_room_, outside);
    enter({.name = "bob",
           .join = other_room_,
           .more = {"--room-password-file", scratch_.file("room", "open sesame\n")}});
}

}  // namespace
}  // namespace partyline::integration
