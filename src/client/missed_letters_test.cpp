#include "client/missed_letters.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <format>
#include <initializer_list>
#include <string>
#include <vector>

#include "client/limits.hpp"

namespace partyline::client {
namespace {

wire::Person named(std::string account) {
    return {.session = {}, .identity = {}, .account = std::move(account)};
}
wire::PersonUnread unread(std::string account, std::uint32_t count, std::uint64_t read_to,
                          std::uint64_t last) {
    return {.with = named(account),
            .name = account,
            .unread = count,
            .read_to = MessageId{read_to},
            .last = MessageId{last}};
}
wire::DirectHistory history(std::initializer_list<std::uint64_t> ids, bool more = false) {
    wire::DirectHistory out{.with = {}, .name = {}, .texts = {}, .more = more};
    for (const auto id : ids) {
        out.texts.push_back({.id = MessageId{id}});
    }
    return out;
}
std::vector<std::uint64_t> ids(const MissedLetters::Found& found) {
    std::vector<std::uint64_t> out;
    for (const auto& text : found.texts) {
        out.push_back(text.id.value);
    }
    return out;
}
using Ids = std::vector<std::uint64_t>;

/// One that has come in and had nothing to look up: up to this letter all is told.
MissedLetters told_to(std::uint64_t last) {
    MissedLetters missed;
    missed.begin();
    missed.take(wire::Unread{.rooms = {}, .people = {unread("Zoë", 0, last, last)}});
    return missed;
}

TEST(MissedLetters, WhoComesInIsToldWhatIsUnread) {
    MissedLetters missed;
    missed.begin();
    missed.take(wire::Unread{
        .rooms = {},
        .people = {unread("Zoë", 2, 5, 9), unread("Dan", 0, 8, 8), unread("Eve", 1, 0, 3)}});
    EXPECT_EQ(missed.question()->with, named("Eve")) << "the latest last";
    EXPECT_EQ(ids(missed.take(history({3}))), Ids{3});
    EXPECT_EQ(missed.question()->with, named("Zoë"));
    EXPECT_EQ(missed.told_to(), std::nullopt) << "not all is told yet";
    EXPECT_EQ(ids(missed.take(history({4, 5, 7, 9}))), (Ids{7, 9}));
    EXPECT_FALSE(missed.question().has_value());
    EXPECT_EQ(missed.told_to(), MessageId{9});
}

TEST(MissedLetters, WhoComesBackIsToldWhatWasWrittenSince) {
    MissedLetters missed(told_to(9).told_to());
    missed.begin();
    missed.take(
        wire::Unread{.rooms = {}, .people = {unread("Zoë", 5, 2, 9), unread("Dan", 0, 12, 12)}});
    EXPECT_EQ(missed.question()->with, named("Dan"))
        << "unread or not, but nothing that was told before the loss";
    EXPECT_EQ(ids(missed.take(history({8, 10, 12}))), (Ids{10, 12}));
    EXPECT_EQ(missed.told_to(), MessageId{12});
}

TEST(MissedLetters, WhatIsToldMeanwhileIsNotMissed) {
    MissedLetters missed;
    missed.begin();
    missed.take(wire::Unread{.rooms = {}, .people = {unread("Zoë", 2, 5, 7)}});
    missed.told(MessageId{8});
    missed.told(MessageId{9});
    EXPECT_EQ(ids(missed.take(history({6, 7, 8, 9}))), (Ids{6, 7}));
    EXPECT_EQ(missed.told_to(), MessageId{9});
    missed.told(MessageId{11});
    EXPECT_EQ(missed.told_to(), MessageId{11});
}

TEST(MissedLetters, AwayOnceMoreBeforeAllIsToldTheGapBeginsWhereItBegan) {
    MissedLetters missed = told_to(5);
    missed.begin();
    missed.told(MessageId{9});
    EXPECT_EQ(missed.told_to(), MessageId{5});
    missed.begin();
    missed.take(wire::Unread{.rooms = {}, .people = {unread("Zoë", 1, 9, 9)}});
    EXPECT_EQ(ids(missed.take(history({4, 6, 9}))), (Ids{6, 9})) << "told twice rather than never";
}

TEST(MissedLetters, WhatCannotBeLookedUpIsLookedUpTheNextTime) {
    MissedLetters missed = told_to(5);
    missed.begin();
    missed.take(wire::Unread{.rooms = {}, .people = {unread("Zoë", 1, 5, 7)}});
    missed.give_up();
    EXPECT_FALSE(missed.question().has_value());
    missed.told(MessageId{9});
    EXPECT_EQ(missed.told_to(), MessageId{5});
}

TEST(MissedLetters, AnAnswerThatComesLateChangesNothing) {
    MissedLetters missed = told_to(5);
    EXPECT_EQ(ids(missed.take(history({6}))), Ids{});
    EXPECT_EQ(missed.told_to(), MessageId{5});
}

TEST(MissedLetters, DeletedOnesAreNotToldAndMoreThanAPageIsSaid) {
    MissedLetters missed = told_to(5);
    missed.begin();
    missed.take(
        wire::Unread{.rooms = {}, .people = {unread("Zoë", 80, 5, 90), unread("Dan", 1, 5, 7)}});
    EXPECT_FALSE(missed.take(history({4, 7}, true)).more) << "older ones were told";
    auto page = history({30, 90}, true);
    page.texts.back().deleted = true;
    const auto found = missed.take(page);
    EXPECT_EQ(ids(found), Ids{30});
    EXPECT_TRUE(found.more);
}

TEST(MissedLetters, OnlySoManyConversationsAreLookedUp) {
    MissedLetters missed;
    missed.begin();
    wire::Unread all;
    for (std::size_t i = 0; i <= missed_conversations_max; ++i) {
        all.people.push_back(unread(std::format("{}", i), 1, 0, 1000 - i));
    }
    missed.take(all);
    for (std::size_t i = missed_conversations_max; i-- > 0;) {
        ASSERT_EQ(missed.question()->with, named(std::format("{}", i))) << "the latest of them";
        missed.take(history({1}));
    }
    EXPECT_FALSE(missed.question().has_value());
    EXPECT_EQ(missed.told_to(), MessageId{1000});
}

}  // namespace
}  // namespace partyline::client
