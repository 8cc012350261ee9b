#include "server/control/read_marks.hpp"

#include <gtest/gtest.h>

namespace partyline::control {
namespace {

const auto ada = room::Person::of(AccountId{1});
const auto zoe = room::Person::of(AccountId{2});
constexpr SessionId desk{5};
constexpr SessionId phone{6};

store::ReadMarker in_room(std::uint64_t to) {
    return {.who = ada, .channel = ChannelId{1}, .with = {}, .to = MessageId{to}};
}

TEST(ReadMarks, OfManyTheFurthestIsKept) {
    ReadMarks marks;
    for (const auto to : {3U, 9U, 4U}) {
        marks.add(in_room(to), desk);
    }
    marks.add({.who = ada, .channel = {}, .with = zoe, .to = MessageId{1}}, desk);
    marks.add({.who = zoe, .channel = ChannelId{1}, .with = {}, .to = MessageId{2}}, phone);
    EXPECT_EQ(marks.waiting(), 3U);
    const auto taken = marks.take();
    ASSERT_EQ(taken.size(), 3U);
    EXPECT_EQ(taken[0].marker.with, zoe);
    EXPECT_EQ(taken[1].marker.to, MessageId{9});
    EXPECT_EQ(taken[1].by, desk);
    EXPECT_EQ(taken[2].marker.who, zoe);
    EXPECT_TRUE(marks.take().empty());
}

TEST(ReadMarks, WhatTwoDevicesReadIsNewsToBoth) {
    ReadMarks marks;
    marks.add(in_room(3), desk);
    marks.add(in_room(4), phone);
    marks.add(in_room(5), phone);
    EXPECT_EQ(marks.take().at(0).by, SessionId{});
}

}  // namespace
}  // namespace partyline::control
