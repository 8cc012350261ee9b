// For tests: people who read all that they are told, and notice what they may not know.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "crypto/identity.hpp"
#include "net/endpoint.hpp"
#include "server/control/admission.hpp"
#include "server/control/login_test_support.hpp"
#include "server/control/peer.hpp"
#include "server/control/switchboard.hpp"
#include "server/room/decide.hpp"
#include "server/room/permission.hpp"
#include "wire/control.hpp"
#include "wire/frame.hpp"

namespace partyline::control::reading {

inline constexpr std::uint32_t channels = 4;

struct Somebody {
    crypto::Identity identity = crypto::Identity::generate();
    std::string account;  // empty: a guest
};

/// The first owns the server; the last three are guests.
inline std::vector<Somebody>& cast() {
    static std::vector<Somebody> all = [] {
        std::vector<Somebody> made;
        for (const auto* account : {"Owner", "Admin", "Moderator", "Ada", "Bob", "", "", ""}) {
            made.push_back({.account = account});
        }
        return made;
    }();
    return all;
}

/// What somebody may know when they are told something.
struct Moment {
    ChannelId channel{};
    bool reads_history = false;
    std::bitset<channels + 1> sees;
};

/// What there was to judge.
struct Tally {
    std::size_t histories = 0;
    std::size_t texts = 0;
    std::size_t letters = 0;
    std::size_t sent_away = 0;  // for a ban
    std::size_t restarts = 0;
    std::size_t crashes = 0;    // restarts with something on its way to the disk
    std::size_t old_texts = 0;  // that were said before one, and read after it
};

/// A peer without a socket, which judges all that it is told by what its person might know just then.
class Reader final : private Transport {
public:
    /// `old`: the newest text from before the server's start.
    Reader(Tally& tally, MessageId old, Switchboard& switchboard, const Clock& clock,
           Admission& admission, const Somebody& somebody)
        : tally_(tally),
          old_(old),
          switchboard_(switchboard),
          clock_(clock),
          somebody_(somebody),
          peer_(std::make_unique<Peer>(Peer::Given{
              .transport = *this,
              .limits = switchboard_.limits(),
              .slot = admission.admit(net::Endpoint::loopback_v4(1), clock.now()).value(),
              .remote = net::Endpoint::loopback_v4(1),
              .now = clock.now(),
              .handshake = {}})) {
        switchboard_.greet(*peer_);
    }
    ~Reader() override { switchboard_.part(*peer_); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    void log_in(const crypto::PublicKey& server, std::string name) {
        ask(make_login(somebody_.identity, server, std::move(name), clock_.unix_ms()));
    }
    void ask(wire::ClientBody body) {
        switchboard_.receive(
            *peer_, wire::encode(wire::ClientMessage{.request_id = ++request_, .body = body}));
    }
    /// Reads all that waits, and judges it by when it was told.
    void read() {
        for (auto bytes = peer_->outbox.take(clock_.now()); !bytes.empty();
             bytes = peer_->outbox.take(clock_.now())) {
            frames_.feed(bytes);
        }
        while (const auto frame = frames_.next().value()) {
            ASSERT_FALSE(moments_.empty());
            judge(wire::decode_server(*frame).value().body, moments_.front());
            moments_.pop_front();
        }
    }

    [[nodiscard]] bool ended() const { return peer_->closing(); }
    [[nodiscard]] const Somebody& somebody() const { return somebody_; }

private:
    /// Each message that is told wakes once, right after it was put into the outbox.
    void wake() override { moments_.push_back(now()); }
    void hang_up() override {}

    [[nodiscard]] Moment now() const {
        Moment moment;
        const auto& model = switchboard_.model();
        const auto session = peer_ ? peer_->session : std::nullopt;
        const auto* found = session ? model.find(*session) : nullptr;
        if (found == nullptr) {
            return moment;
        }
        const auto& directory = model.directory();
        const auto who = model.subject(*session);
        moment.channel = found->presence.channel;
        moment.reads_history = moment.channel && room::decide(directory, who, moment.channel,
                                                              room::Permission::read_history);
        for (std::uint32_t id = 1; id <= channels; ++id) {
            moment.sees[id] = moment.channel == ChannelId{id} ||
                              room::decide(directory, who, ChannelId{id}, room::Permission::see);
        }
        return moment;
    }

    void judge(const wire::ServerBody& body, const Moment& moment) const {
        if (const auto* history = std::get_if<wire::History>(&body)) {
            EXPECT_EQ(history->channel, moment.channel);
            EXPECT_TRUE(moment.reads_history);
            ++tally_.histories;
            for (const auto& text : history->texts) {
                EXPECT_EQ(text.channel, moment.channel);
                tally_.old_texts += text.id <= old_ ? 1U : 0U;
            }
        } else if (const auto* text = std::get_if<wire::Text>(&body)) {
            EXPECT_EQ(text->channel, moment.channel);
            ++tally_.texts;
        } else if (const auto* change = std::get_if<wire::TextChanged>(&body)) {
            EXPECT_EQ(change->text.channel, moment.channel);
        } else if (const auto* direct = std::get_if<wire::Direct>(&body)) {
            judge(direct->text);
        } else if (const auto* changed = std::get_if<wire::DirectChanged>(&body)) {
            judge(changed->text);
        } else if (const auto* letters = std::get_if<wire::DirectHistory>(&body)) {
            std::ranges::for_each(letters->texts, [&](const auto& letter) { judge(letter); });
        } else if (const auto* end = std::get_if<wire::Goodbye>(&body)) {
            tally_.sent_away += end->error.code == ErrorCode::banned ? 1U : 0U;
        } else if (const auto* page = std::get_if<wire::PresencePage>(&body)) {
            judge(page->sessions, moment);
        } else if (const auto* news = std::get_if<wire::PresenceChanged>(&body)) {
            judge(news->sessions, moment);
        }
    }
    /// Whoever is in a room that one may not see is in none, as far as one is told.
    static void judge(const std::vector<wire::Presence>& people, const Moment& moment) {
        for (const auto& presence : people) {
            EXPECT_TRUE(!presence.channel || moment.sees[presence.channel.value])
                << presence.name << " in " << presence.channel.value;
        }
    }
    void judge(const wire::DirectText& letter) const {
        EXPECT_TRUE(is_self(letter.from) || is_self(letter.to)) << letter.text;
        ++tally_.letters;
    }
    [[nodiscard]] bool is_self(const wire::Person& person) const {
        return std::ranges::equal(person.identity, somebody_.identity.public_key()) ||
               (!somebody_.account.empty() && person.account == somebody_.account);
    }

    Tally& tally_;
    const MessageId old_;
    Switchboard& switchboard_;
    const Clock& clock_;
    const Somebody& somebody_;
    std::unique_ptr<Peer> peer_;
    wire::FrameReader frames_;
    std::deque<Moment> moments_;  // of what has not been read yet
    std::uint64_t request_ = 0;
};

}  // namespace partyline::control::reading
