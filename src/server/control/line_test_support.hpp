// For tests: a peer without a socket, which believes what it is told and notices what cannot be.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "crypto/handshake.hpp"
#include "server/control/admission.hpp"
#include "server/control/login_test_support.hpp"
#include "server/control/peer.hpp"
#include "server/control/switchboard.hpp"
#include "server/room/whispers.hpp"
#include "wire/frame.hpp"
#include "wire/limits.hpp"

namespace partyline::control {

/// A peer, and what it knows from what it was told.
class Line final : private Transport {
public:
    Line(Switchboard& switchboard, const Clock& clock, Admission& admission,
         const crypto::Identity& identity)
        : switchboard_(switchboard), clock_(clock), admission_(admission), identity_(identity) {
        connect();
    }
    ~Line() override {
        if (peer_) {
            switchboard_.part(*peer_);
        }
    }
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    void log_in(const crypto::PublicKey& server, std::string name) {
        ask(make_login(identity_, server, std::move(name), clock_.unix_ms()));
    }

    void ask(wire::ClientBody body) {
        if (!peer_ || peer_->closing()) {
            return;
        }
        const auto* whisper = std::get_if<wire::SetWhisper>(&body);
        open_.emplace(++request_, whisper == nullptr ? StreamId{} : whisper->stream);
        moving_ = moving_ || std::holds_alternative<wire::Join>(body) ||
                  std::holds_alternative<wire::Leave>(body);
        switchboard_.receive(
            *peer_, wire::encode(wire::ClientMessage{.request_id = request_, .body = body}));
    }

    /// Reads all that waits.
    void read() {
        if (!peer_) {
            return;
        }
        do {
            for (auto bytes = peer_->outbox.take(clock_.now()); !bytes.empty();
                 bytes = peer_->outbox.take(clock_.now())) {
                frames_.feed(bytes);
            }
            while (const auto frame = frames_.next().value()) {
                take(wire::decode_server(*frame).value());
            }
            EXPECT_TRUE(open_.empty() || peer_->closing()) << "everything is answered at once";
            moving_ = false;
            if (std::exchange(find_out_, false)) {
                ask(wire::Join{room});
            }
        } while (!open_.empty() && !peer_->closing());
    }

    /// Throws away all that waits, unread: whoever does has no picture of anything from then on.
    void skip() {
        while (!peer_->outbox.take(clock_.now()).empty()) {
        }
        forget_requests();
    }

    /// The connection breaks, with all that waits in it.
    void cut() {
        if (peer_) {
            unsure_ = unsure_ || moving_;
            forget_requests();
            switchboard_.lose(*peer_);
            peer_.reset();
        }
    }
    /// Another takes its place, whether the first has broken or not.
    void resume() {
        if (!session_) {
            return;
        }
        // To the switchboard, whatever comes over the old one now comes after the new one.
        auto old = std::move(peer_);
        unsure_ = unsure_ || moving_;
        forget_requests();
        connect();
        ask(wire::Resume{.session = session_,
                         .token = token_,
                         .last_seq = seq_,
                         .signature = to_bytes(crypto::sign_resume(
                             identity_, {.exporter = {}, .session = session_}))});
        if (old) {
            switchboard_.lose(*old);
        }
    }

    [[nodiscard]] bool ended() const {
        return (peer_ && peer_->closing()) || hung_up_ || (!peer_ && !session_);
    }
    [[nodiscard]] bool away() const { return !peer_; }
    [[nodiscard]] const Peer& peer() const { return *peer_; }
    /// It does not know for certain where it is: the answer to a move was lost.
    [[nodiscard]] bool unsure() const { return unsure_; }

    std::map<SessionId, wire::Presence> people;
    std::map<ChannelId, wire::Channel> rooms;  // the tree, as far as it may see it
    std::set<SessionId> fellows;               // who shares the room, oneself not among them
    ChannelId room{};
    ChannelEpoch epoch{};
    std::set<room::WhisperKey> whisperers;  // who may whisper to it
    /// Whom it whispers to. Those sets are not among them of which an answer was lost.
    struct Set {
        ChannelEpoch epoch{};
        std::set<SessionId> members;
    };
    std::map<StreamId, Set> sets;
    std::optional<Error> refused;  // the last time

private:
    void forget_requests() {
        for (const auto& [request, stream] : std::exchange(open_, {})) {
            sets.erase(stream);
        }
    }

    void wake() override {}
    void hang_up() override { hung_up_ = true; }

    void connect() {
        frames_ = {};
        moving_ = false;
        hung_up_ = false;
        peer_ = std::make_unique<Peer>(Peer::Given{
            .transport = *this,
            .limits = switchboard_.limits(),
            .slot = admission_.admit(net::Endpoint::loopback_v4(1), clock_.now()).value(),
            .remote = net::Endpoint::loopback_v4(1),
            .now = clock_.now(),
            .handshake = {}});
        switchboard_.greet(*peer_);
    }

    void take(const wire::ServerMessage& message) {
        if (const auto* resumed = std::get_if<wire::Resumed>(&message.body)) {
            come_back(*resumed);
        }
        if (message.seq != 0) {
            EXPECT_EQ(message.seq, ++seq_);
        }
        if (message.reply_to != 0) {
            EXPECT_EQ(open_.erase(message.reply_to), 1U);
        }
        if (const auto* refusal = std::get_if<wire::Refusal>(&message.body)) {
            refused = refusal->error;
        }
        if (const auto* welcome = std::get_if<wire::Welcome>(&message.body)) {
            session_ = welcome->session;
            token_ = welcome->resume_token;
            seq_ = 0;
            people.clear();
            rooms.clear();
            fellows.clear();
            whisperers.clear();
            sets.clear();
            room = {};
            unsure_ = false;
        } else if (const auto* page = std::get_if<wire::PresencePage>(&message.body)) {
            note(page->sessions);
        } else if (const auto* change = std::get_if<wire::PresenceChanged>(&message.body)) {
            note(change->sessions);
            for (const auto gone : change->gone) {
                people.erase(gone);
            }
        } else if (!take_tree(message.body) && !take_whispers(message.body)) {
            take_room(message.body);
        }
    }

    bool take_tree(const wire::ServerBody& body) {
        const auto know = [this](const std::vector<wire::Channel>& channels) {
            for (const auto& channel : channels) {
                rooms[channel.id] = channel;
            }
        };
        if (const auto* page = std::get_if<wire::ChannelPage>(&body)) {
            know(page->channels);
        } else if (const auto* change = std::get_if<wire::ChannelsChanged>(&body)) {
            know(change->channels);
            for (const auto gone : change->gone) {
                rooms.erase(gone);
            }
        } else {
            return false;
        }
        return true;
    }

    bool take_whispers(const wire::ServerBody& body) {
        if (const auto* answer = std::get_if<wire::WhisperMembers>(&body)) {
            auto& set = sets[answer->stream] = {.epoch = answer->epoch, .members = {}};
            for (const auto& member : answer->members) {
                EXPECT_TRUE(people.contains(member.session)) << "known before keys are shared";
                set.members.insert(member.session);
            }
        } else if (const auto* change = std::get_if<wire::WhisperChanged>(&body)) {
            take_change(*change);
        } else if (const auto* opened = std::get_if<wire::WhisperOpened>(&body)) {
            EXPECT_TRUE(people.contains(opened->whisperer.session));
            EXPECT_TRUE(whisperers.insert({opened->whisperer.session, opened->stream}).second);
        } else if (const auto* closed = std::get_if<wire::WhisperClosed>(&body)) {
            EXPECT_EQ(whisperers.erase({closed->session, closed->stream}), 1U);
        } else if (const auto* share = std::get_if<wire::KeyShare>(&body);
                   share != nullptr && share->stream) {
            EXPECT_EQ(share->channel, ChannelId{});
            EXPECT_TRUE(whisperers.contains({share->from, share->stream}));
        } else {
            return false;
        }
        return true;
    }

    void take_change(const wire::WhisperChanged& change) {
        const auto found = sets.find(change.stream);
        if (found == sets.end()) {
            return;
        }
        auto& set = found->second;
        EXPECT_EQ(change.epoch.value, ++set.epoch.value);
        for (const auto& member : change.joined) {
            EXPECT_TRUE(people.contains(member.session)) << "known before keys are shared";
            EXPECT_TRUE(set.members.insert(member.session).second);
        }
        for (const auto session : change.left) {
            EXPECT_EQ(set.members.erase(session), 1U);
        }
    }

    void come_back(const wire::Resumed& resumed) {
        token_ = resumed.resume_token;
        if (resumed.replayed) {
            EXPECT_EQ(resumed.seq, seq_);
            // Where it has been moved meanwhile, what it missed says in its turn.
            if (unsure_) {
                room = resumed.channel;
            }
        } else {
            people.clear();
            rooms.clear();
            fellows.clear();
            whisperers.clear();
            sets.clear();
            epoch = resumed.channel_epoch;
            unsure_ = false;
            room = resumed.channel;
        }
        seq_ = resumed.seq;
        find_out_ = unsure_ && room;
    }

    void note(const std::vector<wire::Presence>& news) {
        for (auto presence : news) {
            auto& known = people[presence.session];
            if (presence.name.empty()) {
                presence.name = known.name;
            }
            known = presence;
        }
    }

    void take_room(const wire::ServerBody& body) {
        if (const auto* joined = std::get_if<wire::Joined>(&body)) {
            room = joined->channel;
            epoch = joined->channel_epoch;
            fellows.clear();
            unsure_ = false;
        } else if (unsure_) {
            return;
        } else if (const auto* moved = std::get_if<wire::Moved>(&body)) {
            room = moved->channel;
            epoch = moved->channel_epoch;
            fellows.clear();
        } else if (const auto* keys = std::get_if<wire::MemberKeys>(&body)) {
            EXPECT_EQ(keys->channel, room);
            for (const auto& member : keys->members) {
                fellows.insert(member.session);
            }
        } else if (const auto* in = std::get_if<wire::MemberJoined>(&body)) {
            EXPECT_EQ(in->channel, room);
            EXPECT_TRUE(people.contains(in->member.session)) << "known before keys are shared";
            EXPECT_EQ(in->channel_epoch.value, ++epoch.value);
            EXPECT_TRUE(fellows.insert(in->member.session).second);
        } else if (const auto* out = std::get_if<wire::MemberLeft>(&body)) {
            EXPECT_EQ(out->channel, room);
            EXPECT_EQ(out->channel_epoch.value, ++epoch.value);
            EXPECT_EQ(fellows.erase(out->session), 1U);
        } else if (const auto* share = std::get_if<wire::KeyShare>(&body)) {
            EXPECT_EQ(share->channel, room);
            EXPECT_TRUE(fellows.contains(share->from));
        } else if (const auto* text = std::get_if<wire::Text>(&body)) {
            // Its author may have left while it was stored.
            EXPECT_EQ(text->channel, room);
        } else if (const auto* change = std::get_if<wire::TextChanged>(&body)) {
            EXPECT_EQ(change->text.channel, room);
        }
    }

    Switchboard& switchboard_;
    const Clock& clock_;
    Admission& admission_;
    const crypto::Identity& identity_;
    std::unique_ptr<Peer> peer_;  // none while the connection is broken
    wire::FrameReader frames_;
    std::map<std::uint64_t, StreamId> open_;  // with the stream whose set it names, if any
    std::uint64_t request_ = 0;
    std::uint64_t seq_ = 0;
    SessionId session_{};
    Bytes token_;
    bool moving_ = false;    // a move is on its way, or its answer not yet read
    bool unsure_ = false;    // and was lost
    bool find_out_ = false;  // by asking again
    bool hung_up_ = false;
};

}  // namespace partyline::control
