// After a restart of the server everybody is back in their room by themselves, and soon: with the real
// server, and talkies without voice that keep to the talkie's way of coming back.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <format>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "client/backoff.hpp"
#include "client/handshake.hpp"
#include "crypto/handshake.hpp"
#include "crypto/identity.hpp"
#include "crypto/keys.hpp"
#include "harness/crowd.hpp"
#include "harness/scratch.hpp"
#include "harness/server.hpp"
#include "net/loop.hpp"
#include "net/tls.hpp"
#include "platform/open_files.hpp"
#include "wire/control.hpp"
#include "wire/frame.hpp"
#include "wire/limits.hpp"

namespace partyline::integration {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t people = 200;
constexpr std::size_t people_full = 1000;
constexpr std::size_t rooms = 20;
constexpr std::size_t arrivals_at_a_time = 16;
constexpr Duration home_within = 10s;
constexpr Duration settling = 3s;
constexpr std::size_t read_bytes_max = 1000;
constexpr Duration patience = 60s;

// Into a room with a password an address comes 50 times at once, and then once a second.
constexpr std::size_t people_with_a_password = 64;
constexpr Duration last_in_after = 13s;  // 64 - 50 - 1: it is from the first on that it counts
constexpr auto room_password = "open sesame";

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

    /// Somebody comes as the owner, and gives their room the password. Whoever is in it is not asked.
    net::task<bool> lock_a_room(std::string token) {
        Member owner(members_.size());
        if (!co_await come_home(owner)) {
            co_return false;
        }
        co_await send(owner,
                      wire::ClaimAccount{.name = "Ada", .password = "correct horse", .label = {}});
        if (!co_await get<wire::Account>(owner)) {
            co_return false;
        }
        co_await send(owner, wire::BecomeOwner{std::move(token)});
        if (!co_await get<wire::Ok>(owner)) {
            co_return false;
        }
        wire::EditChannel lock;
        lock.channel = owner.room;
        lock.password = room_password;
        co_await send(owner, std::move(lock));
        const auto locked = co_await get<wire::Ok>(owner);
        password_ = room_password;
        owner.stream->close();
        co_return locked.has_value();
    }

    net::task<> disband() {
        disbanding_ = true;
        for (auto& member : members_) {
            if (member->stream) {
                member->stream->close();
            }
        }
        while (living_ > 0) {
            co_await changed_.wait();
        }
    }

    [[nodiscard]] std::size_t home() const { return home_; }
    [[nodiscard]] TimePoint last_home() const { return last_home_; }
    /// How often somebody was told to try their room once more, and later.
    [[nodiscard]] std::size_t told_to_wait() const { return told_to_wait_; }

private:
    struct Member {
        explicit Member(std::size_t number_in) : number(number_in), backoff(number_in) {}
        const std::size_t number;
        const crypto::Identity identity = crypto::Identity::generate();
        client::Backoff backoff;
        std::unique_ptr<net::TlsStream> stream;  // the newest
        wire::FrameReader frames;
        SessionId session{};  // of the last seat, until it is known to be gone
        Bytes token;
        ChannelId room{};
    };

    net::task<> live(Member& member) {
        ++living_;
        bool at_once = true;
        while (!disbanding_) {
            if (!std::exchange(at_once, false)) {
                net::Timer timer(loop_);
                co_await timer.wait(member.backoff.next());
            }
            // It may not work: nobody is there, or too many have come at once.
            if (!disbanding_ && co_await come_home(member)) {
                member.backoff.reset();
                ++home_;
                last_home_ = clock_.now();
                changed_.set();
                while (co_await member.stream->read_some(buffer_)) {
                }
                --home_;
                at_once = true;
            }
        }
        --living_;
        changed_.set();
    }

    net::task<bool> come_home(Member& member) {
        member.frames = {};
        member.stream = std::make_unique<net::TlsStream>(loop_, context_);
        if (!co_await member.stream->connect("127.0.0.1", port_, patience)) {
            co_return false;
        }
        const auto hello = co_await get<wire::Hello>(member);
        const auto exporter = member.stream->export_value(crypto::exporter_label_login);
        if (!hello || !exporter) {
            co_return false;
        }
        if (member.session) {
            co_await send(member, client::make_resume({.identity = member.identity,
                                                       .exporter = *exporter,
                                                       .session = member.session,
                                                       .token = member.token}));
            if (!co_await get<wire::Refusal>(member)) {
                co_return false;
            }
            member.session = {};
        }
        co_return co_await log_in(member, *hello, *exporter) && co_await join(member);
    }

    net::task<bool> log_in(Member& member, wire::Hello hello, crypto::ExporterValue exporter) {
        const auto agreement = crypto::AgreementKey::generate();
        crypto::PublicKey server_id{};
        std::ranges::copy(hello.server_identity, server_id.begin());
        co_await send(member, client::make_login({.identity = member.identity,
                                                  .agreement = agreement,
                                                  .server_id = server_id,
                                                  .exporter = exporter,
                                                  .name = std::format("member {}", member.number),
                                                  .now_unix_ms = clock_.unix_ms()}));
        const auto welcome = co_await get<wire::Welcome>(member);
        if (welcome) {
            member.session = welcome->session;
            member.token = welcome->resume_token;
        }
        co_return welcome.has_value();
    }

    net::task<bool> join(Member& member) {
        const auto page = co_await get<wire::ChannelPage>(member);
        if (!page || !co_await get<wire::SnapshotEnd>(member)) {
            co_return false;
        }
        const auto& all = page->channels;
        member.room = all.at(member.number % all.size()).id;
        co_return co_await enter(member);
    }

    /// As a talkie does: while the server says when it will have time, it is asked again.
    net::task<bool> enter(Member& member) {
        client::Backoff backoff(member.number);
        for (;;) {
            co_await send(member, wire::Join{.channel = member.room, .password = password_});
            const auto answer = co_await get_one_of<wire::Joined, wire::Refusal>(member);
            if (!answer) {
                co_return false;
            }
            const auto* refusal = std::get_if<wire::Refusal>(&answer->body);
            if (refusal == nullptr) {
                co_return true;
            }
            EXPECT_EQ(refusal->error.code, ErrorCode::rate_limited) << refusal->error.message;
            ++told_to_wait_;
            net::Timer timer(loop_);
            co_await timer.wait(std::chrono::milliseconds(refusal->error.retry_ms) +
                                backoff.next());
        }
    }

    net::task<> send(Member& member, wire::ClientBody body) {
        Bytes frame;
        wire::append_frame(frame, wire::encode({.request_id = 1, .body = std::move(body)})).value();
        co_await member.stream->write(frame);  // whoever waits for the answer sees if it fails
    }

    /// The next message of this kind, or nothing if the connection ends before. Pages of presence are
    /// passed over unread: it is the server that is tested here, on a machine that all share.
    template <class Body>
    net::task<std::optional<Body>> get(Member& member) {
        auto message = co_await get_one_of<Body>(member);
        if (!message) {
            co_return std::nullopt;
        }
        co_return std::get<Body>(std::move(message->body));
    }

    /// The same, of any of these kinds.
    template <class... Bodies>
    net::task<std::optional<wire::ServerMessage>> get_one_of(Member& member) {
        for (;;) {
            const auto frame = member.frames.next().value();
            if (!frame) {
                const auto got = co_await member.stream->read_some(buffer_);
                if (!got) {
                    co_return std::nullopt;
                }
                member.frames.feed(ByteView(buffer_).first(*got));
            } else if (frame->size() <= read_bytes_max) {
                auto message = wire::decode_server(*frame).value();
                if ((std::holds_alternative<Bodies>(message.body) || ...)) {
                    co_return message;
                }
            }
        }
    }

    net::Loop& loop_;
    const std::uint16_t port_;
    const SystemClock clock_;
    const net::TlsContext context_ = net::TlsContext::client(wire::alpn);
    std::vector<std::unique_ptr<Member>> members_;
    std::array<std::byte, 16 * 1024> buffer_{};
    std::size_t home_ = 0;
    std::size_t living_ = 0;
    TimePoint last_home_{};
    std::size_t told_to_wait_ = 0;
    std::string password_;  // of all rooms; empty: none
    net::Event changed_;
    bool disbanding_ = false;
};

class Homecoming : public testing::Test {
protected:
    void start(const std::string& listen) {
        server_ = std::make_unique<harness::ServerProcess>(
            scratch_,
            harness::ServerOptions{.listen = listen, .config = harness::crowd_config(rooms_)});
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

    net::task<> scenario_with_a_password() {
        Crowd crowd(loop_, server_->port());
        co_await crowd.gather(people_with_a_password);
        EXPECT_EQ(crowd.home(), people_with_a_password);
        const bool locked = co_await crowd.lock_a_room(server_->owner_token());
        EXPECT_TRUE(locked);
        const auto lost = clock_.now();
        const auto ready = co_await crash_and_restart();
        EXPECT_TRUE(co_await crowd.until_home(people_with_a_password, patience))
            << crowd.home() << " are back";
        const auto took = crowd.last_home() - ready;
        std::printf(
            "%zu talkies are back in a room with a password %.2f s after the server (told "
            "to wait %zu times)\n",
            people_with_a_password, std::chrono::duration<double>(took).count(),
            crowd.told_to_wait());
        // However slow the machine is, and whether or not it had to tell anybody to wait.
        EXPECT_GE(crowd.last_home() - lost, last_in_after) << "a password takes its time";
        co_await crowd.disband();
    }

    const SystemClock clock_;
    const harness::Scratch scratch_;
    std::size_t rooms_ = rooms;
    std::unique_ptr<harness::ServerProcess> server_;
    net::Loop loop_;
    std::jthread starter_;
};

TEST_F(Homecoming, AfterARestartAllAreBackWithinTenSeconds) {
    platform::raise_open_files_max();
    start("127.0.0.1:0");
    loop_.run_until_done(scenario(std::getenv("PARTYLINE_FULL") != nullptr ? people_full : people));
}

TEST_F(Homecoming, AllAreBackInARoomWithAPasswordThoughNotAtOnce) {
    platform::raise_open_files_max();
    rooms_ = 1;
    start("127.0.0.1:0");
    loop_.run_until_done(scenario_with_a_password());
}

}  // namespace
}  // namespace partyline::integration
