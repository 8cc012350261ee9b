// Many key exchanges against one server that delays every message by its own time: people come,
// go and move by seed, and in the end the keys must be where they belong and nowhere else.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <vector>

#include "base/random.hpp"
#include "client/key_exchange.hpp"
#include "client/key_test_support.hpp"

namespace partyline::client {
namespace {

using namespace std::chrono_literals;

constexpr std::array rooms{ChannelId{1}, ChannelId{2}};

/// Things that happen later, in order of time and then of asking.
class Agenda {
public:
    void at(TimePoint time, std::function<void()> work) {
        items_.emplace(std::pair(time, next_++), std::move(work));
    }
    void run_until(TimePoint end, ManualClock& clock) {
        while (!items_.empty() && items_.begin()->first.first <= end) {
            auto item = items_.extract(items_.begin());
            clock.set(std::max(clock.now(), item.key().first));
            item.mapped()();
        }
        clock.set(end);
    }

private:
    std::map<std::pair<TimePoint, std::uint64_t>, std::function<void()>> items_;
    std::uint64_t next_ = 0;
};

/// A frame that was said: where, when, and under which key.
struct Frame {
    TimePoint at;
    SessionId speaker{};
    ChannelId room{};
    std::uint64_t kid = 0;
};

/// Somebody was in a room, as the server sees it.
struct Stay {
    ChannelId room{};
    TimePoint from;
    TimePoint to = TimePoint::max();
};

struct Client {
    Client(std::uint32_t number, const Clock& clock)
        : peer(number), keys(peer.device(), clock, 400) {}

    test::Peer peer;
    KeyExchange keys;
    Duration delay{};  // one way
    // Messages of one connection never overtake each other.
    TimePoint up_free{};
    TimePoint down_free{};

    ChannelId room{};         // as the client knows
    ChannelId server_room{};  // as the server does
    std::vector<Stay> stays;  // as the server does
    std::uint64_t kid_in_use = 0;
    std::uint32_t newest_generation_shared = 0;
    /// Every key that ever reached this client: what it could open, if it had kept all.
    std::map<SessionId, std::vector<crypto::SenderKeyMaterial>> received;
    std::map<SessionId, std::uint64_t> newest_received;
    std::optional<TimePoint> tick_at;
};

class World {
public:
    World(std::uint64_t seed, std::uint32_t clients) : random_(seed) {
        for (std::uint32_t i = 1; i <= clients; ++i) {
            clients_.push_back(std::make_unique<Client>(i, clock_));
            clients_.back()->delay = 1ms + random_.below(120) * 1ms;
        }
    }

    void storm(Duration duration, Duration mean_pause) {
        const auto end = clock_.now() + duration;
        while (clock_.now() < end) {
            act();
            const auto pause =
                std::chrono::duration_cast<Duration>(mean_pause * (2 * random_.uniform()));
            run(pause);
        }
    }

    /// Every 20 ms everybody who is in a room says something.
    void run(Duration duration) {
        const auto end = clock_.now() + duration;
        while (next_frame_ <= end) {
            agenda_.run_until(next_frame_, clock_);
            say_frames();
            next_frame_ += 20ms;
        }
        agenda_.run_until(end, clock_);
    }

    void check_everybody_present_opens_everybody() const {
        for (const auto& speaker : clients_) {
            for (const auto& listener : clients_) {
                if (speaker == listener || !listener->server_room ||
                    speaker->server_room != listener->server_room) {
                    continue;
                }
                EXPECT_TRUE(could_open(*listener, speaker->peer.session, speaker->kid_in_use))
                    << listener->peer.session.value << " cannot open "
                    << speaker->peer.session.value;
            }
        }
    }

    void check_nobody_opens_what_was_not_for_them() const {
        for (const auto& frame : frames_) {
            for (const auto& listener : clients_) {
                if (listener->peer.session == frame.speaker || may_open(*listener, frame)) {
                    continue;
                }
                ASSERT_FALSE(could_open(*listener, frame.speaker, frame.kid))
                    << listener->peer.session.value << " can open what " << frame.speaker.value
                    << " said in room " << frame.room.value;
            }
        }
    }

    [[nodiscard]] std::size_t frames() const { return frames_.size(); }

private:
    // --- the server --------------------------------------------------------------------------

    void act() {
        auto& client = *clients_[random_.below(clients_.size())];
        const auto choice = random_.below(10);
        if (choice < 2) {
            ask(client, [this, &client] { leave(client); });
        } else {
            const auto room = rooms[random_.below(rooms.size())];
            ask(client, [this, &client, room] { join(client, room); });
        }
    }

    void ask(Client& client, std::function<void()> work) {
        client.up_free = std::max(client.up_free, clock_.now() + client.delay);
        agenda_.at(client.up_free, std::move(work));
    }
    void tell(Client& client, std::function<void()> work) {
        client.down_free = std::max(client.down_free, clock_.now() + client.delay);
        agenda_.at(client.down_free, [this, &client, work = std::move(work)] {
            work();
            pump(client);
        });
    }
    template <class Tell>
    void tell_members(ChannelId room, const Client* but, Tell&& work) {
        for (const auto& member : clients_) {
            if (member.get() != but && member->server_room == room) {
                tell(*member, [work, m = member.get()] { work(*m); });
            }
        }
    }

    void exit(Client& client) {
        const auto room = std::exchange(client.server_room, {});
        if (!room) {
            return;
        }
        client.stays.back().to = clock_.now();
        const wire::MemberLeft left{.channel = room,
                                    .channel_epoch = ChannelEpoch{++epochs_[room]},
                                    .session = client.peer.session};
        tell_members(room, nullptr, [left](Client& m) { m.keys.member_left(left); });
    }

    void leave(Client& client) {
        exit(client);
        tell(client, [&client] {
            client.room = {};
            client.keys.left_room();
        });
    }

    void join(Client& client, ChannelId room) {
        if (client.server_room == room) {
            return;
        }
        exit(client);
        client.server_room = room;
        client.stays.push_back({.room = room, .from = clock_.now()});
        const ChannelEpoch epoch{++epochs_[room]};
        wire::MemberKeys keys{
            .channel = room, .channel_epoch = epoch, .members = {}, .more = false};
        for (const auto& member : clients_) {
            if (member->server_room == room && member.get() != &client) {
                keys.members.push_back(member->peer.member(clock_.unix_ms()));
            }
        }
        const wire::Joined joined{.channel = room,
                                  .channel_epoch = epoch,
                                  .route = Route{1},
                                  .frame_ms = 10,
                                  .members = static_cast<std::uint32_t>(keys.members.size() + 1)};
        tell(client, [&client, joined, keys] {
            client.room = joined.channel;
            client.keys.joined(joined);
            client.keys.member_keys(keys);
        });
        const wire::MemberJoined news{.channel = room,
                                      .channel_epoch = epoch,
                                      .member = client.peer.member(clock_.unix_ms())};
        tell_members(room, &client, [news](Client& m) { m.keys.member_joined(news); });
    }

    void hand_on(Client& from, const wire::ShareKeys& shares, std::uint64_t ticket) {
        std::optional<Error> error;
        if (from.server_room != shares.channel ||
            shares.generation < from.newest_generation_shared) {
            error = Error{.code = ErrorCode::bad_key_share};
        } else if (random_.chance(0.02)) {
            error = Error{.code = ErrorCode::rate_limited, .message = "", .retry_ms = 50};
        } else {
            from.newest_generation_shared = shares.generation;
            for (const auto& share : shares.shares) {
                auto& to = *clients_.at(share.to.value - 1);
                if (to.server_room != shares.channel) {
                    continue;
                }
                const wire::KeyShare message{.from = from.peer.session,
                                             .channel = shares.channel,
                                             .channel_epoch = shares.channel_epoch,
                                             .stream = shares.stream,
                                             .generation = shares.generation,
                                             .step = shares.step,
                                             .sealed = share.sealed};
                tell(to, [&to, message] { to.keys.key_share(message); });
            }
        }
        tell(from, [&from, ticket, error] { from.keys.answered(ticket, error); });
    }

    // --- a client ----------------------------------------------------------------------------

    void pump(Client& client) {
        for (auto& output : client.keys.take_outputs()) {
            std::visit([&](auto& one) { take(client, one); }, output);
        }
        const auto next = client.keys.next_tick();
        if (next && (!client.tick_at || *next < *client.tick_at)) {
            client.tick_at = std::max(*next, clock_.now() + 100us);
            agenda_.at(*client.tick_at, [this, &client] {
                client.tick_at.reset();
                client.keys.tick();
                pump(client);
            });
        }
    }
    void take(Client& client, UseSenderKey& use) {
        const auto kid = crypto::make_kid(use.key.generation, use.key.step);
        EXPECT_GT(kid, client.kid_in_use) << "a key is used again";
        client.kid_in_use = kid;
    }
    void take(Client& client, UseSpeakerKey& use) {
        const auto speaker = use.key.speaker;
        const auto kid = crypto::make_kid(use.key.material.generation, use.key.material.step);
        client.newest_received[speaker] = std::max(client.newest_received[speaker], kid);
        client.received[speaker].push_back(std::move(use.key.material));
    }
    void take(Client& client, ToServer& output) {
        if (const auto* shares = std::get_if<wire::ShareKeys>(&output.body)) {
            ask(client, [this, &client, message = *shares, ticket = output.ticket] {
                hand_on(client, message, ticket);
            });
        }
    }
    template <class Other>
    void take(Client&, Other&) {}

    void say_frames() {
        for (const auto& client : clients_) {
            if (client->room && client->room == client->server_room) {
                frames_.push_back({.at = clock_.now(),
                                   .speaker = client->peer.session,
                                   .room = client->room,
                                   .kid = client->kid_in_use});
            }
        }
    }

    // --- what may be and what is -------------------------------------------------------------

    /// Whether what was shared with the listener gives the key of this KID.
    static bool could_open(const Client& listener, SessionId speaker, std::uint64_t kid) {
        const auto keys = listener.received.find(speaker);
        return keys != listener.received.end() &&
               std::ranges::any_of(keys->second, [kid](const auto& material) {
                   return material.generation == crypto::generation_of(kid) &&
                          material.step <= crypto::step_of(kid);
               });
    }

    /// In the room when it was said, or gone for so short a time that the speaker could not know,
    /// or had to wait for its next rotation.
    bool may_open(const Client& listener, const Frame& frame) const {
        const auto& speaker = *clients_.at(frame.speaker.value - 1);
        const Duration grace = speaker.delay * 3 + rotation_interval_min + rotation_confirm_max +
                               share_retry_after + 100ms;
        return std::ranges::any_of(listener.stays, [&](const Stay& stay) {
            const auto to = stay.to == TimePoint::max() ? stay.to : stay.to + grace;
            return stay.room == frame.room && frame.at >= stay.from && frame.at <= to;
        });
    }

    ManualClock clock_;
    Random random_;
    Agenda agenda_;
    std::vector<std::unique_ptr<Client>> clients_;
    std::map<ChannelId, std::uint32_t> epochs_;
    std::vector<Frame> frames_;
    TimePoint next_frame_ = clock_.now();
};

class KeyStorm : public testing::TestWithParam<std::uint64_t> {};

TEST_P(KeyStorm, KeysAreWhereTheyBelongAndNowhereElse) {
    const auto seed = GetParam();
    World world(seed, 3 + static_cast<std::uint32_t>(seed % 6));
    for (int i = 0; i < 4; ++i) {
        // From frantic to leisurely.
        world.storm(3s, i % 2 == 0 ? 15ms : 400ms);
        world.run(5s);
        world.check_everybody_present_opens_everybody();
    }
    world.check_nobody_opens_what_was_not_for_them();
    EXPECT_GT(world.frames(), 500U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, KeyStorm, testing::Range<std::uint64_t>(1, 21));

}  // namespace
}  // namespace partyline::client
