#include "client/whisper_sets.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace partyline::client {
namespace {

constexpr StreamId one{1};
constexpr StreamId two{2};
constexpr ChannelId games{3};
constexpr ChannelId red{4};

wire::Presence presence(std::uint32_t session, std::string name, std::string account = {}) {
    return {.session = SessionId{session}, .name = std::move(name), .account = std::move(account)};
}

crypto::PublicKey identity(std::uint8_t seed) {
    crypto::PublicKey key{};
    key.fill(std::byte{seed});
    return key;
}

/// Two seats at two lives of a server: everybody and everything has another number in the second.
class WhisperSetsTest : public testing::Test {
protected:
    WhisperSetsTest() {
        before_.fold(wire::ChannelPage{
            {{.id = games, .name = "Games"}, {.id = red, .parent = games, .name = "Red team"}}});
        before_.fold(wire::PresencePage{
            {presence(2, "ann", "ann"), presence(3, "bob"), presence(4, "eve")}});
        after_.fold(wire::ChannelPage{
            {{.id = ChannelId{30}, .name = "Games"},
             {.id = ChannelId{40}, .parent = ChannelId{30}, .name = "Red team"}}});
    }

    static std::vector<WishedSet> wishes(const WhisperSets& sets, const Model& model) {
        return sets.wishes(model, [](SessionId session) {
            static const auto bobs = identity(3);
            return session == SessionId{3} ? &bobs : nullptr;
        });
    }
    std::vector<wire::SetWhisper> due_after() {
        again_.find_missing(after_);
        return again_.take_due(after_);
    }

    Model before_;
    Model after_;
    WhisperSets sets_;
    WhisperSets again_;
};

TEST_F(WhisperSetsTest, PeopleAreFoundByNameAndRoomsByPath) {
    sets_.accepted({.stream = one, .sessions = {SessionId{2}, SessionId{3}}, .channels = {red}});
    sets_.accepted({.stream = two, .sessions = {SessionId{4}}, .channels = {}});
    after_.fold(wire::PresencePage{{presence(20, "ann", "ann"), presence(30, "bob")}});
    EXPECT_TRUE(again_.take_up(wishes(sets_, before_), after_).empty());
    EXPECT_EQ(due_after(),
              (std::vector<wire::SetWhisper>{{.stream = one,
                                              .sessions = {SessionId{20}, SessionId{30}},
                                              .channels = {ChannelId{40}}}}));
    EXPECT_FALSE(again_.is_due());
    // Eve comes later, and is waited for.
    after_.fold(wire::PresenceChanged{{presence(40, "eve")}, {}});
    EXPECT_EQ(due_after(), (std::vector<wire::SetWhisper>{
                               {.stream = two, .sessions = {SessionId{40}}, .channels = {}}}));
}

TEST_F(WhisperSetsTest, SomebodyElseOfThatNameIsNotWhoWasMeant) {
    sets_.accepted({.stream = one, .sessions = {SessionId{2}, SessionId{3}}, .channels = {}});
    again_.take_up(wishes(sets_, before_), after_);
    after_.fold(wire::PresencePage{{presence(20, "ann"), presence(30, "bob")}});
    EXPECT_EQ(due_after(), (std::vector<wire::SetWhisper>{
                               {.stream = one, .sessions = {SessionId{30}}, .channels = {}}}))
        << "ann has an account, and a guest took her name";
    const auto bobs = identity(3);
    const auto anothers = identity(4);
    EXPECT_TRUE(again_.is_meant(one, SessionId{30}, &bobs));
    EXPECT_FALSE(again_.is_meant(one, SessionId{30}, &anothers)) << "and so did one bob's";
    EXPECT_FALSE(again_.is_meant(one, SessionId{30}, nullptr));
    EXPECT_TRUE(again_.is_meant(two, SessionId{30}, &anothers));
    EXPECT_TRUE(again_.is_meant(one, SessionId{31}, nullptr)) << "not named: here by a room";
}

TEST_F(WhisperSetsTest, RoomsThatAreGoneAreTold) {
    sets_.accepted({.stream = one, .sessions = {}, .channels = {games, red}});
    sets_.accepted({.stream = two, .sessions = {}, .channels = {red}});
    after_.fold(wire::ChannelsChanged{{}, {ChannelId{40}}});
    EXPECT_EQ(again_.take_up(wishes(sets_, before_), after_),
              (std::vector<std::string>{"Games/Red team", "Games/Red team"}));
    EXPECT_EQ(due_after(), (std::vector<wire::SetWhisper>{
                               {.stream = one, .sessions = {}, .channels = {ChannelId{30}}}}));
    EXPECT_FALSE(again_.has(two));
}

TEST_F(WhisperSetsTest, WhoeverHasGoneIsNotSoughtAgain) {
    sets_.accepted({.stream = one, .sessions = {SessionId{2}}, .channels = {}});
    sets_.session_gone(SessionId{2});
    EXPECT_TRUE(sets_.has(one));
    EXPECT_TRUE(wishes(sets_, before_).empty());
}

TEST_F(WhisperSetsTest, WhoeverIsStillMissingIsSoughtOnTheNextSeat) {
    sets_.accepted({.stream = one, .sessions = {SessionId{3}}, .channels = {}});
    again_.take_up(wishes(sets_, before_), after_);
    const auto next = wishes(again_, after_);
    ASSERT_EQ(next.size(), 1U);
    EXPECT_EQ(next[0].people.at(0).name, "bob");
    EXPECT_EQ(next[0].people.at(0).identity, to_bytes(identity(3)));
}

TEST_F(WhisperSetsTest, AnotherSetTakesThePlaceOfWhatWasSought) {
    sets_.accepted({.stream = one, .sessions = {SessionId{3}}, .channels = {}});
    again_.take_up(wishes(sets_, before_), after_);
    again_.accepted({.stream = one, .sessions = {}, .channels = {ChannelId{30}}});
    after_.fold(wire::PresencePage{{presence(30, "bob")}});
    EXPECT_TRUE(due_after().empty());
    again_.accepted({.stream = one, .sessions = {}, .channels = {}});
    EXPECT_FALSE(again_.has(one));
}

TEST_F(WhisperSetsTest, TheServersMemoryIsRenewedWithoutThoseWhoHaveGone) {
    sets_.accepted(
        {.stream = one, .sessions = {SessionId{2}, SessionId{3}}, .channels = {games, red}});
    before_.fold(wire::PresenceChanged{{}, {SessionId{2}}});
    before_.fold(wire::ChannelsChanged{{}, {red}});
    sets_.ask_again();
    EXPECT_EQ(sets_.take_due(before_),
              (std::vector<wire::SetWhisper>{
                  {.stream = one, .sessions = {SessionId{3}}, .channels = {games}}}));
    sets_.ask_again(two);
    EXPECT_FALSE(sets_.is_due());
}

}  // namespace
}  // namespace partyline::client
