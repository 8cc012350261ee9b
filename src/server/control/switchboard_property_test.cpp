// Random requests of several peers, without sockets. Whatever they ask: each request has exactly one
// answer, no event is missing, everybody's picture becomes the model's, and keys stay in their room and
// their whisper set.
// Connections break at any time and are taken up again, with all that waited in them lost.
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <format>
#include <map>
#include <set>

#include "base/random.hpp"
#include "crypto/handshake.hpp"
#include "server/control/convert.hpp"
#include "server/control/fake_relay.hpp"
#include "server/control/fake_store.hpp"
#include "server/control/switchboard.hpp"
#include "wire/frame.hpp"

namespace partyline::control {
namespace {

constexpr std::uint64_t seeds = 100;
constexpr std::uint64_t seeds_full = 2000;
constexpr int steps = 300;
constexpr std::size_t lines_max = 8;
constexpr std::uint32_t channels = 4;

Config make_config() {
    Config config;
    for (std::uint32_t id = 1; id <= channels; ++id) {
        config.channels.push_back({.id = ChannelId{id}, .name = std::format("Room {}", id)});
    }
    config.limits.outbox_bytes = 16 * 1024;
    config.limits.rotations = {.per_second = 20, .burst = 5};
    config.limits.resume = std::chrono::seconds(2);
    config.limits.log_bytes = 64 * 1024;
    config.limits.replay_bytes = 32 * 1024;
    config.limits.seats_away = 3;
    return config;
}

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
        const crypto::PublicKey x25519{};
        const std::vector<std::uint32_t> versions{wire::protocol_version};
        const auto expiry = clock_.unix_ms() + 1000;
        ask(wire::Login{
            .identity = to_bytes(identity_.public_key()),
            .x25519 = to_bytes(x25519),
            .versions = versions,
            .signature = to_bytes(crypto::sign_login(
                identity_, {.exporter = {}, .x25519 = x25519, .versions = versions})),
            .device = {.signature = to_bytes(crypto::sign_device(
                           identity_,
                           {.server_id = server, .x25519 = x25519, .expiry_unix_ms = expiry})),
                       .expiry_unix_ms = expiry},
            .name = std::move(name)});
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
    std::set<SessionId> fellows;  // who shares the room, oneself not among them
    ChannelId room{};
    ChannelEpoch epoch{};
    std::set<room::WhisperKey> whisperers;  // who may whisper to it
    /// Whom it whispers to. Those sets are not among them of which an answer was lost.
    struct Set {
        ChannelEpoch epoch{};
        std::set<SessionId> members;
    };
    std::map<StreamId, Set> sets;

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
        if (const auto* welcome = std::get_if<wire::Welcome>(&message.body)) {
            session_ = welcome->session;
            token_ = welcome->resume_token;
            seq_ = 0;
            people.clear();
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
        } else if (!take_whispers(message.body)) {
            take_room(message.body);
        }
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
            EXPECT_TRUE(unsure_ || resumed.channel == room || !resumed.channel);
        } else {
            people.clear();
            fellows.clear();
            whisperers.clear();
            sets.clear();
            epoch = resumed.channel_epoch;
            unsure_ = false;
        }
        room = resumed.channel;
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

/// Has no time for any password: hashing them for real takes too long for so many.
class BusyHashing final : public Hashing {
public:
    Result<void> run(Work, Work) override {
        return fail(ErrorCode::rate_limited, "Too many passwords are being checked.");
    }
};

class Street {
public:
    explicit Street(std::uint64_t seed) : random_(seed) {
        const auto config = make_config();
        EXPECT_TRUE(store_.settle(config.channels));
        store_.remembered.accounts = {{.id = AccountId{1}, .name = "Owner", .owner = true}};
        store_.remembered.devices = {
            {.identity = people().front().public_key(), .account = AccountId{1}, .label = {}}};
        switchboard_ = Switchboard::create(config, {.clock = clock_,
                                                    .identity = identity(),
                                                    .relay = relay_,
                                                    .store = store_,
                                                    .hashing = hashing_})
                           .value();
    }

    void step() {
        clock_.advance(std::chrono::milliseconds(random_.below(40)));
        const auto what = random_.below(14);
        if (what == 0 && lines_.size() < lines_max) {
            // Some come back while they are still here.
            lines_.push_back(std::make_unique<Line>(*switchboard_, clock_, admission_,
                                                    people()[random_.below(people().size())]));
            if (random_.chance(0.95)) {
                log_in(*lines_.back());
            }
        } else if (what == 1) {
            switchboard_->tick();
        } else if (!lines_.empty()) {
            const auto which = random_.below(lines_.size());
            auto& line = *lines_[which];
            if (what == 2 || line.ended()) {
                lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(which));
            } else if (what == 3) {
                log_in(line);
            } else if (what == 12) {
                line.cut();
            } else if (what == 13) {
                line.resume();
            } else {
                line.ask(request());
            }
            // Some read late, and a few so late that they are cut.
            if (random_.chance(0.3) && which < lines_.size()) {
                let_the_store_answer();
                lines_[which]->read();
            }
        }
    }

    void check() {
        let_the_store_answer();
        for (const auto& line : lines_) {
            line->read();  // whoever has to find out where it is may move
        }
        clock_.advance(std::chrono::seconds(1));
        let_the_store_answer();
        // Until nobody's time is over any more: that is told a tick later.
        for (std::size_t before = lines_max + 1;
             switchboard_->model().sessions().size() != before;) {
            before = switchboard_->model().sessions().size();
            clock_.advance(std::chrono::milliseconds(100));
            switchboard_->tick();
        }
        for (const auto& line : lines_) {
            line->read();
            if (line->ended() || line->away() || !line->peer().session) {
                continue;
            }
            const auto& model = switchboard_->model();
            std::map<SessionId, wire::Presence> people;
            for (const auto& [id, session] : model.sessions()) {
                people[id] = to_wire(session.presence);
            }
            EXPECT_EQ(line->people, people);
            const auto self = *line->peer().session;
            check_whispers(*line, self);
            const auto room = model.find(self)->presence.channel;
            if (room && !line->unsure()) {
                EXPECT_EQ(line->room, room);
                EXPECT_EQ(line->epoch, model.find(room)->epoch);
                const auto& members = model.find(room)->members;
                std::set<SessionId> fellows(members.begin(), members.end());
                fellows.erase(self);
                EXPECT_EQ(line->fellows, fellows);
            }
        }
    }

private:
    void check_whispers(const Line& line, SessionId self) {
        const auto& whispers = switchboard_->model().whispers();
        EXPECT_EQ(line.whisperers, whispers.heard_by(self));
        for (const auto& [stream, known] : line.sets) {
            const room::WhisperKey key{self, stream};
            const auto* set = whispers.find(key);
            EXPECT_EQ(known.members, set == nullptr ? std::set<SessionId>{} : set->members);
            EXPECT_EQ(known.epoch, whispers.epoch(key));
            EXPECT_EQ(known.members, relay_.seats.at(self)->whispers[stream.value])
                << "who hears it is who is said to";
        }
    }

    static const crypto::Identity& identity() {
        static const auto made = crypto::Identity::generate();
        return made;
    }

    static const std::vector<crypto::Identity>& people() {
        static const auto made = [] {
            std::vector<crypto::Identity> people;
            for (std::size_t i = 0; i < lines_max * 2; ++i) {
                people.push_back(crypto::Identity::generate());
            }
            return people;
        }();
        return made;
    }

    ChannelId channel() {
        return ChannelId{static_cast<std::uint32_t>(random_.below(channels + 2))};
    }
    SessionId session() { return SessionId{static_cast<std::uint32_t>(random_.below(20))}; }
    bool coin() { return random_.chance(0.5); }

    /// What it was asked some steps ago: much may have happened since.
    void let_the_store_answer() {
        while (!posted_.empty()) {
            auto work = std::move(posted_.front());
            posted_.pop_front();
            work();
        }
    }
    MessageId text() { return MessageId{random_.below(200)}; }

    void log_in(Line& line) {
        line.log_in(identity().public_key(), std::format("Talker {}", random_.below(20)));
    }

    /// Most who ask for that may not. A ban is short, so that people come back.
    wire::ClientBody keep_order() {
        switch (random_.below(5)) {
            case 0: return wire::Kick{.session = session(), .reason = "why not"};
            case 1:
                return wire::AddBan{
                    .session = session(), .of_identity = true, .of_account = coin(), .seconds = 1};
            case 2: return wire::LiftBan{.ban = BanId{random_.below(10)}, .reason = {}};
            default:
                return wire::SetServerMute{
                    .session = session(), .mute = coin(), .deafen = coin(), .reason = {}};
        }
    }

    wire::ClientBody request() {
        switch (random_.below(26)) {
            case 19:
            case 20:
            case 21:
            case 22: return keep_order();
            case 23:
            case 24:
            case 25: return whisper();
            case 12: return wire::GetHistory{.channel = channel(), .before = text()};
            case 13: return wire::EditText{.id = text(), .text = "edited"};
            case 14: return wire::DeleteText{.id = text()};
            case 15:
                return wire::ClaimAccount{.name = "Ada", .password = "correct horse", .label = {}};
            case 16: return wire::BecomeOwner{"7Q2KX-0M9RD-EV4WT-1H8NA"};
            case 17: return wire::ListDevices{};
            case 18: return wire::UnlinkDevice{.identity = Bytes(32), .name = {}};
            case 0: return wire::Leave{};
            case 1: return wire::SetSelfState{.mute = coin(), .deafen = coin()};
            case 2:
                return wire::SendText{.channel = channel(),
                                      .text = std::string(1 + random_.below(3000), 'x'),
                                      .nonce = random_.below(3)};
            case 3: return wire::KeyRequest{.speaker = somebody(), .stream = stream()};
            case 4: return wire::GetMemberKeys{.sessions = {session(), session()}};
            case 5: return wire::SetVoiceLane{static_cast<wire::VoiceLane>(random_.below(3))};
            case 6: return wire::VoiceTunnel{Bytes(random_.below(100))};
            case 7: return wire::Unknown{};
            case 8:
            case 9: return share();
            default: return wire::Join{channel()};
        }
    }

    SessionId somebody() {
        const auto& sessions = switchboard_->model().sessions();
        if (sessions.empty() || random_.chance(0.1)) {
            return session();
        }
        return std::next(sessions.begin(),
                         static_cast<std::ptrdiff_t>(random_.below(sessions.size())))
            ->first;
    }
    StreamId stream() { return StreamId{static_cast<std::uint8_t>(random_.below(3))}; }

    wire::SetWhisper whisper() {
        wire::SetWhisper set{.stream = StreamId{static_cast<std::uint8_t>(1 + random_.below(2))},
                             .sessions = {},
                             .channels = {}};
        while (random_.chance(0.5)) {
            set.sessions.push_back(somebody());
        }
        while (random_.chance(0.4)) {
            set.channels.push_back(channel());
        }
        return set;
    }

    wire::ShareKeys share() {
        const auto of = stream();
        wire::ShareKeys keys{
            .channel = of ? ChannelId{} : channel(),
            .channel_epoch = ChannelEpoch{static_cast<std::uint32_t>(random_.below(20))},
            .stream = of,
            .generation = generation_ += static_cast<std::uint32_t>(random_.below(2))};
        for (auto count = random_.below(4); count > 0; --count) {
            keys.shares.push_back({.to = somebody(), .sealed = Bytes(50)});
        }
        return keys;
    }

    Random random_;
    ManualClock clock_;
    FakeRelay relay_;
    std::deque<std::move_only_function<void()>> posted_;
    FakeStore store_{[this](auto work) { posted_.push_back(std::move(work)); }};
    BusyHashing hashing_;
    Admission admission_{Limits{.arrivals_per_address = {.per_second = 1e6, .burst = 1e6}}, {}};
    std::unique_ptr<Switchboard> switchboard_;
    std::vector<std::unique_ptr<Line>> lines_;
    std::uint32_t generation_ = 0;
};

TEST(SwitchboardProperty, WhateverIsAsked) {
    const auto count = std::getenv("PARTYLINE_FULL") != nullptr ? seeds_full : seeds;
    for (std::uint64_t seed = 0; seed < count; ++seed) {
        SCOPED_TRACE(std::format("seed {}", seed));
        Street street(seed);
        for (int i = 0; i < steps; ++i) {
            street.step();
            if (i % 100 == 99) {
                street.check();
            }
        }
        if (testing::Test::HasFailure()) {
            break;
        }
    }
}

}  // namespace
}  // namespace partyline::control
