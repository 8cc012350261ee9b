// How many a set takes in, how many one hears, and who waits until there is room.
#include <gtest/gtest.h>

#include <format>
#include <vector>

#include "server/room/limits.hpp"
#include "server/room/whispers_fixture.hpp"

namespace partyline::room {
namespace {

class FewWhispers : public WhispersTest {
protected:
    FewWhispers() : WhispersTest({.whisper_members_max = 2, .whispers_heard_max = 2}) {}
};

TEST_F(FewWhispers, WhoComesLaterWaitsUntilThereIsRoom) {
    name({dan}, {lobby});
    EXPECT_EQ(members(), (People{bob, dan}));
    go(cid, lobby);
    EXPECT_EQ(told(), Told{}) << "no third";
    go(bob, attic);
    EXPECT_EQ(told(), (Told{closed({bob}), opened({cid}), changed({cid}, {bob})}));
    events = model->log_out(dan);
    go(bob, lobby);
    EXPECT_EQ(members(), (People{bob, cid}));
    EXPECT_EQ(name(ada, first, {arrive("Eve"), bob, cid}), ErrorCode::too_large);
    EXPECT_EQ(members(), (People{bob, cid}));
}

TEST_F(FewWhispers, NobodyHearsMoreThanTheyCanBeToldOf) {
    name({dan});
    EXPECT_EQ(name(bob, first, {dan}), ErrorCode::unspecified);
    EXPECT_EQ(name(cid, first, {dan}), ErrorCode::unspecified);
    const auto* third = model->whispers().find({cid, first});
    EXPECT_EQ(third->members, People{}) << "he hears two";
    name({});
    EXPECT_EQ(third->members, (People{dan})) << "one of them has made room";
    EXPECT_EQ(told().back(), (Event{ToSession{cid}, WhisperChanged{.whisperer = cid,
                                                                   .stream = first,
                                                                   .epoch = ChannelEpoch{2},
                                                                   .joined = {dan},
                                                                   .left = {}}}));
    name({dan});
    EXPECT_EQ(members(), People{});
    model->log_out(bob);
    EXPECT_EQ(members(), (People{dan}));
}

TEST_F(FewWhispers, OneWhoWhispersOnManyStreamsLeavesNobodyUnheard) {
    name({dan});
    EXPECT_EQ(name(ada, second, {dan}), ErrorCode::unspecified);
    EXPECT_EQ(model->whispers().heard_by(dan).size(), 2U);
    EXPECT_EQ(name(bob, first, {dan}), ErrorCode::unspecified);
    EXPECT_TRUE(model->whispers_to({bob, first}, dan));
    EXPECT_TRUE(model->whispers_to({ada, first}, dan)) << "the older of hers";
    EXPECT_FALSE(model->whispers_to({ada, second}, dan)) << "has given way";
    EXPECT_EQ(name(bob, second, {dan}), ErrorCode::unspecified);
    EXPECT_FALSE(model->whispers_to({bob, second}, dan)) << "each is heard once";
    EXPECT_EQ(name(cid, first, {dan}), ErrorCode::unspecified);
    EXPECT_FALSE(model->whispers_to({cid, first}, dan)) << "two are as many as he hears";
    model->log_out(bob);
    EXPECT_TRUE(model->whispers_to({cid, first}, dan)) << "who is heard on no stream goes first";
    EXPECT_FALSE(model->whispers_to({ada, second}, dan));
}

TEST_F(FewWhispers, ASetThatSomebodyHadToLeaveTakesInWhoWaited) {
    name({}, {lobby});
    go(cid, lobby);
    go(dan, lobby);
    const auto left_out = members().contains(dan) ? (members().contains(cid) ? bob : cid) : dan;
    const auto inside = members().contains(dan) ? dan : cid;
    ASSERT_EQ(members().size(), 2U);
    EXPECT_EQ(name(ada, second, {inside}), ErrorCode::unspecified);
    EXPECT_EQ(name(arrive("Eve"), first, {inside}), ErrorCode::unspecified);
    EXPECT_EQ(members().size(), 2U);
    EXPECT_TRUE(members().contains(inside) || members().contains(left_out));
}

class ManyWhispers : public WhispersTest {};

TEST_F(ManyWhispers, ASetHasAtMost256People) {
    std::vector<SessionId> crowd;
    while (crowd.size() < whisper_members_max) {
        crowd.push_back(arrive(std::format("Guest {}", crowd.size()), vault));
    }
    name({}, {vault});
    EXPECT_EQ(members().size(), 256U);
    EXPECT_EQ(name(ada, first, {dan}, {vault}), ErrorCode::too_large);
    go(dan, vault);
    EXPECT_FALSE(members().contains(dan));
    go(crowd.back(), lobby);
    EXPECT_TRUE(members().contains(dan));
}

TEST_F(ManyWhispers, APersonIsInAtMost256Sets) {
    std::vector<SessionId> crowd;
    while (crowd.size() <= whispers_heard_max) {
        crowd.push_back(arrive(std::format("Guest {}", crowd.size())));
        EXPECT_EQ(name(crowd.back(), first, {bob}), ErrorCode::unspecified);
    }
    EXPECT_EQ(model->whispers().heard_by(bob).size(), 256U);
    EXPECT_FALSE(model->whispers_to({crowd.back(), first}, bob));
    model->log_out(crowd.front());
    EXPECT_TRUE(model->whispers_to({crowd.back(), first}, bob));
}

}  // namespace
}  // namespace partyline::room
