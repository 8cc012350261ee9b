// Random requests of several peers, without sockets. Whatever they ask: each request has exactly one
// answer, no event is missing, everybody's picture becomes the model's as far as they may see it, keys
// stay in their room and their whisper set, and the relay has everybody where the model has them.
// Rooms, roles and what they may do change all the while, and people are moved.
// Connections break at any time and are taken up again, with all that waited in them lost.
#include <gtest/gtest.h>

#include <cstdlib>
#include <format>
#include <map>
#include <set>

#include "base/random.hpp"
#include "crypto/handshake.hpp"
#include "server/control/any_request_test_support.hpp"
#include "server/control/convert.hpp"
#include "server/control/fake_relay.hpp"
#include "server/control/fake_store.hpp"
#include "server/control/line_test_support.hpp"
#include "server/control/switchboard.hpp"

namespace partyline::control {
namespace {

constexpr std::uint64_t seeds = 100;
constexpr std::uint64_t seeds_full = 2000;
constexpr int steps = 300;
constexpr std::size_t lines_max = 8;
constexpr std::uint32_t channels = 4;

Config make_config() {
    Config config;
    for (std::uint32_t id = 1; id <= channels; ++id) {
        config.channels.push_back({.id = ChannelId{id}, .name = std::format("Room {}", id)});
    }
    config.limits.outbox_bytes = 16 * 1024;
    config.limits.rotations = {.per_second = 20, .burst = 5};
    config.limits.resume = std::chrono::seconds(2);
    config.limits.log_bytes = 64 * 1024;
    config.limits.replay_bytes = 32 * 1024;
    config.limits.seats_away = 3;
    return config;
}

/// Has no time for any password: hashing them for real takes too long for so many.
class BusyHashing final : public Hashing {
public:
    Result<void> run(Work, Work) override {
        return fail(ErrorCode::rate_limited, "Too many passwords are being checked.");
    }
};

class Street {
public:
    explicit Street(std::uint64_t seed) : random_(seed) {
        const auto config = make_config();
        EXPECT_TRUE(store_.settle(config.channels));
        store_.remembered.accounts = {
            {.id = AccountId{1}, .name = "Owner", .owner = true},
            {.id = AccountId{2}, .name = "Adam", .roles = {room::admin_role}},
            {.id = AccountId{3}, .name = "Mo", .roles = {room::moderator_role}}};
        store_.remembered.last_account = AccountId{3};
        for (const auto& account : store_.remembered.accounts) {
            store_.remembered.devices.push_back(
                {.identity = people()[account.id.value - 1].public_key(),
                 .account = account.id,
                 .label = {}});
        }
        switchboard_ = Switchboard::create(config, {.clock = clock_,
                                                    .identity = identity(),
                                                    .relay = relay_,
                                                    .store = store_,
                                                    .hashing = hashing_})
                           .value();
    }

    void step() {
        clock_.advance(std::chrono::milliseconds(random_.below(40)));
        const auto what = random_.below(14);
        if (what == 0 && lines_.size() < lines_max) {
            // Some come back while they are still here.
            lines_.push_back(std::make_unique<Line>(*switchboard_, clock_, admission_,
                                                    people()[random_.below(people().size())]));
            if (random_.chance(0.95)) {
                log_in(*lines_.back());
            }
        } else if (what == 1) {
            switchboard_->tick();
        } else if (!lines_.empty()) {
            const auto which = random_.below(lines_.size());
            auto& line = *lines_[which];
            if (what == 2 || line.ended()) {
                lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(which));
            } else if (what == 3) {
                log_in(line);
            } else if (what == 12) {
                line.cut();
            } else if (what == 13) {
                line.resume();
            } else {
                line.ask(requests_.make(switchboard_->model()));
            }
            // Some read late, and a few so late that they are cut.
            if (random_.chance(0.3) && which < lines_.size()) {
                let_the_store_answer();
                lines_[which]->read();
            }
        }
    }

    void check() {
        let_the_store_answer();
        for (const auto& line : lines_) {
            line->read();  // whoever has to find out where it is may move
        }
        clock_.advance(std::chrono::seconds(1));
        let_the_store_answer();
        // Until nobody's time is over any more: that is told a tick later.
        std::size_t before = 0;
        do {
            before = switchboard_->model().sessions().size();
            clock_.advance(std::chrono::milliseconds(100));
            switchboard_->tick();
        } while (switchboard_->model().sessions().size() != before);
        check_seats();
        for (const auto& line : lines_) {
            line->read();
            if (line->ended() || line->away() || !line->peer().session) {
                continue;
            }
            const auto& model = switchboard_->model();
            const auto self = *line->peer().session;
            check_view(*line, self);
            check_whispers(*line, self);
            const auto room = model.find(self)->presence.channel;
            if (room && !line->unsure()) {
                EXPECT_EQ(line->room, room);
                EXPECT_EQ(line->epoch, model.find(room)->epoch);
                const auto& members = model.find(room)->members;
                std::set<SessionId> fellows(members.begin(), members.end());
                fellows.erase(self);
                EXPECT_EQ(line->fellows, fellows);
            }
        }
    }

private:
    /// Each session has one seat, each device at most one session, and voice goes where people are.
    void check_seats() {
        const auto& model = switchboard_->model();
        std::set<crypto::PublicKey> devices;
        for (const auto& [id, session] : model.sessions()) {
            EXPECT_TRUE(devices.insert(session.keys.identity).second);
            const auto& presence = session.presence;
            const auto& seat = *relay_.seats.at(id);
            EXPECT_TRUE(seat.open);
            EXPECT_EQ(seat.channel, presence.channel);
            EXPECT_EQ(seat.flags.muted, presence.self_mute || presence.server_mute);
            EXPECT_EQ(seat.flags.deafened, presence.self_deafen || presence.server_deafen);
            EXPECT_TRUE(!presence.channel || presence.server_mute ||
                        model.may(id, presence.channel, room::Permission::speak))
                << "who may not speak is not heard";
        }
        EXPECT_EQ(std::ranges::count_if(relay_.seats,
                                        [](const auto& entry) { return entry.second->open; }),
                  std::ssize(model.sessions()));
    }

    /// It knows the rooms that it may see and the one it is in, and of nobody where else they are.
    void check_view(const Line& line, SessionId self) {
        const auto& model = switchboard_->model();
        const auto own = model.find(self)->presence.channel;
        std::set<ChannelId> seen;
        for (const auto& [id, record] : model.directory().channels()) {
            if (id != own && !model.may(self, id, room::Permission::see)) {
                EXPECT_FALSE(line.rooms.contains(id));
                continue;
            }
            seen.insert(id);
            const auto known = line.rooms.find(id);
            ASSERT_NE(known, line.rooms.end()) << "room " << id.value;
            EXPECT_EQ(known->second.name, record.channel.name);
            EXPECT_EQ(known->second.seats_max, record.channel.seats_max);
            if (seen_above(self, own, record.channel.parent)) {
                EXPECT_EQ(known->second.parent, record.channel.parent);
            }
        }
        EXPECT_EQ(line.rooms.size(), seen.size()) << "none that is gone";
        std::map<SessionId, wire::Presence> people;
        for (const auto& [id, session] : model.sessions()) {
            people[id] = to_wire(session.presence);
            if (!seen.contains(people[id].channel)) {
                people[id].channel = {};
            }
        }
        EXPECT_EQ(line.people, people);
    }

    [[nodiscard]] bool seen_above(SessionId self, ChannelId own, ChannelId parent) const {
        return !parent || parent == own ||
               switchboard_->model().may(self, parent, room::Permission::see);
    }

    void check_whispers(const Line& line, SessionId self) {
        const auto& whispers = switchboard_->model().whispers();
        EXPECT_EQ(line.whisperers, whispers.heard_by(self));
        for (const auto& [stream, known] : line.sets) {
            const room::WhisperKey key{self, stream};
            const auto* set = whispers.find(key);
            EXPECT_EQ(known.members, set == nullptr ? std::set<SessionId>{} : set->members);
            EXPECT_EQ(known.epoch, whispers.epoch(key));
            EXPECT_EQ(known.members, relay_.seats.at(self)->whispers[stream.value])
                << "who hears it is who is said to";
        }
    }

    static const crypto::Identity& identity() {
        static const auto made = crypto::Identity::generate();
        return made;
    }

    static const std::vector<crypto::Identity>& people() {
        static const auto made = [] {
            std::vector<crypto::Identity> people;
            for (std::size_t i = 0; i < lines_max * 2; ++i) {
                people.push_back(crypto::Identity::generate());
            }
            return people;
        }();
        return made;
    }

    /// What it was asked some steps ago: much may have happened since.
    void let_the_store_answer() { posted_.do_all(); }

    void log_in(Line& line) {
        line.log_in(identity().public_key(), std::format("Talker {}", random_.below(20)));
    }

    Random random_;
    ManualClock clock_;
    FakeRelay relay_;
    Posted posted_;
    FakeStore store_{posted_.poster()};
    BusyHashing hashing_;
    Admission admission_{Limits{.arrivals_per_address = {.per_second = 1e6, .burst = 1e6}}, {}};
    std::unique_ptr<Switchboard> switchboard_;
    std::vector<std::unique_ptr<Line>> lines_;
    AnyRequest requests_{random_, channels};
};

TEST(SwitchboardProperty, WhateverIsAsked) {
    const auto count = std::getenv("PARTYLINE_FULL") != nullptr ? seeds_full : seeds;
    for (std::uint64_t seed = 0; seed < count; ++seed) {
        SCOPED_TRACE(std::format("seed {}", seed));
        Street street(seed);
        for (int i = 0; i < steps; ++i) {
            street.step();
            if (i % 100 == 99) {
                street.check();
            }
        }
        if (testing::Test::HasFailure()) {
            break;
        }
    }
}

}  // namespace
}  // namespace partyline::control
