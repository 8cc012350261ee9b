// Somebody writes to somebody who is not here, with the real programs.
#include <gtest/gtest.h>

#include <csignal>

#include "integration/talk_fixture.hpp"

namespace partyline::integration {
namespace {

class Letters : public TalkTest {
protected:
    /// One command, and what it tells.
    Json once(const std::string& name, std::vector<std::string> command, const std::string& event) {
        TalkieProcess talkie(scratch_, {.name = name, .port = port(), .more = std::move(command)});
        const auto told = talkie.wait(event);
        EXPECT_EQ(talkie.process().wait(), 0) << name;
        return told;
    }
    std::unique_ptr<TalkieProcess> connect(const std::string& name) {
        auto talkie = std::make_unique<TalkieProcess>(
            scratch_, harness::TalkieOptions{.name = name, .port = port()});
        talkie->wait("connected");
        return talkie;
    }
    static std::vector<std::string> words(const Json& messages) {
        std::vector<std::string> words;
        for (const auto& message : messages["messages"]) {
            words.push_back(message["text"]);
        }
        return words;
    }
    using Words = std::vector<std::string>;
};

TEST_F(Letters, WaitForWhoIsAwayAndOutliveTheServer) {
    once("ada", {"--password-file", password_, "claim", "ada"}, "account");
    once("phone", {"--password-file", password_, "link", "ada"}, "account");
    EXPECT_TRUE(once("ada", {"unread"}, "unread")["people"].empty());

    // She is not here. He is a guest, and knows what her account is called.
    once("bob", {"message", "ADA", "are you there?"}, "message_accepted");
    once("bob", {"message", "ada", "it is Bob"}, "message_accepted");
    EXPECT_EQ(once("bob", {"messages", "ada"}, "messages")["name"], "ada");
    server_->process().signal(SIGKILL);
    server_->process().wait();
    start_server({});

    const auto desk = connect("ada");
    const auto phone = connect("phone");
    desk->command("unread");
    const auto waiting = desk->wait("unread")["people"];
    ASSERT_EQ(waiting.size(), 1U);
    EXPECT_EQ(waiting[0]["unread"], 2);
    EXPECT_EQ(waiting[0]["name"], "bob");
    const std::string bob_device = waiting[0]["with"];
    EXPECT_TRUE(bob_device.starts_with("device:"));
    desk->command("messages " + bob_device);
    EXPECT_EQ(words(desk->wait("messages", "missed", false)),
              (Words{"are you there?", "it is Bob"}));

    // What one device has read, the other need not.
    desk->command("read @" + bob_device);
    desk->wait("done", "command", "read");
    EXPECT_EQ(phone->wait("read_elsewhere")["unread"], 0);

    // He is not here now; she answers all the same, and both her devices have it.
    desk->command(std::format("message {} I am now", bob_device));
    EXPECT_TRUE(desk->wait("message")["self"]);
    EXPECT_EQ(phone->wait("message")["text"], "I am now");
    const auto bob = connect("bob");
    bob->command("messages ada");
    const auto told = bob->wait("messages", "missed", false);
    EXPECT_EQ(words(told), (Words{"are you there?", "it is Bob", "I am now"}));
    EXPECT_FALSE(told["messages"][2]["self"]);
    desk->command(std::format("edit {} I am back", told["messages"][2]["id"].get<std::uint64_t>()));
    EXPECT_EQ(bob->wait("message_changed")["text"], "I am back");
    bob->command("message nobody hello");
    EXPECT_EQ(bob->wait("refused")["code"], "unknown_person");

    // When the guest becomes somebody, what was written is theirs.
    bob->quit();
    once("bob", {"--password-file", password_, "claim", "bob"}, "account");
    // One who comes now does not take the session that has just gone for him.
    phone->quit();
    EXPECT_EQ(once("phone", {"messages", "bob"}, "messages")["messages"].size(), 3U);
}

TEST_F(Letters, WhatCameWhileNobodyWasHereIsToldAtTheNextLogin) {
    once("ada", {"--password-file", password_, "claim", "ada"}, "account");
    once("bob", {"message", "ada", "are you there?"}, "message_accepted");
    once("cid", {"message", "ada", "news!"}, "message_accepted");
    once("bob", {"message", "ada", "it is Bob"}, "message_accepted");
    const auto ada = connect("ada");
    const auto from_cid = ada->wait("messages", "name", "cid");
    EXPECT_TRUE(from_cid["missed"]);
    EXPECT_EQ(words(from_cid), Words{"news!"});
    const auto from_bob = ada->wait("messages", "name", "bob");
    EXPECT_TRUE(from_bob["missed"]);
    EXPECT_EQ(words(from_bob), (Words{"are you there?", "it is Bob"}));
    ada->command(std::format("read @{}", from_bob["with"].get<std::string>()));
    ada->wait("done", "command", "read");
    ada->quit();
    const auto again = connect("ada");
    again->wait("messages", "name", "cid");
    again->command("messages " + from_bob["with"].get<std::string>());
    EXPECT_FALSE(again->wait("messages", "name", "bob")["missed"]) << "what is read is old";
}

TEST_F(Letters, WhatCameWhileTheConnectionWasAwayIsToldOnce) {
    start_server_without_seats();
    once("ada", {"--password-file", password_, "claim", "ada"}, "account");
    harness::Tap tap(port());
    TalkieProcess ada(scratch_, {.name = "ada", .port = tap.port()});
    ada.wait("connected");
    const auto bob = connect("bob");
    bob->command("message ada told");
    ada.wait("message", "text", "told");
    const auto mark = ada.mark();
    tap.refuse_tcp(true);
    ada.wait("reconnecting", nullptr, mark);
    bob->wait("person_left", "name", "ada");
    const auto bobs_mark = bob->mark();
    bob->command("message ada missed");
    bob->wait("message_accepted", nullptr, bobs_mark);
    tap.refuse_tcp(false);
    EXPECT_EQ(words(ada.wait("messages", "missed", true, mark)), Words{"missed"});
}

TEST_F(Letters, ToAGuestInTheRoomGoToWhomeverTheyWereMeantFor) {
    const auto ada = enter({.name = "ada"});
    auto bob = enter({.name = "bob"});
    ada->command("message bob hello");
    EXPECT_EQ(bob->wait("message")["text"], "hello");
    bob->quit();
    ada->wait("person_left", "name", "bob");
    bob = enter({.name = "robert"});
    const auto mark = ada->mark();
    ada->command("message robert who are you?");
    EXPECT_EQ(ada->wait("message", nullptr, mark)["to_name"], "robert");
    EXPECT_EQ(bob->wait("message")["text"], "who are you?");
}

TEST_F(Letters, MentionsAndUnreadTextsOfRoomsAreCounted) {
    once("ada", {"--password-file", password_, "claim", "ada"}, "account");
    once("ada", {"unread"}, "unread");
    const auto bob = enter({.name = "bob"});
    bob->command("say hello @Ada, are you there?");
    bob->command("say hm");
    bob->wait("text", "text", "hm");
    const auto unread = once("ada", {"unread"}, "unread")["rooms"];
    ASSERT_EQ(unread.size(), 1U);
    EXPECT_EQ(unread[0]["room"], "Lobby");
    EXPECT_EQ(unread[0]["unread"], 2);
    EXPECT_EQ(unread[0]["mentions"], 1);
    once("ada", {"read", "Lobby"}, "done");
    EXPECT_TRUE(once("ada", {"unread"}, "unread")["rooms"].empty());
}

}  // namespace
}  // namespace partyline::integration
