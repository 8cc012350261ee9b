// Talkies without voice, as cheap as can be: they log in, sit in a room, read, and say something.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "net/loop.hpp"
#include "server/control/caller_test_support.hpp"
#include "wire/control.hpp"

namespace partyline::bench {

/// One thread, the loop's. disband() comes before its end.
class Crowd {
public:
    Crowd(net::Loop& loop, std::uint16_t port);
    ~Crowd();
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    /// Brings the crowd to `size`: TLS, login, the whole snapshot, and a join of each of the rooms in
    /// turn. `at_a_time` are on their way together.
    net::task<> grow(std::size_t size, std::size_t at_a_time);
    /// Everybody says so many texts, each the next when the last was acknowledged, that is, durable.
    net::task<> chat(std::size_t texts_each);
    /// All together say so many texts a second for so long, each at its time, whether or not those before
    /// were quick. How long each took from when it was due until it was acknowledged, in order of length.
    net::task<std::vector<Duration>> chat_steadily(double texts_per_s, Duration duration);
    /// Lets everybody read what comes.
    net::task<> rest(Duration duration);
    /// Everybody goes; nothing runs any more when it returns. Once, at the end.
    net::task<> disband();

    [[nodiscard]] std::size_t size() const { return members_.size(); }
    [[nodiscard]] std::uint64_t texts_heard() const { return texts_heard_; }

private:
    struct Member;

    net::task<> bring_in(std::size_t size);
    net::task<> come_in(Member& member, std::size_t number);
    net::task<> read(Member& member);
    net::task<std::optional<wire::ServerMessage>> next(Member& member);
    void take(Member& member, const wire::ServerBody& body);
    net::task<> talk(Member& member, std::size_t texts);
    net::task<> talk_steadily(Member& member, TimePoint first, Duration interval, TimePoint end);
    net::task<> say(Member& member);
    net::task<> ping();
    void finished();

    net::Loop& loop_;
    const std::uint16_t port_;
    std::vector<std::unique_ptr<Member>> members_;
    std::vector<ChannelId> rooms_;
    std::size_t begun_ = 0;    // members that are in, or on their way
    std::size_t running_ = 0;  // coroutines that finished() counts
    net::Event all_finished_;
    net::Timer ping_timer_;
    bool disbanding_ = false;
    std::uint64_t texts_heard_ = 0;
    std::vector<Duration> waits_;  // of chat_steadily()
    const SystemClock clock_;
};

}  // namespace partyline::bench
