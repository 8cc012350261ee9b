#include "client/model_view.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "client/model.hpp"
#include "wire/control.hpp"

namespace partyline::client {
namespace {

constexpr SessionId self{1};
constexpr SessionId ann{2};
constexpr SessionId bob{3};
constexpr ChannelId lobby{10};
constexpr ChannelId attic{11};

wire::Presence presence(SessionId session, std::string name, ChannelId channel) {
    return {.session = session, .name = std::move(name), .channel = channel};
}

Model with(std::vector<wire::Presence> people) {
    Model model;
    model.set_self(self);
    model.fold(wire::ChannelPage{
        {{.id = lobby, .name = "Lobby"}, {.id = attic, .parent = lobby, .name = "Attic"}}});
    model.fold(wire::PresencePage{std::move(people)});
    model.set_ready();
    return model;
}

/// What the view says is what the model says.
void expect_same(const ModelView& view, const Model& model) {
    EXPECT_EQ(view.rooms(), model.rooms());
    EXPECT_EQ(view.people(), model.people());
    EXPECT_EQ(view.room().value_or(ChannelId{}), model.own_channel());
}

TEST(ModelView, ItIsEmptyBeforeThereIsAModel) {
    const ModelView view;
    EXPECT_TRUE(view.rooms().empty());
    EXPECT_TRUE(view.people().empty());
    EXPECT_EQ(view.room(), std::nullopt);
    EXPECT_EQ(view.name_of(ann), "");
}

TEST(ModelView, WhoeverHasGoneIsStillCalledAsTheyWere) {
    auto model = with({presence(self, "me", lobby), presence(ann, "ann", lobby)});
    ModelView view;
    view.follow(model);
    EXPECT_EQ(view.name_of(ann), "ann");
    model.fold(wire::PresenceChanged{.sessions = {}, .gone = {ann}});
    EXPECT_EQ(view.people().size(), 2U) << "nothing changes before it is followed";
    view.follow(model);
    expect_same(view, model);
    EXPECT_EQ(view.name_of(ann), "ann");
    EXPECT_EQ(view.name_of(bob), "");
}

TEST(ModelView, AnotherSessionsModelTakesTheFirstOnesPlace) {
    auto before = with({presence(self, "me", lobby), presence(ann, "ann", lobby)});
    ModelView view;
    view.follow(before);
    auto after = with({presence(self, "me", {}), presence(bob, "bob", attic)});
    view.follow(after);
    expect_same(view, after);
    EXPECT_EQ(view.name_of(ann), "ann") << "who is not on the server any more";
}

TEST(ModelView, WhoeverComesAndGoesBetweenTwoLooksWasNeverHere) {
    auto model = with({presence(self, "me", lobby)});
    ModelView view;
    view.follow(model);
    model.fold(wire::PresenceChanged{.sessions = {presence(ann, "ann", lobby)}, .gone = {}});
    model.fold(wire::PresenceChanged{.sessions = {}, .gone = {ann}});
    view.follow(model);
    expect_same(view, model);
    EXPECT_EQ(view.name_of(ann), "");
}

/// Does whatever a server, or the person, may do, and remembers what the model does not show.
class Anything {
public:
    /// Who is in our room, and whether one of them is said to speak.
    struct Room {
        std::vector<SessionId> members;
        bool talking = false;
        bool operator==(const Room&) const = default;
    };

    Room of_room() const {
        Room room;
        for (const auto& person : model.people()) {
            const bool here = model.own_channel() && person.channel == model.own_channel();
            if (here && person.session != self) {
                room.talking = room.talking || said_speaking_.contains(person.session);
                if (!leaving_.contains(person.session)) {
                    room.members.push_back(person.session);
                }
            }
        }
        return room;
    }

    void step() {
        switch (below(10)) {
            case 0: return tell(anybody());
            case 1: return let_go({anybody(), anybody()});
            case 2: model.enter(anywhere()); return;
            case 3: return join(anybody());
            case 4: return leave(anybody());
            case 5: model.set_heard(anybody(), heads()); return;
            case 6: model.set_volume(anybody(), {.gain_db = -static_cast<float>(below(3))}); return;
            case 7: model.hush(); return;
            case 8:
                model.fold(
                    wire::ChannelsChanged{.channels = {{.id = room_id()}}, .gone = {room_id()}});
                return;
            default: return begin_anew();
        }
    }

    std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(random_() % end); }

    Model model = with({presence(self, "me", lobby)});

private:
    bool heads() { return below(2) == 0; }
    SessionId anybody() { return SessionId{1 + below(12)}; }
    ChannelId room_id() { return ChannelId{9 + below(3)}; }
    ChannelId anywhere() { return below(3) == 0 ? ChannelId{} : room_id(); }

    wire::Presence some_presence(SessionId session) {
        auto one = presence(session, heads() ? "" : std::string(1 + below(3), 'x'), anywhere());
        one.speaking = heads();
        one.self_mute = heads();
        leaving_.erase(session);
        said_speaking_.erase(session);
        if (one.speaking) {
            said_speaking_.insert(session);
        }
        return one;
    }
    void tell(SessionId session) {
        model.fold(wire::PresenceChanged{.sessions = {some_presence(session)}, .gone = {}});
    }
    void let_go(std::vector<SessionId> gone) {
        for (const auto session : gone) {
            forget(session);
        }
        model.fold(wire::PresenceChanged{.sessions = {}, .gone = std::move(gone)});
    }
    void join(SessionId session) {
        leaving_.erase(session);
        model.member_joined(session);
    }
    void leave(SessionId session) {
        if (model.shows(session)) {
            leaving_.insert(session);
        }
        model.member_left(session);
    }
    void begin_anew() {
        model.begin_snapshot();
        model.fold(wire::ChannelPage{{{.id = attic, .name = "Attic"}}});
        model.fold(wire::PresencePage{{some_presence(anybody()), some_presence(anybody())}});
        std::vector<SessionId> gone;
        model.end_snapshot(gone);
        for (const auto session : gone) {
            forget(session);
        }
    }
    void forget(SessionId session) {
        leaving_.erase(session);
        said_speaking_.erase(session);
    }

    std::mt19937 random_{7};  // NOLINT(cert-msc51-cpp): the same steps each time
    std::set<SessionId> leaving_;
    std::set<SessionId> said_speaking_;
};

// A step that forgets to note what it changes shows here; so does one that loses somebody of our room.
TEST(ModelView, ItFollowsWhateverHappens) {
    Anything anything;
    ModelView view;
    for (int i = 0; i < 5000 && !testing::Test::HasFailure(); ++i) {
        SCOPED_TRACE(i);
        anything.step();
        if (anything.below(3) == 0) {
            view.follow(anything.model);
            expect_same(view, anything.model);
        }
        const Anything::Room room{.members = anything.model.room_members(),
                                  .talking = anything.model.is_room_said_talking()};
        EXPECT_EQ(room, anything.of_room());
    }
}

}  // namespace
}  // namespace partyline::client
