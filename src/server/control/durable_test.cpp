#include "server/control/durable.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/control/fake_store.hpp"
#include "server/control/limits.hpp"

namespace partyline::control {
namespace {

room::Changes ban(std::uint64_t id) {
    return {room::Ban{.id = BanId{id}, .name = "Eve", .reason = {}, .by = {}}};
}

class DurableTest : public testing::Test {
protected:
    /// One answer of the store.
    void run_one() { posted_.do_one(); }
    /// Its steps are told in `story`.
    Result<void> submit(std::uint64_t id) {
        return durable_->submit(
            [this, id]() -> Result<room::Changes> {
                story.push_back("plan " + std::to_string(id));
                return ban(id);
            },
            [this, id](const Result<void>& done) {
                story.push_back((done ? "done " : "failed ") + std::to_string(id));
            });
    }

    static room::AuditEntry line(std::string action) {
        return {.unix_ms = 1,
                .actor = "Mem",
                .action = std::move(action),
                .target = "Lobby",
                .reason = {},
                .detail = {}};
    }
    void note(std::string action) {
        durable_->note(room::Person::of(AccountId{7}), line(std::move(action)));
    }
    Result<void> submit_at_once(std::uint64_t id, const Owed::Actor& by = {},
                                std::optional<room::Person> whom = {}, bool others_too = false) {
        return durable_->submit_at_once(
            [this, id]() -> Result<room::Changes> {
                story.push_back("plan " + std::to_string(id));
                return ban(id);
            },
            [this, id] { story.push_back("act " + std::to_string(id)); },
            [this, id](const Result<void>& done) {
                story.push_back((done                                       ? "done "
                                 : done.error().code == ErrorCode::not_kept ? "not kept "
                                                                            : "failed ") +
                                std::to_string(id));
            },
            {.by = by, .whom = whom, .others_too = others_too});
    }
    Result<void> submit_claim(const room::Person& guest, const room::Person& claimed) {
        return durable_->submit(
            [guest, claimed]() -> Result<room::Changes> {
                return room::Changes{
                    room::Account{.id = claimed.account,
                                  .name = "Zoe",
                                  .password_hash = {},
                                  .recovery_hash = {},
                                  .roles = {}},
                    room::Device{
                        .identity = guest.identity, .account = claimed.account, .label = "first"}};
            },
            [this](const Result<void>&) { story.push_back("claimed"); });
    }
    void run_all() { posted_.do_all(); }

    const Error full{.code = ErrorCode::store_failed, .message = "The disk is full."};
    using Story = std::vector<std::string>;
    Story story;
    Posted posted_;
    FakeStore store_{posted_.poster()};
    std::optional<Durable> durable_{
        std::in_place, store_, [this](const room::Changes& changes) {
            const auto* ban = std::get_if<room::Ban>(&changes.front());
            story.push_back("apply " + (ban == nullptr ? "role" : std::to_string(ban->id.value)));
        }};
};

TEST_F(DurableTest, TheNextIsPlannedWhenTheFormerIsCarriedOut) {
    ASSERT_TRUE(submit(1));
    ASSERT_TRUE(submit(2));
    EXPECT_EQ(story, Story{"plan 1"});
    run_one();
    EXPECT_EQ(story, (Story{"plan 1", "apply 1", "done 1", "plan 2"}));
    run_one();
    EXPECT_EQ(story.back(), "done 2");
    EXPECT_EQ(store_.applied, (std::vector{ban(1), ban(2)}));
}

TEST_F(DurableTest, WhatTheStoreDoesNotKeepIsNotCarriedOut) {
    store_.failure = full;
    ASSERT_TRUE(submit(1));
    ASSERT_TRUE(submit(2));
    run_one();
    store_.failure.reset();
    EXPECT_EQ(story, (Story{"plan 1", "failed 1", "plan 2"}));
}

TEST_F(DurableTest, WhatModeratorsDoIsDoneBeforeItIsKept) {
    ASSERT_TRUE(submit_at_once(1));
    EXPECT_EQ(story, (Story{"plan 1", "apply 1", "act 1"}));
    run_one();
    EXPECT_EQ(story.back(), "done 1");
    EXPECT_EQ(durable_->owed(), 0U);
}

TEST_F(DurableTest, WhatModeratorsDoWaitsForNoDisk) {
    ASSERT_TRUE(durable_->submit([] { return room::Changes{room::Role{.id = RoleId{9}}}; },
                                 [this](const Result<void>&) { story.push_back("done role"); }));
    ASSERT_TRUE(submit_at_once(1));
    ASSERT_TRUE(submit_at_once(2));
    EXPECT_EQ(story, (Story{"plan 1", "apply 1", "act 1", "plan 2", "apply 2", "act 2"}));
    run_one();
    ASSERT_TRUE(submit_at_once(3)) << "while the two are on their way";
    story.clear();
    run_all();
    EXPECT_EQ(story, (Story{"done 1", "done 2", "done 3"}));
    EXPECT_EQ(store_.applied.at(1), (room::Changes{ban(1).front(), ban(2).front()}))
        << "together, in their order";
    EXPECT_EQ(store_.applied.at(2), ban(3));
    EXPECT_EQ(durable_->owed(), 0U);
}

TEST_F(DurableTest, WhatModeratorsDoWaitsForAChangeOfWhoPeopleAre) {
    ASSERT_TRUE(submit(1)) << "a ban by way of the disk";
    ASSERT_TRUE(submit_at_once(2));
    EXPECT_EQ(story, Story{"plan 1"});
    run_one();
    EXPECT_EQ(story, (Story{"plan 1", "apply 1", "done 1", "plan 2", "apply 2", "act 2"}));
}

TEST_F(DurableTest, WhatModeratorsDoWaitsForAClaimOnlyWhereItIsAboutWhoeverClaims) {
    const auto claimant = room::Person::of(room::Identity{std::byte{1}});
    const auto guest = room::Person::of(room::Identity{std::byte{2}});
    const auto mo = room::Person::of(AccountId{1});
    const auto claimed = room::Person::of(AccountId{2});
    ASSERT_TRUE(submit_claim(claimant, claimed));
    ASSERT_TRUE(submit_at_once(1, mo, claimant));
    ASSERT_TRUE(submit_at_once(2, claimant, guest));
    ASSERT_TRUE(submit_at_once(3, mo, claimed));
    ASSERT_TRUE(submit_at_once(4, mo)) << "to whom is not known";
    EXPECT_EQ(story, Story{}) << "all of these wait";
    ASSERT_TRUE(submit_at_once(5, mo, guest));
    ASSERT_TRUE(submit_at_once(6, {}, guest)) << "at the machine";
    EXPECT_EQ(story, (Story{"plan 5", "apply 5", "act 5", "plan 6", "apply 6", "act 6"}));
    story.clear();
    run_one();
    EXPECT_EQ(story,
              (Story{"apply role", "claimed", "plan 1", "apply 1", "act 1", "plan 2", "apply 2",
                     "act 2", "plan 3", "apply 3", "act 3", "plan 4", "apply 4", "act 4"}));
}

TEST_F(DurableTest, WhatWaitsAsItMayBeToOthersIsNotPassedByWhatIsToTheSamePersonOrByThem) {
    const auto otto = room::Person::of(AccountId{3});
    const auto guest = room::Person::of(room::Identity{std::byte{2}});
    const auto mo = room::Person::of(AccountId{1});
    const auto ada = room::Person::of(AccountId{4});
    ASSERT_TRUE(submit_claim(room::Person::of(room::Identity{std::byte{1}}),
                             room::Person::of(AccountId{2})));
    ASSERT_TRUE(submit_at_once(1, mo, otto, true)) << "a ban of his address, too";
    ASSERT_TRUE(submit_at_once(2, ada, otto));
    ASSERT_TRUE(submit_at_once(3, otto, guest));
    EXPECT_EQ(story, Story{}) << "all of these wait";
    ASSERT_TRUE(submit_at_once(4, mo, guest)) << "which holds nobody else up";
    EXPECT_EQ(story, (Story{"plan 4", "apply 4", "act 4"}));
    story.clear();
    run_one();
    EXPECT_EQ(story, (Story{"apply role", "claimed", "plan 1", "apply 1", "act 1", "plan 2",
                            "apply 2", "act 2", "plan 3", "apply 3", "act 3"}));
}

TEST_F(DurableTest, OfTwoDeedsOnTheirWayToAFailingDiskBothAreOwed) {
    store_.failure = full;
    ASSERT_TRUE(submit_at_once(1));
    ASSERT_TRUE(submit_at_once(2));
    run_all();
    EXPECT_EQ(story.back(), "not kept 2");
    store_.failure.reset();
    durable_->pay();
    run_all();
    EXPECT_EQ(store_.applied.back(), (room::Changes{ban(1).front(), ban(2).front()}));
}

TEST_F(DurableTest, WhatModeratorsDoIsDoneThoughTheStoreDoesNotKeepIt) {
    store_.failure = full;
    ASSERT_TRUE(submit_at_once(1));
    run_one();
    EXPECT_EQ(story, (Story{"plan 1", "apply 1", "act 1", "not kept 1"}));
    EXPECT_EQ(durable_->owed(), 1U);
    EXPECT_TRUE(store_.applied.empty());
}

TEST_F(DurableTest, WhatIsOwedIsPaidWithTheNextCommandInTheOrderOfTheDeeds) {
    store_.failure = full;
    ASSERT_TRUE(submit_at_once(1));
    run_one();
    ASSERT_TRUE(submit_at_once(2));
    run_all();
    EXPECT_EQ(durable_->owed(), 2U);
    store_.failure.reset();
    ASSERT_TRUE(submit(3));
    run_all();
    EXPECT_EQ(story.back(), "done 3");
    EXPECT_EQ(durable_->owed(), 0U);
    EXPECT_EQ(store_.applied,
              (std::vector<room::Changes>{{ban(1).front(), ban(2).front(), ban(3).front()}}))
        << "all of it or nothing";
}

TEST_F(DurableTest, WhatIsOwedIsPaidByItself) {
    store_.failure = full;
    ASSERT_TRUE(submit_at_once(1));
    run_one();
    const TimePoint start{std::chrono::hours(1)};
    durable_->tick(start);
    run_one();
    EXPECT_EQ(durable_->owed(), 1U);
    store_.failure.reset();
    durable_->tick(start + durable_payment_interval - std::chrono::milliseconds(1));
    EXPECT_TRUE(posted_.empty()) << "not yet";
    durable_->tick(start + durable_payment_interval);
    ASSERT_TRUE(submit_at_once(2)) << "while it is on its way";
    run_all();
    EXPECT_EQ(durable_->owed(), 0U);
    EXPECT_EQ(store_.applied, (std::vector{ban(1), ban(2)}));
    durable_->tick(start + 2 * durable_payment_interval);
    EXPECT_TRUE(posted_.empty()) << "nothing is owed";
}

TEST_F(DurableTest, OnlySoMuchIsOwedAndTheRestIsNotDone) {
    store_.failure = full;
    for (std::uint64_t id = 1; id <= durable_owed_max; ++id) {
        ASSERT_TRUE(submit_at_once(id));
        run_all();
    }
    EXPECT_EQ(story.back(), "not kept " + std::to_string(durable_owed_max));
    story.clear();
    ASSERT_TRUE(submit_at_once(9999));
    run_all();
    EXPECT_EQ(durable_->owed(), durable_owed_max);
    EXPECT_EQ(story, (Story{"plan 9999", "failed 9999"})) << "refused before it is carried out";
    store_.failure.reset();
    durable_->pay();
    run_all();
    ASSERT_TRUE(submit_at_once(9999));
    run_all();
    EXPECT_EQ(story.back(), "done 9999");
    EXPECT_EQ(store_.applied.front().size(), durable_owed_max) << "none of it is lost";
}

TEST_F(DurableTest, OneModeratorThatOwesMuchStopsNobodyElse) {
    store_.failure = full;
    const auto mo = room::Person::of(AccountId{1});
    for (std::uint64_t id = 1; id <= durable_owed_of_one_max; ++id) {
        ASSERT_TRUE(submit_at_once(id, mo));
        run_all();
    }
    story.clear();
    ASSERT_TRUE(submit_at_once(9998, mo));
    ASSERT_TRUE(submit_at_once(9999, room::Person::of(AccountId{2})));
    run_all();
    EXPECT_EQ(story, (Story{"plan 9998", "failed 9998", "plan 9999", "apply 9999", "act 9999",
                            "not kept 9999"}));
}

TEST_F(DurableTest, ALineIsKeptByItselfAndWaitsForNoCommand) {
    for (std::uint64_t id = 0; id <= durable_waiting_max; ++id) {
        ASSERT_TRUE(submit(id));
    }
    note("begun");
    note("ended");
    run_one();
    EXPECT_EQ(store_.applied.at(1), (room::Changes{line("begun"), line("ended"), ban(1).front()}))
        << "with the next command, as they would be too late for the first";
    run_all();
    EXPECT_EQ(store_.applied.size(), durable_waiting_max + 1);
    note("alone");
    EXPECT_EQ(store_.applied.back(), room::Changes{line("alone")});
}

TEST_F(DurableTest, ALineAboutWhatADeedBringsAboutComesAfterIt) {
    ASSERT_TRUE(durable_->submit_at_once([] { return ban(1); }, [this] { note("ended"); },
                                         [](const Result<void>&) {}));
    run_all();
    ASSERT_EQ(store_.applied.size(), 1U);
    EXPECT_EQ(store_.applied.front(), (room::Changes{ban(1).front(), line("ended")}));
}

TEST_F(DurableTest, ALineIsOwedToADiskThatRefusesIt) {
    store_.failure = full;
    note("begun");
    run_all();
    note("ended");
    EXPECT_TRUE(posted_.empty()) << "it has just been refused";
    EXPECT_EQ(durable_->owed(), 0U) << "a restart undoes nothing";
    store_.failure.reset();
    durable_->tick(TimePoint{std::chrono::hours(1)});
    note("begun again");
    run_all();
    EXPECT_EQ(store_.applied,
              (std::vector<room::Changes>{{line("begun"), line("ended")}, {line("begun again")}}));
}

TEST_F(DurableTest, AtTheEndLinesComeInTheirOrder) {
    ASSERT_TRUE(submit(1)) << "this one is on its way";
    note("begun");
    note("ended");
    durable_->pay_last();
    durable_.reset();
    EXPECT_EQ(store_.applied, (std::vector<room::Changes>{ban(1), {line("begun"), line("ended")}}));
    run_all();
    EXPECT_EQ(store_.applied.size(), 2U) << "once";
}

TEST_F(DurableTest, AtTheEndNothingIsWrittenOverWhatIsNewer) {
    store_.failure = full;
    ASSERT_TRUE(submit_at_once(1)) << "on its way to a disk that refuses it";
    store_.failure.reset();
    ASSERT_TRUE(submit_at_once(2));
    durable_->pay_last();
    ASSERT_TRUE(submit_at_once(3)) << "while people are told to go";
    story.clear();
    run_all();
    EXPECT_EQ(store_.applied, (std::vector{ban(2), ban(3)}));
    EXPECT_EQ(story, (Story{"not kept 1", "done 2", "done 3"}));
    EXPECT_EQ(durable_->owed(), 0U);
}

TEST_F(DurableTest, WhatIsRefusedOrChangesNothingHoldsUpNobody) {
    std::optional<Result<void>> refused;
    std::optional<Result<void>> nothing;
    ASSERT_TRUE(durable_->submit([] { return fail(ErrorCode::not_permitted, "No."); },
                                 [&](const Result<void>& done) {
                                     refused = done;
                                     EXPECT_TRUE(submit(1)) << "from inside";
                                 }));
    ASSERT_TRUE(durable_->submit([] { return room::Changes{}; },
                                 [&](const Result<void>& done) { nothing = done; }));
    EXPECT_EQ(refused->error().code, ErrorCode::not_permitted);
    EXPECT_FALSE(nothing) << "it waits for the one that was submitted before";
    run_one();
    EXPECT_TRUE(nothing->has_value());
    EXPECT_TRUE(posted_.empty()) << "the store was not asked to keep nothing";
}

TEST_F(DurableTest, TooManyAreRefusedWithATimeToComeBack) {
    ASSERT_TRUE(submit(0)) << "this one is on its way, and waits no more";
    for (std::uint64_t id = 1; id <= durable_waiting_max; ++id) {
        ASSERT_TRUE(submit(id));
    }
    const auto refused = submit(9999);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::rate_limited);
    EXPECT_EQ(refused.error().retry_ms, durable_retry_ms);
    run_one();
    EXPECT_TRUE(submit(9999));
}

TEST_F(DurableTest, ModeratorsGoAheadAndHaveRoomOfTheirOwn) {
    ASSERT_TRUE(submit(0)) << "a change of who people are: all wait for it";
    for (std::uint64_t id = 1; id <= durable_waiting_max; ++id) {
        ASSERT_TRUE(submit(id));
    }
    Story all{"plan 0", "apply 0", "done 0"};
    for (std::uint64_t id = 1001; id <= 1000 + durable_at_once_max; ++id) {
        ASSERT_TRUE(submit_at_once(id));
        for (const auto* step : {"plan ", "apply ", "act "}) {
            all.push_back(step + std::to_string(id));
        }
    }
    EXPECT_EQ(submit_at_once(9999).error().code, ErrorCode::rate_limited);
    all.emplace_back("plan 1");
    run_one();
    EXPECT_EQ(story, all) << "all of theirs before the next of the others";
}

TEST_F(DurableTest, WhatNobodyHasToRememberDoesNotWaitForTheDisk) {
    const room::ChannelRecord tea{.channel = {.id = ChannelId{9}, .temporary = true}};
    int applied = 0;
    Durable durable(store_, [&](const room::Changes& changes) {
        ++applied;
        EXPECT_EQ(changes, room::Changes{tea});
    });
    std::optional<Result<void>> done;
    ASSERT_TRUE(durable.submit([&] { return room::Changes{tea}; },
                               [&](const Result<void>& result) { done = result; }));
    EXPECT_EQ(applied, 1);
    EXPECT_TRUE(done->has_value());
    EXPECT_TRUE(posted_.empty());
    EXPECT_TRUE(store_.applied.empty());
}

TEST_F(DurableTest, AnAnswerThatComesAfterItsEndIsNothing) {
    ASSERT_TRUE(submit(1));
    durable_.reset();
    run_one();
    EXPECT_EQ(story, Story{"plan 1"});
}

}  // namespace
}  // namespace partyline::control
