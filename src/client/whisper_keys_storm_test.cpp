// The keys of a set of whispers, whoever comes and goes and whatever answers are late.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "client/key_test_support.hpp"
#include "client/limits.hpp"
#include "client/whisper_keys.hpp"

namespace partyline::client {
namespace {

using namespace std::chrono_literals;
using test::Peer;

constexpr StreamId one{1};

/// One set to which people come and go, whose answers are late or never come, by seed; and what must
/// hold whatever happens.
class Storm {
public:
    Storm(std::uint64_t seed, const OwnDevice& own, DeviceBook& book, ManualClock& clock,
          std::deque<Peer>& peers)
        : random_(seed),
          clock_(clock),
          peers_(peers),
          keys_(
              {.own = own,
               .book = book,
               .clock = clock,
               .shares_per_message = 400,
               .shown = [this](StreamId, SessionId session) { return shown_.contains(session); }}) {
        keys_.members({.stream = one, .epoch = ChannelEpoch{++epoch_}, .members = {}});
    }

    void step() {
        auto& peer = peers_.at(random_.below(peers_.size()));
        switch (random_.below(5)) {
            case 0: come(peer); break;
            case 1: go(peer); break;
            case 2: shown_.insert(peer.session); break;
            case 3: shown_.erase(random_.chance(0.3) ? peer.session : SessionId{}); break;
            default: answer();
        }
        keys_.tick();
        take();
        run(std::chrono::milliseconds(random_.below(300)));
    }
    /// One more rotation, and its half second.
    void settle() { run(4s); }

    void check() {
        std::set<SessionId> audience;
        std::ranges::set_intersection(inside_, shown_, std::inserter(audience, audience.end()));
        EXPECT_EQ(keys_.is_heard(one), !audience.empty());
        if (!audience.empty()) {
            EXPECT_EQ(given_[in_use_], audience);
        }
    }

private:
    void come(const Peer& peer) {
        inside_.insert(peer.session);
        keys_.changed({.stream = one,
                       .epoch = ChannelEpoch{++epoch_},
                       .joined = {peer.member(clock_.unix_ms())},
                       .left = {}});
    }
    void go(const Peer& peer) {
        inside_.erase(peer.session);
        keys_.changed(
            {.stream = one, .epoch = ChannelEpoch{++epoch_}, .joined = {}, .left = {peer.session}});
    }
    void answer() {
        for (const auto ticket : std::exchange(unanswered_, {})) {
            if (random_.chance(0.8)) {
                keys_.answered(ticket, std::nullopt);
            }
        }
    }
    void run(Duration duration) {
        const auto end = clock_.now() + duration;
        while (keys_.next_tick() && *keys_.next_tick() <= end) {
            clock_.set(std::max(*keys_.next_tick(), clock_.now() + 1us));
            keys_.tick();
            take();
        }
        clock_.set(end);
    }
    void take() {
        for (auto& output : keys_.take_outputs()) {
            if (const auto* use = std::get_if<UseSenderKey>(&output)) {
                EXPECT_GT(use->key.generation, in_use_);
                in_use_ = use->key.generation;
            } else if (const auto* to = std::get_if<ToServer>(&output)) {
                unanswered_.push_back(to->ticket);
                note(std::get<wire::ShareKeys>(to->body));
            }
        }
    }
    void note(const wire::ShareKeys& shares) {
        EXPECT_GE(shares.generation, newest_);
        if (shares.generation > newest_) {
            EXPECT_TRUE(!rotated_at_ || clock_.now() - *rotated_at_ >= rotation_interval_min);
            rotated_at_ = clock_.now();
            newest_ = shares.generation;
        }
        for (const auto& share : shares.shares) {
            EXPECT_TRUE(inside_.contains(share.to) && shown_.contains(share.to));
            EXPECT_TRUE(shares.generation > in_use_ || given_[shares.generation].contains(share.to))
                << "somebody was given a key to what was said before they came";
            given_[shares.generation].insert(share.to);
        }
    }

    Random random_;
    ManualClock& clock_;
    std::deque<Peer>& peers_;
    std::set<SessionId> shown_;
    std::set<SessionId> inside_;
    std::map<std::uint32_t, std::set<SessionId>> given_;  // by generation: to whom
    std::uint32_t newest_ = 0;
    std::uint32_t in_use_ = 0;
    std::optional<TimePoint> rotated_at_;
    std::vector<std::uint64_t> unanswered_;
    std::uint32_t epoch_ = 0;
    WhisperKeys keys_;
};

TEST(WhisperKeysStorm, OverManySeedsTheKeysAreWhereTheyBelong) {
    ManualClock clock;
    const Peer self(1);
    const auto own = self.device();
    DeviceBook book(own, clock);
    std::deque<Peer> peers;
    for (std::uint32_t session = 2; session < 10; ++session) {
        peers.emplace_back(session);
    }
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        SCOPED_TRACE(seed);
        Storm storm(seed, own, book, clock, peers);
        for (int i = 0; i < 300; ++i) {
            storm.step();
        }
        storm.settle();
        storm.check();
    }
}

}  // namespace
}  // namespace partyline::client
