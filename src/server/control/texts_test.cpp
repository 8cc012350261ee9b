#include "server/control/server_fixture.hpp"

namespace partyline::control {
namespace {

class TextsTest : public ServerTest {
protected:
    net::task<> enter(Caller& caller, std::string name, ChannelId channel = lobby) {
        co_await caller.log_in(port(), std::move(name));
        co_await caller.ask<wire::Joined>(wire::Join{channel});
    }

    static net::task<MessageId> say(Caller& caller, std::string text) {
        const wire::SendText message{.channel = lobby, .text = std::move(text)};
        co_return (co_await caller.ask<wire::TextAccepted>(message)).id;
    }

    static std::vector<std::string> words(const wire::History& history) {
        std::vector<std::string> words;
        for (const auto& text : history.texts) {
            words.push_back(text.text);
        }
        return words;
    }

    using Words = std::vector<std::string>;

    net::task<> history() {
        Caller ada(loop);
        co_await enter(ada, "Ada");
        for (const auto* text : {"1", "2", "3", "4", "5"}) {
            co_await say(ada, text);
        }
        ada.close();
        Caller bob(loop);
        co_await enter(bob, "Bob");
        wire::GetHistory get{.channel = lobby, .messages = 2};
        const auto newest = co_await bob.ask<wire::History>(get);
        EXPECT_EQ(words(newest), (Words{"4", "5"}));
        EXPECT_TRUE(newest.more);
        const auto& last = newest.texts.back();
        EXPECT_EQ(last.name, "Ada");
        EXPECT_EQ(last.session, SessionId{}) << "what is looked up is no news";
        EXPECT_EQ(last.author, to_bytes(ada.identity().public_key()));
        get = {.channel = lobby, .before = newest.texts.front().id};
        const auto older = co_await bob.ask<wire::History>(get);
        EXPECT_EQ(words(older), (Words{"1", "2", "3"}));
        EXPECT_FALSE(older.more);
        co_await refused(bob, wire::GetHistory{.channel = attic}, ErrorCode::not_in_room);
        co_await bob.ask<wire::Ok>(wire::Leave{});
        co_await refused(bob, wire::GetHistory{.channel = lobby}, ErrorCode::not_in_room);
    }

    net::task<> long_texts() {
        Caller ada(loop);
        co_await enter(ada, "Ada");
        for (int i = 0; i < 40; ++i) {
            co_await say(ada, std::to_string(i) + std::string(4000, 'x'));
        }
        MessageId before{};
        int pages = 0;
        std::size_t told = 0;
        for (bool more = true; more; ++pages) {
            const auto page = co_await ada.ask<wire::History>(
                wire::GetHistory{.channel = lobby, .before = before});
            EXPECT_FALSE(page.texts.empty());
            told += page.texts.size();
            before = page.texts.front().id;
            more = page.more;
        }
        EXPECT_EQ(told, 40U) << "all of them, whatever a frame holds";
        EXPECT_EQ(pages, 3);
    }

    net::task<> changing() {
        Caller ada(loop);
        co_await enter(ada, "Ada");
        Caller bob(loop);
        co_await enter(bob, "Bob");
        const auto id = co_await say(ada, "teh");
        co_await refused(bob, wire::EditText{.id = id, .text = "mine"}, ErrorCode::not_permitted);
        co_await refused(bob, wire::DeleteText{id}, ErrorCode::not_permitted);
        co_await refused(ada, wire::EditText{.id = id, .text = ""}, ErrorCode::not_permitted);
        co_await refused(ada, wire::DeleteText{MessageId{99}}, ErrorCode::unknown_text);

        co_await ada.ask<wire::Ok>(wire::EditText{.id = id, .text = "the"});
        const auto edited = (co_await bob.get<wire::TextChanged>()).text;
        EXPECT_EQ(edited.id, id);
        EXPECT_EQ(edited.text, "the");
        EXPECT_NE(edited.edited_unix_ms, 0);
        EXPECT_FALSE(edited.deleted);
        co_await ada.ask<wire::Ok>(wire::DeleteText{id});
        const auto gone = (co_await bob.get<wire::TextChanged>()).text;
        EXPECT_TRUE(gone.deleted);
        EXPECT_TRUE(gone.text.empty());
        co_await refused(ada, wire::EditText{.id = id, .text = "back"}, ErrorCode::unknown_text);
        const auto history = co_await bob.ask<wire::History>(wire::GetHistory{.channel = lobby});
        EXPECT_EQ(history.texts.size(), 1U) << "the tombstone";
    }

    /// A talkie whose connection died before the answer came says it again on the next one.
    net::task<> said_again_after_a_reconnect() {
        Caller bob(loop);
        co_await enter(bob, "Bob");
        Caller ada(loop);
        co_await enter(ada, "Ada");
        const wire::SendText text{.channel = lobby, .text = "once", .nonce = 0xABCD};
        const auto first = co_await ada.ask<wire::TextAccepted>(text);
        ada.close();
        Caller again(loop);
        again.be(ada);
        while (server->model().sessions().size() > 1) {
            co_await bob.ask<wire::ControlPong>(wire::ControlPing{});
        }
        co_await enter(again, "Ada");
        EXPECT_EQ(co_await again.ask<wire::TextAccepted>(text), first);
        co_await say(again, "next");
        EXPECT_EQ((co_await bob.get<wire::Text>()).text, "next") << "he heard \"once\" before";
    }

    net::task<> a_full_disk() {
        Caller ada(loop);
        co_await enter(ada, "Ada");
        const auto id = co_await say(ada, "before");
        store.failure = {.code = ErrorCode::store_failed, .message = "The disk is full."};
        const wire::SendText text{.channel = lobby, .text = "lost", .nonce = 1};
        co_await refused(ada, text, ErrorCode::store_failed);
        co_await refused(ada, wire::EditText{.id = id, .text = "x"}, ErrorCode::store_failed);
        co_await refused(ada, wire::DeleteText{id}, ErrorCode::store_failed);
        co_await refused(ada, wire::GetHistory{.channel = lobby}, ErrorCode::store_failed);
        store.failure.reset();
        co_await ada.ask<wire::TextAccepted>(text);
        const auto history = co_await ada.ask<wire::History>(wire::GetHistory{.channel = lobby});
        EXPECT_EQ(words(history), (Words{"before", "lost"}));
    }

    net::task<> pruning() {
        Caller ada(loop, manual_clock);
        co_await ada.log_in(port(), "Ada");
        for (const int times : {1, 2}) {
            while (store.prunings < times) {
                co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
            }
            EXPECT_EQ(store.prunings, times) << "of one room, as the others keep all";
            manual_clock.advance(prune_interval - std::chrono::seconds(1));
            co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
            manual_clock.advance(std::chrono::seconds(1));
        }
    }

    net::task<> nothing_kept() {
        Caller ada(loop);
        co_await enter(ada, "Ada");
        const wire::SendText text{.channel = lobby, .text = "off the record", .nonce = 1};
        const auto accepted = co_await ada.ask<wire::TextAccepted>(text);
        EXPECT_EQ((co_await ada.get<wire::Text>()).text, "off the record");
        EXPECT_EQ(co_await ada.ask<wire::TextAccepted>(text), accepted) << "repeats are known";
        EXPECT_TRUE(store.messages.empty());
        co_await refused(ada, wire::EditText{.id = accepted.id, .text = "x"},
                         ErrorCode::unknown_text);
    }
};

TEST_F(TextsTest, HistoryIsToldToThoseInTheRoom) { play(history()); }
TEST_F(TextsTest, APageIsWhatFitsAFrame) {
    config.limits.texts = {.per_second = 1, .burst = 1e9};
    play(long_texts());
}
TEST_F(TextsTest, AuthorsChangeWhatTheySaid) { play(changing()); }
TEST_F(TextsTest, WhatIsSaidAgainIsNotDoubled) { play(said_again_after_a_reconnect()); }
TEST_F(TextsTest, AFullDiskIsToldAndKeepsNothing) { play(a_full_disk()); }
TEST_F(TextsTest, ARoomMayKeepNothing) {
    config.channels[0].retention = {.keep = false};
    play(nothing_kept());
}
TEST_F(TextsTest, WhatIsOldIsPrunedNowAndThen) {
    clock = &manual_clock;
    config.channels[0].retention = {.days = 30};
    config.limits.messages = {.per_second = 1, .burst = 1e9};
    play(pruning());
}

}  // namespace
}  // namespace partyline::control
