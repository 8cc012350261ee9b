#include "client/model.hpp"

#include <gtest/gtest.h>

#include <format>
#include <string>

namespace partyline::client {
namespace {

constexpr SessionId self{1};
constexpr SessionId ann{2};
constexpr SessionId bob{3};
constexpr ChannelId lobby{10};
constexpr ChannelId attic{11};

/// Events as one line each, so that a test reads like a story.
struct Tell {
    std::string operator()(const RoomsChanged&) const { return "rooms"; }
    std::string operator()(const PersonChanged& change) const {
        const auto& person = change.person;
        return std::format(
            "{}{} in {}{}{}{}", change.arrived ? "new " : "", person.name, person.channel.value,
            change.moved_from ? std::format(" from {}", change.moved_from->value) : "",
            person.self_mute ? " mute" : "", person.speaking ? " speaking" : "");
    }
    std::string operator()(const PersonLeft& left) const { return left.person.name + " left"; }
    std::string operator()(const SpeakingChanged& change) const {
        return std::format("{} {}", change.session.value, change.speaking ? "speaks" : "pauses");
    }
    std::string operator()(const RecordingSeen& seen) const {
        return seen.person.name + (seen.recording ? " records" : " records no more");
    }
    template <class Other>
    std::string operator()(const Other&) const {
        return "?";
    }
};

std::string told(const Model::Events& events) {
    std::string out;
    for (const auto& event : events) {
        out += (out.empty() ? "" : "; ") + std::visit(Tell{}, event);
    }
    return out;
}

wire::Presence presence(SessionId session, std::string name, ChannelId channel,
                        bool speaking = false) {
    return {.session = session, .name = std::move(name), .channel = channel, .speaking = speaking};
}

class ModelTest : public testing::Test {
protected:
    ModelTest() {
        model_.set_self(self);
        EXPECT_EQ(told(model_.fold(wire::ChannelPage{
                      {{.id = lobby, .parent = {}, .name = "Lobby"},
                       {.id = attic, .parent = lobby, .name = "Attic", .order = 5}}})),
                  "");
        EXPECT_EQ(told(model_.fold(
                      wire::PresencePage{{presence(self, "me", {}), presence(ann, "ann", lobby)}})),
                  "");
        model_.set_ready();
    }

    std::string change(wire::Presence one) {
        return told(model_.fold(wire::PresenceChanged{.sessions = {std::move(one)}, .gone = {}}));
    }

    Model model_;
};

TEST_F(ModelTest, WhoRecordsOurRoomIsToldOf) {
    const auto ann_in = [](ChannelId channel, bool recording) {
        auto one = presence(ann, "ann", channel);
        one.recording = recording;
        return one;
    };
    EXPECT_EQ(change(ann_in(lobby, true)), "ann in 10") << "of another room nobody is warned";
    EXPECT_EQ(told(model_.enter(lobby)), "me in 10 from 0; ann records")
        << "whoever comes late, too";
    EXPECT_TRUE(model_.person(ann)->recording);
    EXPECT_EQ(change(ann_in(lobby, false)), "ann in 10; ann records no more");
    EXPECT_EQ(change(ann_in(lobby, true)), "ann in 10; ann records");
    EXPECT_EQ(change(ann_in(attic, false)), "ann in 11 from 10; ann records no more");
}

TEST_F(ModelTest, TheSnapshotIsThere) {
    ASSERT_EQ(model_.rooms().size(), 2U);
    EXPECT_EQ(model_.rooms()[1],
              (Room{.id = attic, .parent = lobby, .name = "Attic", .topic = "", .order = 5}));
    ASSERT_EQ(model_.people().size(), 2U);
    EXPECT_EQ(model_.people()[1].name, "ann");
    EXPECT_EQ(told(model_.fold(wire::ChannelPage{{{.id = ChannelId{12}, .name = "New"}}})),
              "rooms");
}

TEST_F(ModelTest, PeopleComeMoveChangeAndGo) {
    EXPECT_EQ(change(presence(bob, "bob", {})), "new bob in 0");
    EXPECT_EQ(change(presence(bob, "", lobby)), "bob in 10 from 0");
    EXPECT_EQ(change(presence(bob, "", lobby)), "");
    auto muted = presence(bob, "", lobby);
    muted.self_mute = true;
    EXPECT_EQ(change(muted), "bob in 10 mute");
    EXPECT_EQ(told(model_.fold(wire::PresenceChanged{.sessions = {}, .gone = {bob, bob}})),
              "bob left");
    EXPECT_EQ(model_.people().size(), 2U);
}

TEST_F(ModelTest, ElsewhereSpeakingIsAsTheServerTells) {
    EXPECT_EQ(change(presence(ann, "", lobby, true)), "2 speaks");
    EXPECT_EQ(told(model_.set_heard(ann, false)), "") << "she is not in our room";
    EXPECT_EQ(change(presence(ann, "", lobby, false)), "2 pauses");
}

TEST_F(ModelTest, InOurRoomSpeakingIsAsHeard) {
    EXPECT_EQ(change(presence(ann, "", lobby, true)), "2 speaks");
    EXPECT_EQ(told(model_.enter(lobby)), "me in 10 from 0; 2 pauses");
    EXPECT_EQ(change(presence(ann, "", lobby, true)), "");
    EXPECT_EQ(told(model_.set_heard(ann, true)), "2 speaks");
    EXPECT_EQ(change(presence(ann, "", lobby, false)), "");
    EXPECT_EQ(told(model_.set_heard(self, true)), "1 speaks");
    EXPECT_EQ(told(model_.enter({})), "me in 0 from 10; 1 pauses; 2 pauses");
}

TEST_F(ModelTest, WhoComesInSpeakingIsNotHeardYet) {
    model_.enter(lobby);
    change(presence(bob, "bob", attic, true));
    EXPECT_EQ(change(presence(bob, "", lobby, true)), "bob in 10 from 11; 3 pauses");
}

TEST_F(ModelTest, PresenceOfWhereWeAreFollowsTheAnswer) {
    model_.enter(lobby);
    EXPECT_EQ(change(presence(self, "", lobby)), "");
}

TEST_F(ModelTest, AMemberIsOnTheScreenAtOnce) {
    model_.enter(lobby);
    // Presence of a newcomer is still on its way.
    EXPECT_EQ(told(model_.member_joined(bob)), "session 3 in 10");
    EXPECT_EQ(told(model_.member_joined(bob)), "");
    EXPECT_EQ(model_.room_members(), (std::vector{ann, bob}));
    EXPECT_EQ(change(presence(bob, "bob", lobby)), "new bob in 10");
    EXPECT_EQ(model_.name_of(bob), "bob");
}

TEST_F(ModelTest, AMemberWhoWasElsewhereIsMovedAtOnce) {
    model_.enter(attic);
    EXPECT_EQ(told(model_.member_joined(ann)), "ann in 11 from 10");
    EXPECT_EQ(change(presence(ann, "", attic)), "");
}

TEST_F(ModelTest, WhoLeavesIsNoMemberThoughStillShown) {
    model_.enter(lobby);
    EXPECT_EQ(model_.room_members(), std::vector{ann});
    model_.member_left(ann);
    EXPECT_TRUE(model_.room_members().empty());
    EXPECT_EQ(change(presence(ann, "", attic)), "ann in 11 from 10");
    EXPECT_EQ(change(presence(ann, "", lobby)), "ann in 10 from 11");
    EXPECT_EQ(model_.room_members(), std::vector{ann});
}

TEST(Model, RoomsAreFoundByTheirNames) {
    Model model;
    model.fold(wire::ChannelPage{{{.id = ChannelId{1}, .name = "Games"},
                                  {.id = ChannelId{2}, .parent = ChannelId{1}, .name = "A/B"},
                                  {.id = ChannelId{3}, .name = "A/B"}}});
    const auto path = model.path_of(ChannelId{2});
    EXPECT_EQ(path, (std::vector<std::string>{"Games", "A/B"}));
    EXPECT_EQ(model.room_at(path), ChannelId{2});
    EXPECT_EQ(model.room_at(model.path_of(ChannelId{3})), ChannelId{3});
    EXPECT_TRUE(model.path_of(ChannelId{9}).empty());
    EXPECT_EQ(model.room_at({}), ChannelId{});
    EXPECT_EQ(model.room_at(std::vector<std::string>{"Games", "B"}), ChannelId{});
    model.fold(wire::ChannelPage{{{.id = ChannelId{4}, .name = "Tent", .temporary = true}}});
    EXPECT_EQ(model.lasting(ChannelId{3}), ChannelId{3});
    EXPECT_EQ(model.lasting(ChannelId{4}), ChannelId{}) << "it ends with the server, if not before";
    EXPECT_EQ(model.lasting(ChannelId{9}), ChannelId{});
    // Whatever a server tells.
    model.fold(wire::ChannelPage{{{.id = ChannelId{1}, .parent = ChannelId{2}, .name = "Games"}}});
    EXPECT_LE(model.path_of(ChannelId{2}).size(), 4U) << "as there are rooms";
}

}  // namespace
}  // namespace partyline::client
