// After a restart of the server everybody is back in their room by themselves, and soon: with the real
// server, and talkies without voice that keep to the talkie's way of coming back.

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <format>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/backoff.hpp"
#include "harness/scratch.hpp"
#include "harness/server.hpp"
#include "net/loop.hpp"
#include "platform/open_files.hpp"
#include "server/control/caller_test_support.hpp"

namespace partyline::integration {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t people = 200;
constexpr std::size_t people_full = 1000;
constexpr std::size_t rooms = 20;
constexpr std::size_t arrivals_at_a_time = 16;
constexpr Duration home_within = 10s;
constexpr Duration settling = 3s;
constexpr Duration patience = 60s;

/// The limits of all addresses together are as they come; but here all come from one.
std::string config() {
    std::string text = R"(
[log]
level = "error"
[limits]
connections_per_address = 4000
unauthenticated = 1000
arrivals_per_second_per_address = 400
arrivals_at_once_per_address = 1000
)";
    for (std::size_t i = 0; i < rooms; ++i) {
        text += std::format("[[room]]\nname = \"Room {}\"\n", i);
    }
    return text;
}

/// One thread, the loop's.
class Crowd {
public:
    Crowd(net::Loop& loop, std::uint16_t port) : loop_(loop), port_(port), changed_(loop) {}

    net::task<> gather(std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) {
            members_.push_back(std::make_unique<Member>(i));
        }
        for (std::size_t i = 0; i < size; ++i) {
            loop_.spawn(live(*members_[i]));
            if (i % arrivals_at_a_time == 0) {
                co_await until_home(i, patience);
            }
        }
        co_await until_home(size, patience);
    }

    /// False if fewer are in their rooms when `limit` has passed.
    net::task<bool> until_home(std::size_t size, Duration limit) {
        const auto end = clock_.now() + limit;
        while (home_ < size && clock_.now() < end) {
            co_await changed_.wait_for(end - clock_.now());
        }
        co_return home_ >= size;
    }

    net::task<> disband() {
        disbanding_ = true;
        for (auto& member : members_) {
            if (member->caller) {
                member->caller->close();
            }
        }
        while (living_ > 0) {
            co_await changed_.wait();
        }
    }

    [[nodiscard]] std::size_t home() const { return home_; }
    [[nodiscard]] TimePoint last_home() const { return last_home_; }

private:
    struct Member {
        explicit Member(std::size_t number_in) : number(number_in), backoff(number_in) {}
        const std::size_t number;
        client::Backoff backoff;
        std::unique_ptr<control::Caller> caller;  // the newest
        bool seated = false;                      // it has been given a seat
    };

    net::task<> live(Member& member) {
        ++living_;
        bool at_once = true;
        while (!disbanding_) {
            if (!std::exchange(at_once, false)) {
                net::Timer timer(loop_);
                co_await timer.wait(member.backoff.next());
            }
            if (!disbanding_ && co_await come_home(member)) {
                member.backoff.reset();
                ++home_;
                last_home_ = clock_.now();
                changed_.set();
                co_await member.caller->last_words();
                --home_;
                at_once = true;
            }
        }
        --living_;
        changed_.set();
    }

    net::task<bool> come_home(Member& member) {
        try {
            co_await log_in(member);
            co_return true;
        } catch (const std::exception&) {
            co_return false;  // nobody is there, or too many have come at once
        }
    }

    net::task<> log_in(Member& member) {
        auto caller = std::make_unique<control::Caller>(loop_);
        const auto hello = co_await caller->connect(port_);
        if (std::exchange(member.seated, false)) {
            const auto asked = co_await caller->send(caller->make_resume(*member.caller));
            while ((co_await caller->next()).reply_to != asked) {
            }
        }
        if (member.caller) {
            caller->be(*member.caller);
        }
        member.caller = std::move(caller);
        auto& mine = *member.caller;
        const auto welcome = co_await mine.ask<wire::Welcome>(
            mine.make_login({.name = std::format("member {}", member.number)}, hello));
        mine.session = welcome.session;
        mine.token = welcome.resume_token;
        std::vector<ChannelId> all;
        for (auto message = co_await mine.next();
             !std::holds_alternative<wire::SnapshotEnd>(message.body);
             message = co_await mine.next()) {
            if (const auto* page = std::get_if<wire::ChannelPage>(&message.body)) {
                for (const auto& channel : page->channels) {
                    all.push_back(channel.id);
                }
            }
        }
        co_await mine.ask<wire::Joined>(wire::Join{all.at(member.number % all.size())});
        member.seated = true;
    }

    net::Loop& loop_;
    const std::uint16_t port_;
    const SystemClock clock_;
    std::vector<std::unique_ptr<Member>> members_;
    std::size_t home_ = 0;
    std::size_t living_ = 0;
    TimePoint last_home_{};
    net::Event changed_;
    bool disbanding_ = false;
};

class Homecoming : public testing::Test {
protected:
    void start(const std::string& listen) {
        server_ = std::make_unique<harness::ServerProcess>(
            scratch_, harness::ServerOptions{.listen = listen, .config = config()});
    }
    /// As a power cut would, and by whatever looks after servers.
    net::task<TimePoint> crash_and_restart() {
        const auto listen = std::format("127.0.0.1:{}", server_->port());
        server_->process().signal(SIGKILL);
        server_->process().wait();
        net::Event ready(loop_);
        // Meanwhile the crowd tries in vain. The server dies with the thread that has started it.
        starter_ = std::jthread([this, listen, &ready](const std::stop_token& stop) {
            start(listen);
            loop_.post([&ready] { ready.set(); });
            std::mutex mutex;
            std::unique_lock lock(mutex);
            std::condition_variable_any over;
            over.wait(lock, stop, [] { return false; });
        });
        co_await ready.wait();
        co_return clock_.now();
    }

    net::task<> scenario(std::size_t size) {
        Crowd crowd(loop_, server_->port());
        co_await crowd.gather(size);
        net::Timer timer(loop_);
        co_await timer.wait(settling);  // the admission of all those is forgotten
        EXPECT_EQ(crowd.home(), size);
        const auto ready = co_await crash_and_restart();
        EXPECT_TRUE(co_await crowd.until_home(size, patience)) << crowd.home() << " are back";
        const auto took = crowd.last_home() - ready;
        std::printf("%zu talkies are back %.2f s after the server\n", size,
                    std::chrono::duration<double>(took).count());
        EXPECT_LE(took, home_within);
        co_await crowd.disband();
    }

    const SystemClock clock_;
    const harness::Scratch scratch_;
    std::unique_ptr<harness::ServerProcess> server_;
    net::Loop loop_;
    std::jthread starter_;
};

TEST_F(Homecoming, AfterARestartAllAreBackWithinTenSeconds) {
    platform::raise_open_files_max();
    start("127.0.0.1:0");
    loop_.run_until_done(scenario(std::getenv("PARTYLINE_FULL") != nullptr ? people_full : people));
}

}  // namespace
}  // namespace partyline::integration
