#include "server/room/silences.hpp"

#include <gtest/gtest.h>

#include "server/room/limits.hpp"
#include "server/room/rules_test_support.hpp"
#include "server/room/test_support.hpp"

namespace partyline::room {
namespace {

Person somebody(std::size_t number) { return Person::of(identity(number)); }

class Silences : public testing::Test, protected RulesHouse {
protected:
    Silences() {
        admin = person("Adam", {admin_role});
        moderator = person("Mo", {moderator_role});
    }
    [[nodiscard]] Result<Changes> plan(Subject actor, const Person& target, NewSilence made,
                                       const std::set<Person>& here = {}) const {
        return plan_silence(directory, actor, target, made, here);
    }
    /// Number n is from the time n.
    void fill(AccountId left = {}) {
        for (std::size_t i = directory.silences().size(); i < silences_max; ++i) {
            directory.apply(Silence{.whose = somebody(i),
                                    .mute = true,
                                    .left = left,
                                    .unix_ms = static_cast<std::int64_t>(i)});
        }
    }

    Subject admin, moderator;
    const Person stranger = somebody(65'000);
};

TEST_F(Silences, AreReplacedAndTakenBack) {
    const auto made = plan(moderator, stranger, {.mute = true, .unix_ms = 7, .reason = "echo"});
    ASSERT_TRUE(made);
    EXPECT_EQ(*made,
              Changes{(Silence{
                  .whose = stranger, .mute = true, .rank = 500, .unix_ms = 7, .reason = "echo"})});
    directory.apply(*made);
    directory.apply(plan(admin, stranger, {.deafen = true}).value());
    EXPECT_EQ(*directory.silence_of(stranger),
              (Silence{.whose = stranger, .deafen = true, .rank = 1000}));
    EXPECT_EQ(plan(moderator, stranger, {}).error().code, ErrorCode::not_permitted);
    EXPECT_EQ(plan(admin, stranger, {}), Changes{DropSilence{stranger}});
    directory.apply(DropSilence{stranger});
    EXPECT_EQ(directory.silence_of(stranger), nullptr);
    EXPECT_EQ(plan(moderator, stranger, {}), Changes{}) << "nothing to take back";
}

TEST_F(Silences, WhoIsNotHereMakesRoomTheOldestFirst) {
    fill();
    const auto made = plan(moderator, stranger, {.mute = true}, {somebody(0)});
    ASSERT_TRUE(made);
    EXPECT_EQ(made->size(), 2U);
    EXPECT_EQ(made->back(), Change(DropSilence{somebody(1)})) << "number 0 is here";
    directory.apply(*made);
    EXPECT_EQ(directory.silences().size(), silences_max);
    EXPECT_EQ(plan(moderator, stranger, {.deafen = true})->size(), 1U) << "has its place";
}

TEST_F(Silences, OneBelowTheLimitNobodyHasToGo) {
    fill();
    directory.apply(DropSilence{somebody(9)});
    EXPECT_EQ(plan(moderator, stranger, {.mute = true})->size(), 1U);
}

TEST_F(Silences, WhatNobodyHasDoneGoesBeforeWhatAModeratorHas) {
    directory.apply(Silence{.whose = somebody(1), .mute = true});
    directory.apply(
        Silence{.whose = somebody(2), .mute = true, .left = AccountId{9}, .unix_ms = 1'000'000});
    for (std::size_t i = 3; i < silences_max + 1; ++i) {
        directory.apply(Silence{.whose = somebody(i), .mute = true});
    }
    EXPECT_EQ(plan(moderator, stranger, {.mute = true})->back(), Change(DropSilence{somebody(2)}));
}

TEST_F(Silences, WhereAllAreHereThereIsNoRoom) {
    fill();
    std::set<Person> here;
    for (std::size_t i = 0; i < silences_max; ++i) {
        here.insert(somebody(i));
    }
    EXPECT_EQ(plan(moderator, stranger, {.mute = true}, here).error().code, ErrorCode::too_large);
}

}  // namespace
}  // namespace partyline::room
