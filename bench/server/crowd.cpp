#include "bench/server/crowd.hpp"

#include <algorithm>
#include <format>
#include <utility>
#include <variant>

namespace partyline::bench {
namespace {

// Often enough that nobody is taken for dead, neither here nor there.
constexpr Duration ping_interval = std::chrono::seconds(8);

}  // namespace

struct Crowd::Member {
    explicit Member(net::Loop& loop) : caller(loop), accepted(loop) {}

    control::Caller caller;
    ChannelId room{};
    net::Event accepted;  // what was said last
    bool writing = false;
    std::uint64_t texts = 0;
};

Crowd::Crowd(net::Loop& loop, std::uint16_t port)
    : loop_(loop), port_(port), all_finished_(loop), ping_timer_(loop) {
    loop_.spawn(ping());
}

Crowd::~Crowd() = default;

void Crowd::finished() {
    if (--running_ == 0) {
        all_finished_.set();
    }
}

net::task<> Crowd::grow(std::size_t size, std::size_t at_a_time) {
    running_ = at_a_time;
    for (std::size_t i = 0; i < at_a_time; ++i) {
        loop_.spawn(bring_in(size));
    }
    co_await all_finished_.wait();
}

net::task<> Crowd::bring_in(std::size_t size) {
    while (begun_ < size) {
        const auto number = begun_++;
        auto member = std::make_unique<Member>(loop_);
        co_await come_in(*member, number);
        auto& in = *members_.emplace_back(std::move(member));
        loop_.spawn(read(in));
    }
    finished();
}

net::task<> Crowd::come_in(Member& member, std::size_t number) {
    const auto hello = co_await member.caller.connect(port_);
    const auto login = member.caller.make_login({.name = std::format("member {}", number)}, hello);
    co_await member.caller.send(login);
    std::vector<ChannelId> rooms;
    for (;;) {
        const auto message = co_await member.caller.next();
        if (const auto* page = std::get_if<wire::ChannelPage>(&message.body)) {
            for (const auto& channel : page->channels) {
                rooms.push_back(channel.id);
            }
        } else if (std::holds_alternative<wire::SnapshotEnd>(message.body)) {
            break;
        } else if (const auto* refusal = std::get_if<wire::Refusal>(&message.body)) {
            throw control::Unexpected(refusal->error.message);
        }
    }
    rooms_ = std::move(rooms);
    member.room = rooms_[number % rooms_.size()];
    co_await member.caller.ask<wire::Joined>(wire::Join{member.room});
}

net::task<> Crowd::read(Member& member) {
    while (true) {
        const auto message = co_await next(member);
        if (!message) {
            break;
        }
        take(member, message->body);
    }
    finished();
}

net::task<std::optional<wire::ServerMessage>> Crowd::next(Member& member) {
    try {
        co_return co_await member.caller.next();
    } catch (const control::Unexpected&) {
        if (!disbanding_) {
            throw;
        }
        co_return std::nullopt;
    }
}

void Crowd::take(Member& member, const wire::ServerBody& body) {
    if (std::holds_alternative<wire::TextAccepted>(body)) {
        member.accepted.set();
    } else if (std::holds_alternative<wire::Text>(body)) {
        ++texts_heard_;
    } else if (const auto* refusal = std::get_if<wire::Refusal>(&body)) {
        throw control::Unexpected(refusal->error.message);
    }
}

net::task<> Crowd::chat(std::size_t texts_each) {
    running_ = members_.size();
    for (auto& member : members_) {
        loop_.spawn(talk(*member, texts_each));
    }
    co_await all_finished_.wait();
}

net::task<> Crowd::talk(Member& member, std::size_t texts) {
    for (std::size_t i = 0; i < texts; ++i) {
        co_await say(member);
    }
    finished();
}

net::task<> Crowd::say(Member& member) {
    // One writer at a time: a ping may be on its way.
    while (std::exchange(member.writing, true)) {
        net::Timer soon(loop_);
        co_await soon.wait(std::chrono::milliseconds(1));
    }
    const auto number = ++member.texts;
    co_await member.caller.send(
        wire::SendText{.channel = member.room,
                       .text = std::format("Text {}, as long as people say", number),
                       .nonce = number});
    member.writing = false;
    co_await member.accepted.wait();
}

net::task<std::vector<Duration>> Crowd::chat_steadily(double texts_per_s, Duration duration) {
    running_ = members_.size();
    waits_.clear();
    const auto gap =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1.0 / texts_per_s));
    auto first = clock_.now();
    const auto end = first + duration;
    for (auto& member : members_) {
        loop_.spawn(talk_steadily(*member, first, gap * static_cast<int>(members_.size()), end));
        first += gap;
    }
    co_await all_finished_.wait();
    std::ranges::sort(waits_);
    co_return std::move(waits_);
}

net::task<> Crowd::talk_steadily(Member& member, TimePoint first, Duration interval,
                                 TimePoint end) {
    net::Timer timer(loop_);
    for (auto due = first; due < end; due += interval) {
        co_await timer.wait(due - clock_.now());
        co_await say(member);
        waits_.push_back(clock_.now() - due);
    }
    finished();
}

net::task<> Crowd::rest(Duration duration) {
    net::Timer timer(loop_);
    co_await timer.wait(duration);
}

net::task<> Crowd::ping() {
    while (!disbanding_) {
        if (!co_await ping_timer_.wait(ping_interval)) {
            break;
        }
        for (std::size_t i = 0; i < members_.size() && !disbanding_; ++i) {
            auto& member = *members_[i];
            if (!std::exchange(member.writing, true)) {
                co_await member.caller.send(wire::ControlPing{});
                member.writing = false;
            }
        }
    }
    finished();
}

net::task<> Crowd::disband() {
    disbanding_ = true;
    running_ = members_.size() + 1;
    ping_timer_.cancel();
    for (auto& member : members_) {
        member->caller.close();
    }
    co_await all_finished_.wait();
}

}  // namespace partyline::bench
