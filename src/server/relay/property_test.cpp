// Whatever happens, in whatever order: exactly those hear a frame who should.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/random.hpp"
#include "server/relay/hand_talkie.hpp"

namespace partyline::relay {
namespace {

constexpr std::uint32_t talkies = 12;
constexpr std::uint32_t rooms = 3;
constexpr int steps = 4000;

// What the test believes, kept apart from the relay.
struct Belief {
    ChannelId channel{};
    VoiceFlags flags;
    bool open = true;
    bool tunnel = false;
    std::map<std::uint8_t, std::set<std::uint32_t>> whispers;  // the sessions, by stream
};

class World {
public:
    explicit World(std::uint64_t seed) : random_(seed) {
        for (std::uint32_t i = 0; i < talkies; ++i) {
            people_.push_back(scene_.seat(i + 1, room()));
            beliefs_.push_back({.channel = ChannelId{last_room_}});
        }
    }

    void step() {
        scene_.clock.advance(std::chrono::milliseconds(random_.below(20)));
        const auto who = random_.below(talkies);
        if (!beliefs_[who].open) {
            reopen(who);
            return;
        }
        keep_alive(who);
        switch (random_.below(15)) {
            case 6: return set_whisper(who);
            case 7:
            case 8: return whisper(who);
            case 0: return move(who);
            case 1: return change_flags(who);
            case 2: return close(who);
            case 3: return roam(who);
            case 4: return change_lane(who);
            case 5: return attack(who);
            default: return speak(who);
        }
    }

    [[nodiscard]] std::size_t free_slots() const { return scene_.relay.free_slots(); }

private:
    ChannelId room() {
        last_room_ = static_cast<std::uint32_t>(random_.below(rooms)) + 1;
        return ChannelId{last_room_};
    }

    void move(std::size_t who) {
        old_routes_.push_back(people_[who]);
        beliefs_[who].channel = random_.chance(0.2) ? ChannelId{} : room();
        people_[who].route = scene_.relay.move(people_[who].seat, beliefs_[who].channel);
    }

    void change_flags(std::size_t who) {
        beliefs_[who].flags = {.muted = random_.chance(0.3), .deafened = random_.chance(0.3)};
        scene_.relay.set_flags(people_[who].seat, beliefs_[who].flags);
    }

    void close(std::size_t who) {
        scene_.relay.close_seat(people_[who].seat);
        beliefs_[who].open = false;
        scene_.arrive(people_[who], people_[who].voice("closed"));
        EXPECT_EQ(scene_.sent.size(), 0U);
    }

    // As control does, it may name people who are just closing.
    void set_whisper(std::size_t who) {
        const auto stream = a_stream();
        auto& told = beliefs_[who].whispers[stream] = {};
        std::vector<SeatPtr> listeners;
        for (std::size_t i = 0; i < talkies; ++i) {
            if (i != who && random_.chance(0.2)) {
                told.insert(people_[i].session.value);
                listeners.push_back(people_[i].seat);
            }
        }
        scene_.relay.set_whisper(people_[who].seat, StreamId{stream}, std::move(listeners));
    }

    void whisper(std::size_t who) {
        auto& talkie = people_[who];
        const auto stream = a_stream();
        const auto old = std::ranges::find(old_routes_, talkie.session, &HandTalkie::session);
        if (random_.chance(0.2) && old != old_routes_.end()) {
            // However old the route, nobody hears it who is not in the set as it is now.
            const auto& told = beliefs_[who].whispers[stream];
            old->address = talkie.address;
            scene_.relay.deliver(old->voice("w", static_cast<std::uint8_t>(stream << 4U)),
                                 talkie.address);
            for (const auto session : hearers("w")) {
                EXPECT_TRUE(told.contains(session));
            }
            return;
        }
        scene_.relay.deliver(talkie.voice("w", static_cast<std::uint8_t>(stream << 4U)),
                             talkie.address);
        EXPECT_EQ(hearers("w"), expected_whisper_hearers(who, stream));
    }

    std::uint8_t a_stream() { return static_cast<std::uint8_t>(1 + random_.below(2)); }

    std::multiset<std::uint32_t> expected_whisper_hearers(std::size_t speaker,
                                                          std::uint8_t stream) {
        std::multiset<std::uint32_t> expected;
        auto& said = beliefs_[speaker];
        for (std::size_t i = 0; i < talkies; ++i) {
            const auto session = people_[i].session.value;
            if (!said.flags.muted && said.whispers[stream].contains(session) && hears(i)) {
                expected.insert(session);
            }
        }
        return expected;
    }

    // Session ids are never used twice.
    void reopen(std::size_t who) {
        beliefs_[who] = {.channel = room()};
        std::destroy_at(&people_[who]);
        std::construct_at(&people_[who], ++next_session_);
        scene_.open(people_[who], beliefs_[who].channel);
        scene_.prove(people_[who]);
    }

    void keep_alive(std::size_t who) {
        scene_.arrive(people_[who], people_[who].ping());
        scene_.sent.clear();
    }

    void roam(std::size_t who) {
        const auto before = people_[who].address;
        people_[who].address =
            before.with_port(static_cast<std::uint16_t>(1024 + random_.below(60'000)));
        scene_.prove(people_[who]);
        keep_alive(who);
    }

    void change_lane(std::size_t who) {
        beliefs_[who].tunnel = random_.chance(0.3);
        scene_.relay.set_downlink(people_[who].seat,
                                  beliefs_[who].tunnel ? DownlinkLane::tunnel : DownlinkLane::udp);
    }

    void attack(std::size_t who) {
        auto& talkie = people_[who];
        auto datagram = talkie.voice("attack");
        const auto bit = random_.below(datagram.size() * 8);
        datagram[bit / 8] ^= std::byte{1} << (bit % 8);
        const auto from = random_.chance(0.5) ? talkie.address : stranger_;
        scene_.relay.deliver(datagram, from);
        if (!old_routes_.empty()) {
            speak_as_another(old_routes_[random_.below(old_routes_.size())]);
        }
        scene_.relay.flush();
        EXPECT_EQ(hearers("attack").size(), 0U);
    }

    // Over a route that is, or was, good for its own session only.
    void speak_as_another(HandTalkie& talkie) {
        const auto& other = people_[random_.below(talkies)];
        if (other.session != talkie.session) {
            scene_.relay.deliver(talkie.datagram(wire::DatagramKind::voice, other.record("forged")),
                                 stranger_);
        }
    }

    void speak(std::size_t who) {
        auto& talkie = people_[who];
        const auto datagram = talkie.voice("x");
        const bool by_tunnel = random_.chance(0.2);
        if (by_tunnel) {
            scene_.relay.tunnel_up(talkie.seat, datagram);
        } else {
            scene_.relay.deliver(datagram, random_.chance(0.1) ? stranger_ : talkie.address);
        }
        scene_.relay.deliver(datagram, talkie.address);  // replayed at once
        while (scene_.relay.free_slots() < slots_per_thread) {
            scene_.clock.advance(gather_window_max);
            scene_.relay.flush();
        }
        EXPECT_EQ(hearers("x"), expected_hearers(who));
    }

    std::multiset<std::uint32_t> expected_hearers(std::size_t speaker) const {
        std::multiset<std::uint32_t> expected;
        const auto& said = beliefs_[speaker];
        for (std::size_t i = 0; i < talkies; ++i) {
            if (i != speaker && said.channel && !said.flags.muted &&
                beliefs_[i].channel == said.channel && hears(i)) {
                expected.insert(people_[i].session.value);
            }
        }
        return expected;
    }

    [[nodiscard]] bool hears(std::size_t who) const {
        const auto& belief = beliefs_[who];
        return belief.open && !belief.flags.deafened &&
               (belief.tunnel || people_[who].seat->has_fresh_uplink(scene_.clock.now()));
    }

    // Who was sent voice with this text, by either lane, and nothing else is left over.
    std::multiset<std::uint32_t> hearers(std::string_view text) {
        std::multiset<std::uint32_t> heard;
        const auto hear = [&](std::uint32_t session, ByteView datagram) {
            auto records = wire::DownlinkRecords::parse(datagram);
            while (auto record = records ? records->next() : std::nullopt) {
                EXPECT_EQ(as_text(record->sealed), text);
                heard.insert(session);
            }
        };
        for (const auto& [to, datagram] : std::exchange(scene_.sent, {})) {
            const auto listener = std::ranges::find(people_, to, &HandTalkie::address);
            if (listener != people_.end()) {
                hear(listener->session.value, datagram);
            } else {
                // A stranger's address is asked to prove itself, and gets nothing else.
                EXPECT_EQ(to, stranger_);
                EXPECT_EQ(wire::parse_header(datagram).value().header.kind,
                          wire::DatagramKind::challenge);
            }
        }
        for (const auto& down : scene_.relay.take_tunnel_down(tunnel_down_max)) {
            hear(down.session.value, down.datagram);
        }
        return heard;
    }

    Random random_;
    Scene scene_;
    std::vector<HandTalkie> people_;
    std::vector<Belief> beliefs_;
    std::vector<HandTalkie> old_routes_;
    std::uint32_t last_room_ = 0;
    std::uint32_t next_session_ = talkies;
    const net::Endpoint stranger_ = net::Endpoint::v4({203, 0, 113, 1}, 1);
};

class Property : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Property, ExactlyTheRightOnesHear) {
    World world(GetParam());
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
        SCOPED_TRACE("step " + std::to_string(i));
        world.step();
    }
    EXPECT_EQ(world.free_slots(), slots_per_thread);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Property, testing::Range<std::uint64_t>(1, 21));

}  // namespace
}  // namespace partyline::relay
