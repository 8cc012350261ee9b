#include "server/control/server_fixture.hpp"

namespace partyline::control {
namespace {

class TextsTest : public ServerTest {
protected:
    static std::vector<std::string> words(const wire::History& history) {
        std::vector<std::string> words;
        for (const auto& text : history.texts) {
            words.push_back(text.text);
        }
        return words;
    }

    using Words = std::vector<std::string>;

    void play_in_slow_mode(net::task<> scenario) {
        clock = &manual_clock;
        config.channels[0].slow_mode_s = 30;
        play(std::move(scenario));
    }

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
        co_await bob.ask<wire::Moved>(wire::Leave{});
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

    net::task<> nothing_kept_and_a_full_disk() {
        Caller ada(loop);
        co_await enter(ada, "Ada");
        store.failure = {.code = ErrorCode::store_failed, .message = "The disk is full."};
        const wire::SendText text{.channel = lobby, .text = "off the record", .nonce = 1};
        co_await refused(ada, text, ErrorCode::store_failed);
        store.failure.reset();
        co_await ada.ask<wire::TextAccepted>(text);
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

    /// Whoever has lost the answer asks again on another connection, in spite of slow mode and of
    /// what they may do by now.
    net::task<> said_again_in_slow_mode() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        const wire::SendText text{.channel = lobby, .text = "once", .nonce = 7};
        const auto first = co_await ada.ask<wire::TextAccepted>(text);
        Caller again(loop, manual_clock);
        again.be(ada);
        co_await enter(again, "Ada");
        EXPECT_EQ(co_await again.ask<wire::TextAccepted>(text), first);
        co_await refused(again, wire::SendText{.channel = lobby, .text = "more", .nonce = 8},
                         ErrorCode::rate_limited);
        co_await again.ask<wire::Moved>(wire::Leave{});
        EXPECT_EQ(co_await again.ask<wire::TextAccepted>(text), first);
    }

    /// And whoever asks again before the first time is on the disk.
    net::task<> said_again_on_its_way() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        const wire::SendText text{.channel = lobby, .text = "once", .nonce = 7};
        store.hold = true;
        const auto first = co_await ada.send(text);
        const auto second = co_await ada.send(text);
        co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
        store.release();
        const auto accepted = co_await ada.answer<wire::TextAccepted>(first);
        EXPECT_EQ(co_await ada.answer<wire::TextAccepted>(second), accepted);
        EXPECT_EQ(store.messages.size(), 1U);
    }

    net::task<> edits_in_slow_mode() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        const auto id = co_await say(ada, "teh");
        const wire::EditText edit{.id = id, .text = "the"};
        const auto refusal = co_await ada.ask<wire::Refusal>(edit);
        EXPECT_EQ(refusal.error.code, ErrorCode::rate_limited);
        EXPECT_EQ(refusal.error.retry_ms, 30'000U);
        manual_clock.advance(std::chrono::seconds(30));
        co_await ada.ask<wire::Ok>(edit);
        co_await refused(ada, wire::SendText{.channel = lobby, .text = "next"},
                         ErrorCode::rate_limited);
        co_await ada.ask<wire::Ok>(wire::DeleteText{id});
    }

    /// What is not said puts off nothing.
    net::task<> refused_in_slow_mode() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        co_await refused(ada, wire::SendText{.channel = lobby, .text = ""},
                         ErrorCode::not_permitted);
        co_await refused(ada, wire::SendText{.channel = attic, .text = "x"},
                         ErrorCode::not_in_room);
        co_await refused(ada, wire::SendText{.channel = ChannelId{99}, .text = "x"},
                         ErrorCode::not_in_room);
        const auto first = co_await say(ada, "one");
        co_await refused(ada, wire::SendText{.channel = lobby, .text = "two"},
                         ErrorCode::rate_limited);
        manual_clock.advance(std::chrono::seconds(30));
        EXPECT_EQ((co_await say(ada, "three")).value, first.value + 1) << "no id was used up";
    }

    /// Whoever comes second changes nothing, and nobody sees again what was deleted.
    net::task<> changed_at_once() {
        Caller ada(loop);
        co_await enter(ada, "Ada");
        Caller bob(loop);
        co_await enter(bob, "Bob");
        const auto id = co_await say(ada, "teh");
        Bytes all;  // which are there before any is carried out
        const auto add = [&](std::uint64_t request, wire::ClientBody body) {
            wire::append_frame(all, wire::encode({.request_id = request, .body = std::move(body)}))
                .value();
        };
        add(101, wire::DeleteText{id});
        add(102, wire::EditText{.id = id, .text = "the"});
        add(103, wire::DeleteText{id});
        co_await ada.send_bytes(std::move(all));
        co_await ada.answer<wire::Ok>(101);
        EXPECT_EQ((co_await ada.answer<wire::Refusal>(102)).error.code, ErrorCode::unknown_text);
        EXPECT_EQ((co_await ada.answer<wire::Refusal>(103)).error.code, ErrorCode::unknown_text);
        co_await say(ada, "next");
        EXPECT_TRUE((co_await bob.get<wire::TextChanged>()).text.deleted);
        for (auto message = co_await bob.next(); !std::holds_alternative<wire::Text>(message.body);
             message = co_await bob.next()) {
            EXPECT_FALSE(std::holds_alternative<wire::TextChanged>(message.body));
        }
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

    net::task<> sweeping() {
        Caller ada(loop, manual_clock);
        co_await ada.log_in(port(), "Ada");
        const auto hours_of_a_day = static_cast<int>(sweep_interval / prune_interval);
        for (int hour = 0; hour <= hours_of_a_day; ++hour) {
            while (store.letter_prunings <= hour) {
                co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
            }
            EXPECT_EQ(store.sweeps, hour < hours_of_a_day ? 1 : 2) << "hour " << hour;
            manual_clock.advance(prune_interval);
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
TEST_F(TextsTest, WhatIsSaidAgainIsNoOtherTextInSlowMode) {
    play_in_slow_mode(said_again_in_slow_mode());
}
TEST_F(TextsTest, WhatIsSaidAgainOnItsWayIsNoOtherText) {
    play_in_slow_mode(said_again_on_its_way());
}
TEST_F(TextsTest, EditsKeepThePaceToo) { play_in_slow_mode(edits_in_slow_mode()); }
TEST_F(TextsTest, WhatIsRefusedPutsOffNothing) { play_in_slow_mode(refused_in_slow_mode()); }
TEST_F(TextsTest, WhatIsDeletedIsNotEditedAtTheSameTime) { play(changed_at_once()); }
TEST_F(TextsTest, AFullDiskIsToldAndKeepsNothing) { play(a_full_disk()); }
TEST_F(TextsTest, ARoomMayKeepNothing) {
    config.channels[0].retention = {.keep = false};
    play(nothing_kept());
}
TEST_F(TextsTest, AnIdThatIsNotSetAsideIsGivenToNoText) {
    config.channels[0].retention = {.keep = false};
    play(nothing_kept_and_a_full_disk());
}
TEST_F(TextsTest, WhatIsOldIsPrunedNowAndThen) {
    clock = &manual_clock;
    config.channels[0].retention = {.days = 30};
    config.limits.messages = {.per_second = 1, .burst = 1e9};
    play(pruning());
}
TEST_F(TextsTest, WhatIsLeftOfWhoHasGoneIsSweptOnceADay) {
    clock = &manual_clock;
    config.limits.messages = {.per_second = 1, .burst = 1e9};
    // The clock goes on by hours, in which a connection would be taken for broken.
    config.limits.silence = 2 * sweep_interval;
    play(sweeping());
}

}  // namespace
}  // namespace partyline::control
