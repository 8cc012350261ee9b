// The real server, killed without warning again and again while people write, ban and change roles: all that
// it said yes to is there when it is back, once, and it is back soon.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <expected>
#include <format>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "crypto/identity.hpp"
#include "harness/failure.hpp"
#include "harness/process.hpp"
#include "harness/scratch.hpp"
#include "harness/server.hpp"
#include "net/loop.hpp"
#include "server/control/caller_test_support.hpp"

namespace partyline::integration {
namespace {

using control::Caller;

constexpr int kills = 20;
constexpr int kills_full = 200;
constexpr std::size_t writers = 8;
// From its start to somebody's login, of most lives: a busy machine spoils one or another.
constexpr Duration back_within = std::chrono::seconds(2);
constexpr ChannelId lobby{1};

/// It said neither yes nor no: it was killed meanwhile.
struct Pending {
    std::uint64_t nonce = 0;
    std::string text;
};

struct Writer {
    crypto::Identity identity = crypto::Identity::generate();
    std::uint64_t nonce = 0;
    std::optional<Pending> pending;
};

class Crash : public testing::Test {
protected:
    /// The server comes, and the owner with it.
    net::task<std::unique_ptr<Caller>> begin_life();
    net::task<> become_owner(Caller& ada);
    net::task<> live(int life);
    net::task<> until_killed(net::task<> work);
    net::task<> write(Writer& writer, std::size_t number);
    net::task<> rule(Caller& ada);
    net::task<> check_all(Caller& reader);
    net::task<> check_texts(Caller& reader);
    net::task<> check_bans(Caller& reader);
    net::task<> check_role(Caller& reader);
    net::task<> survive(int lives);

    /// As often as it takes: texts and pages may be asked for only so often.
    template <class Answer>
    net::task<Answer> ask_patiently(Caller& caller, wire::ClientBody body) {
        for (;;) {
            const auto id = co_await caller.send(body);
            auto message = co_await caller.next();
            while (message.reply_to != id) {
                message = co_await caller.next();
            }
            if (auto* answer = std::get_if<Answer>(&message.body)) {
                co_return std::move(*answer);
            }
            const auto* refusal = std::get_if<wire::Refusal>(&message.body);
            if (refusal == nullptr || refusal->error.code != ErrorCode::rate_limited) {
                throw control::Unexpected(refusal == nullptr ? "another answer"
                                                             : refusal->error.message);
            }
            net::Timer timer(loop_);
            co_await timer.wait(std::chrono::milliseconds(refusal->error.retry_ms));
        }
    }
    void accepted() {
        ++accepted_;
        changed_.set();
    }
    void ended() {
        --working_;
        changed_.set();
    }

    net::Loop loop_;
    const SystemClock clock_;
    const harness::Scratch scratch_;
    std::unique_ptr<harness::ServerProcess> server_;
    crypto::Identity owner_ = crypto::Identity::generate();
    std::array<Writer, writers> writers_;

    // What it said yes to.
    std::map<std::uint64_t, std::string> texts_;
    std::set<std::uint64_t> bans_;
    std::uint64_t role_edits_ = 0;
    // What it was asked for.
    std::uint64_t role_edits_asked_ = 0;
    RoleId role_{};

    std::size_t accepted_ = 0;  // in this life
    std::size_t working_ = 0;
    bool killed_ = false;
    net::Event changed_{loop_};
    std::vector<Duration> starts_;  // what they took
};

net::task<std::unique_ptr<Caller>> Crash::begin_life() {
    const auto began = clock_.now();
    server_ = std::make_unique<harness::ServerProcess>(scratch_, harness::ServerOptions{});
    auto ada = std::make_unique<Caller>(loop_);
    ada->be(crypto::Identity::from_seed(owner_.seed()));
    co_await ada->log_in(server_->port(), "Ada");
    starts_.push_back(clock_.now() - began);
    co_return ada;
}

net::task<> Crash::become_owner(Caller& ada) {
    co_await ada.ask<wire::Account>(
        wire::ClaimAccount{.name = "Ada", .password = "correct horse", .label = {}});
    co_await ada.ask<wire::Ok>(wire::BecomeOwner{server_->owner_token()});
    const auto made = co_await ada.ask<wire::Roles>(
        wire::CreateRole{.settings = {.name = "Edit 0", .rank = 10, .grants = 0}});
    role_ = made.roles.at(0).role;
}

/// What ends when the server is killed. Whatever else ends it fails the test: a refusal, a server that hangs up.
net::task<> Crash::until_killed(net::task<> work) {
    std::string why;
    try {
        co_await std::move(work);
    } catch (const control::ConnectionEnded& error) {
        why = killed_ ? "" : error.what();
    } catch (const std::bad_expected_access<Error>& error) {
        why = killed_ ? "" : error.error().message;
    } catch (const std::exception& error) {
        why = error.what();
    }
    EXPECT_EQ(why, "") << "and not the kill";
    ended();
}

/// Says one text after the other.
net::task<> Crash::write(Writer& writer, std::size_t number) {
    Caller caller(loop_);
    caller.be(crypto::Identity::from_seed(writer.identity.seed()));
    co_await caller.log_in(server_->port(), std::format("Writer {}", number));
    co_await caller.ask<wire::Joined>(wire::Join{.channel = lobby, .password = {}});
    for (;;) {
        if (!writer.pending) {
            const auto nonce = ++writer.nonce;
            writer.pending = {.nonce = nonce, .text = std::format("{} by {}", nonce, number)};
        }
        const auto answer = co_await ask_patiently<wire::TextAccepted>(
            caller,
            wire::SendText{
                .channel = lobby, .text = writer.pending->text, .nonce = writer.pending->nonce});
        texts_.emplace(answer.id.value, writer.pending->text);
        writer.pending.reset();
        accepted();
    }
}

/// Bans people who are not there, and renames a role, in turn.
net::task<> Crash::rule(Caller& ada) {
    for (;;) {
        const auto banned = co_await ask_patiently<wire::Bans>(
            ada, wire::AddBan{.identity = to_bytes(crypto::Identity::generate().public_key())});
        bans_.insert(banned.bans.at(0).id.value);
        accepted();
        const auto edit = ++role_edits_asked_;
        co_await ask_patiently<wire::Ok>(
            ada, wire::EditRole{
                     .role = role_,
                     .settings = {.name = std::format("Edit {}", edit), .rank = 10, .grants = 0}});
        role_edits_ = edit;
        accepted();
    }
}

net::task<> Crash::live(int life) {
    const auto ada = co_await begin_life();
    if (life == 0) {
        co_await become_owner(*ada);
    } else {
        co_await check_role(*ada);
    }
    accepted_ = 0;
    working_ = writers + 1;
    killed_ = false;
    loop_.spawn(until_killed(rule(*ada)));
    for (std::size_t i = 0; i < writers; ++i) {
        loop_.spawn(until_killed(write(writers_.at(i), i)));
    }
    const auto enough = static_cast<std::size_t>(1 + (life * 37) % 120);
    const auto patience = clock_.now() + control::test_patience;
    while (accepted_ < enough && !HasFailure() && clock_.now() < patience) {
        co_await changed_.wait_for(patience - clock_.now());
    }
    EXPECT_GE(accepted_, enough);
    killed_ = true;
    server_->process().signal(SIGKILL);
    server_->process().wait();
    while (working_ > 0) {
        co_await changed_.wait();
    }
}

/// All that it said yes to is there as it was told, and nothing is there twice, however often it was said
/// again after a kill.
net::task<> Crash::check_texts(Caller& reader) {
    co_await reader.ask<wire::Joined>(wire::Join{.channel = lobby, .password = {}});
    std::map<std::uint64_t, std::string> found;
    std::set<std::string> words;
    MessageId before{};
    for (bool more = true; more;) {
        const auto page = co_await ask_patiently<wire::History>(
            reader, wire::GetHistory{.channel = lobby, .before = before});
        for (const auto& text : page.texts) {
            found.emplace(text.id.value, text.text);
            EXPECT_TRUE(words.insert(text.text).second) << text.text << " is there twice";
        }
        more = page.more && !page.texts.empty();
        before = page.texts.empty() ? before : page.texts.front().id;
    }
    EXPECT_TRUE(std::ranges::includes(found, texts_)) << "an accepted text is lost";
    EXPECT_LE(found.size(), texts_.size() + writers) << "no more than was under way at the end";
}

net::task<> Crash::check_bans(Caller& reader) {
    std::set<std::uint64_t> found;
    BanId after{};
    for (bool more = true; more;) {
        const auto page = co_await ask_patiently<wire::Bans>(reader, wire::ListBans{after});
        for (const auto& ban : page.bans) {
            found.insert(ban.id.value);
            after = ban.id;
        }
        more = page.more;
    }
    EXPECT_TRUE(std::ranges::includes(found, bans_)) << "an accepted ban is lost";
}

/// It has the name of the last edit that was accepted, or of the one that was under way.
net::task<> Crash::check_role(Caller& reader) {
    const auto all = co_await reader.ask<wire::Roles>(wire::GetRoles{});
    const auto found = std::ranges::find(all.roles, role_, &wire::Role::role);
    if (found == all.roles.end()) {
        ADD_FAILURE() << "the role is lost";
        co_return;
    }
    const auto& name = found->settings.name;
    EXPECT_TRUE(name == std::format("Edit {}", role_edits_) ||
                name == std::format("Edit {}", role_edits_asked_))
        << name << " after " << role_edits_;
}

net::task<> Crash::check_all(Caller& reader) {
    co_await check_role(reader);
    co_await check_bans(reader);
    co_await check_texts(reader);
}

net::task<> Crash::survive(int lives) {
    try {
        for (int life = 0; life < lives && !HasFailure(); ++life) {
            co_await live(life);
        }
        const auto ada = co_await begin_life();
        co_await check_all(*ada);
    } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
    }
}

TEST_F(Crash, WhatTheServerSaidYesToIsThereAfterAKillAndSoon) {
    const auto count = std::getenv("PARTYLINE_FULL") != nullptr ? kills_full : kills;
    loop_.run_until_done(survive(count));
    EXPECT_FALSE(texts_.empty());
    EXPECT_FALSE(bans_.empty());
    ASSERT_FALSE(starts_.empty());
    std::ranges::sort(starts_);
    const auto record = [](const char* what, Duration time) {
        RecordProperty(what, static_cast<int>(time / std::chrono::milliseconds(1)));
    };
    const auto usual_start = starts_[starts_.size() / 2];
    EXPECT_LT(usual_start, back_within);
    record("usual_start_ms", usual_start);
    record("slowest_start_ms", starts_.back());
    RecordProperty("texts_accepted", static_cast<int>(texts_.size()));
    RecordProperty("bans_accepted", static_cast<int>(bans_.size()));

    server_->process().signal(SIGKILL);
    server_->process().wait();
    harness::Process doctor({.arguments = {harness::sibling_program("partyline-server"), "--data",
                                           scratch_.path(harness::ServerOptions{}.data), "doctor",
                                           "--listen", "127.0.0.1:0", "--admin", ""},
                             .environment = {}});
    EXPECT_TRUE(doctor.wait_for_line([](const std::string& line) {
        return line.contains("the database is whole");
    })) << doctor.describe();
}

}  // namespace
}  // namespace partyline::integration
