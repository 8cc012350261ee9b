// Random commands against the model, and a second, naive model that knows only the events.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <format>
#include <map>
#include <set>
#include <string>

#include "server/room/bans.hpp"
#include "server/room/heard_test_support.hpp"
#include "server/room/house_test_support.hpp"
#include "server/room/model.hpp"

namespace partyline::room {
namespace {

constexpr int seeds = 1000;
constexpr int commands = 200;

/// Whether the model is what its events have told, and what the rules allow.
class Check {
public:
    explicit Check(const House& house) : house_(house) {}

    void all() const {
        check_channels(check_people());
        check_whispers();
    }

private:
    /// How many of them are in a room.
    [[nodiscard]] std::size_t check_people() const {
        std::size_t seats = 0;
        std::set<std::string> names;
        for (const auto& [id, session] : model_.sessions()) {
            const auto& heard = heard_.people.at(id);
            EXPECT_EQ(session.presence, heard);
            EXPECT_EQ(session.presence.session, id);
            EXPECT_EQ(find_ban(model_.directory(), house_.visitor(session.keys.identity), 0),
                      nullptr);
            EXPECT_TRUE(names.insert(session.presence.name).second);
            const auto at = session.presence.channel;
            EXPECT_TRUE(!session.presence.speaking ||
                        (at && !session.presence.self_mute && !session.presence.server_mute));
            EXPECT_TRUE(!at || model_.may(id, at, Permission::enter)) << "where one may not be";
            const auto* silence = model_.directory().silence_of(model_.person(id));
            EXPECT_EQ(session.presence.server_mute,
                      silence != nullptr || (at && !model_.may(id, at, Permission::speak)));
            EXPECT_EQ(session.presence.server_deafen, silence != nullptr && silence->deafen);
            EXPECT_TRUE(!session.presence.self_deafen || session.presence.self_mute);
            seats += session.presence.channel ? 1U : 0U;
        }
        EXPECT_EQ(model_.sessions().size(), heard_.people.size());
        return seats;
    }

    void check_channels(std::size_t seats) const {
        for (const auto& [id, state] : model_.channels()) {
            check_channel(id, state);
            seats -= state.members.size();
            EXPECT_FALSE(state.closed);
            ASSERT_NE(model_.directory().find(id), nullptr);
            EXPECT_EQ(model_.directory().find(id)->channel, state.channel);
        }
        EXPECT_EQ(model_.directory().channels().size(), model_.channels().size());
        EXPECT_EQ(seats, 0U) << "whoever is in a room is in one list, once";
    }
    void check_channel(ChannelId id, const ChannelState& state) const {
        const std::set<SessionId> members(state.members.begin(), state.members.end());
        EXPECT_EQ(members.size(), state.members.size());
        for (const auto member : members) {
            EXPECT_EQ(model_.find(member)->presence.channel, id);
        }
        const auto heard = heard_.members.find(id);
        EXPECT_EQ(members, heard == heard_.members.end() ? std::set<SessionId>{} : heard->second);
        const auto epoch = heard_.epochs.find(id);
        EXPECT_EQ(state.epoch.value, epoch == heard_.epochs.end() ? 0 : epoch->second);
    }

    void check_whispers() const {
        std::map<SessionId, std::set<WhisperKey>> heard;
        for (const auto& [key, set] : model_.whispers().sets()) {
            check_whisper(key, set);
            for (const auto person : set.members) {
                heard[person].insert(key);
            }
        }
        for (const auto& [id, session] : model_.sessions()) {
            EXPECT_EQ(model_.whispers().heard_by(id), heard[id]);
            const auto told = heard_.heard_by.find(id);
            EXPECT_EQ(heard[id],
                      told == heard_.heard_by.end() ? std::set<WhisperKey>{} : told->second);
            EXPECT_LE(heard[id].size(), House::whispers_heard);
        }
    }
    /// As docs/protocol.md has it, one person at a time.
    void check_whisper(const WhisperKey& key, const WhisperSet& set) const {
        ASSERT_NE(model_.find(key.whisperer), nullptr);
        EXPECT_LE(set.members.size(), House::whisper_members);
        for (const auto& [id, session] : model_.sessions()) {
            const auto at = session.presence.channel;
            const bool named = set.named.sessions.contains(id) || set.named.channels.contains(at);
            const bool wanted = named && id != key.whisperer &&
                                model_.may(key.whisperer, at, Permission::whisper) &&
                                (!at || model_.may(key.whisperer, at, Permission::see));
            const bool there_is_room =
                !session.kept_from_whispers && set.members.size() < House::whisper_members &&
                model_.whispers().heard_by(id).size() < House::whispers_heard;
            const bool is_in = set.members.contains(id);
            EXPECT_TRUE(is_in ? wanted : !wanted || !there_is_room)
                << id.value << (is_in ? " is in" : " is not in");
        }
        for (const auto person : set.named.sessions) {
            EXPECT_NE(model_.find(person), nullptr) << "who has gone is named no more";
        }
        for (const auto channel : set.named.channels) {
            EXPECT_NE(model_.find(channel), nullptr) << "nor is a room that has gone";
        }
        EXPECT_EQ(heard_.whispered_to.at(key), set.members);
        EXPECT_EQ(model_.whispers().epoch(key).value, heard_.whisper_epochs.at(key));
    }

    const House& house_;
    const Model& model_ = house_.model();
    const Heard& heard_ = house_.heard();
};

TEST(RoomModelProperty, TheModelIsWhatItsEventsTell) {
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        SCOPED_TRACE(std::format("seed {}", seed));
        House house(seed);
        for (int i = 0; i < commands; ++i) {
            house.step();
            if (i % 20 == 19) {
                Check(house).all();
            }
        }
        if (testing::Test::HasFailure()) {
            break;
        }
    }
}

}  // namespace
}  // namespace partyline::room
