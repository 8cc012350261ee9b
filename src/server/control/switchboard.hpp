// The switchboard itself: messages become commands to the room model and the relay, and what those
// say becomes messages. Knows no socket: time, peers and the relay are handed to it, so that all of
// it runs in one thread from one seed.
//
// One overload of on() for each message, joined by the visit in dispatch.cpp; they stand in
// login.cpp, resume.cpp, rooms.cpp, texts.cpp, keys.cpp and voice.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "crypto/identity.hpp"
#include "server/control/config.hpp"
#include "server/control/durable.hpp"
#include "server/control/event_log.hpp"
#include "server/control/peer.hpp"
#include "server/control/presence_board.hpp"
#include "server/control/seat.hpp"
#include "server/relay/relay.hpp"
#include "server/room/directory.hpp"
#include "server/room/model.hpp"
#include "server/room/records.hpp"
#include "server/store/store.hpp"
#include "wire/control.hpp"

namespace partyline::control {

/// Owned by the Server. Every member on its executor alone; none calls back into itself.
class Switchboard {
public:
    struct Parts {
        const Clock& clock;
        const crypto::Identity& identity;
        relay::Relay& relay;
        store::Store& store;
    };
    /// Fails with config for channels that make no tree, and as Store::records() does.
    static Result<std::unique_ptr<Switchboard>> create(Config config, Parts parts);

    // A connection's life. Between greet() and part() or lose() the peer stays where it is.
    void greet(Peer& peer);
    void receive(Peer& peer, ByteView message);
    /// What came was no frame.
    void reject(Peer& peer, const Error& error);
    /// It was ended in order: whoever it was leaves.
    void part(Peer& peer);
    /// It broke: the seat is kept for Limits::resume.
    void lose(Peer& peer);

    /// Hands what the relay has for tunnelled talkies to their outboxes; true if there may be more.
    bool deliver_tunnelled();
    /// To be called each tick_interval.
    void tick();
    /// Says good-bye to everybody. Nobody is let in from now on.
    void shut_down();

    [[nodiscard]] const room::Model& model() const { return model_; }
    [[nodiscard]] const Limits& limits() const { return config_.limits; }
    /// How many seats wait for a connection.
    [[nodiscard]] std::size_t seats_away() const { return away_.size(); }

private:
    Switchboard(Config config, Parts parts, const room::Records& records, room::Model model);

    /// One request, on its way to exactly one answer.
    struct Call {
        Peer& peer;
        std::uint64_t id = 0;
        bool answered = false;
    };
    /// Where an answer is to go that comes later; whoever asked may be gone by then.
    struct Reply {
        SessionId session{};
        std::uint32_t connection = 0;  // answers do not move to the next one
        std::uint64_t request = 0;
    };

    // --- messages: a refusal, or success; success that has answered nothing is answered Ok -------
    template <class Body>
    Result<void> handle(Call& call, const Body& body);
    Result<void> on(Call& call, const wire::Login& login);
    Result<void> on(Call& call, const wire::Resume& resume);
    Result<void> on(Call& call, Seat& seat, const wire::Join& join);
    Result<void> on(Call& call, Seat& seat, const wire::Leave& leave);
    Result<void> on(Call& call, Seat& seat, const wire::SetSelfState& state);
    Result<void> on(Call& call, Seat& seat, const wire::SendText& text);
    Result<void> on(Call& call, Seat& seat, const wire::ShareKeys& keys);
    Result<void> on(Call& call, Seat& seat, const wire::KeyRequest& request);
    Result<void> on(Call& call, Seat& seat, const wire::GetMemberKeys& get);
    Result<void> on(Call& call, Seat& seat, const wire::RenewDevice& renew);
    Result<void> on(Call& call, Seat& seat, const wire::SetVoiceLane& lane);
    Result<void> on(Call& call, Seat& seat, const wire::VoiceTunnel& tunnel);
    Result<void> on(Call& call, Seat& seat, const wire::ControlPing& ping);
    Result<void> on(Call& call, Seat& seat, const wire::GetHistory& get);
    Result<void> on(Call& call, Seat& seat, const wire::EditText& edit);
    Result<void> on(Call& call, Seat& seat, const wire::DeleteText& gone);

    void dispatch(Call& call, const wire::ClientBody& body, std::size_t bytes);
    Result<void> charge(Peer& peer, const wire::ClientBody& body, std::size_t bytes);
    void answer(Call& call, wire::ServerBody body);
    void refuse(Call& call, const Error& error);

    // --- texts -----------------------------------------------------------------------------------
    [[nodiscard]] Peer* peer_of(Reply reply) const;
    static Reply will_reply(Call& call, const Seat& seat);
    void answer_later(Reply reply, wire::ServerBody body);
    void refuse_later(Reply reply, const Error& error);
    template <class T, class Work>
    store::Store::Done<T> then(Work work);
    void accept(Reply reply, const room::Message& message);
    template <class Change>
    Result<void> change(Call& call, Seat& seat, MessageId id, Change change);
    void store_change(Reply reply, room::Message message);
    /// Now and then: what rooms are to keep no longer.
    void prune(TimePoint now);

    // --- administration (administer.cpp) ---------------------------------------------------------
    /// What is to change, for the session that asked: judged when its turn has come.
    using Plan = std::move_only_function<Result<room::Changes>(SessionId)>;
    /// What it is told once that is so.
    using Answer = std::move_only_function<wire::ServerBody()>;
    /// Plans, stores and carries out, after all that was asked for before; then answers, Ok without
    /// an `answer`, and then tells the others. Whoever has left by then has asked for nothing. Fails
    /// with rate_limited when too many wait.
    Result<void> administer(Call& call, const Seat& seat, Plan plan, Answer answer = {});
    /// Durable by now. What others are to hear of it waits in `untold_` for the answer to go first.
    void carry_out(const room::Changes& changes);

    // --- login -----------------------------------------------------------------------------------
    [[nodiscard]] Result<void> check_claims(const Peer& peer, const wire::Login& login) const;
    [[nodiscard]] Result<void> check_device(const room::PeerKeys& keys) const;
    Result<void> replace_older(std::string_view name, const room::PeerKeys& keys);
    Seat& take_seat(Peer& peer, SessionId session);
    void send_snapshot(Seat& seat);

    // --- coming back (resume.cpp) ----------------------------------------------------------------
    [[nodiscard]] wire::Welcome welcome(Seat& seat) const;
    /// The seat keeps all it has, for a while. Its peer has none from now on.
    void detach(Seat& seat);
    void give_up_away(TimePoint now);
    /// The seat that this peer has shown to be its own; null if there is none.
    [[nodiscard]] Seat* find_resumable(const Peer& peer, const wire::Resume& resume) const;
    void take_over(Seat& seat, Peer& peer);
    [[nodiscard]] std::optional<std::vector<const wire::EncodedEvent*>> missed_events(
        const Seat& seat, std::uint64_t last_seq) const;
    void hand_over_shares(Seat& seat);

    // --- keys ------------------------------------------------------------------------------------
    Result<void> check_generation(Seat& seat, std::uint32_t generation);
    /// Pages of the keys of those of `sessions` who are in the seat's room.
    [[nodiscard]] std::vector<wire::MemberKeys> member_keys(
        const Seat& seat, std::span<const SessionId> sessions) const;

    // --- telling (tell.cpp) ----------------------------------------------------------------------
    void publish(const room::Events& events);
    void tell(const room::Audience& audience, const wire::ServerBody& body);
    /// How long packets are to be in this room.
    [[nodiscard]] std::uint32_t frame_ms(ChannelId channel) const;
    /// To one alone. What is exempt is part of a snapshot, and is not kept for a replay.
    void tell(Seat& seat, const wire::ServerBody& body, Outbox::Bound bound);
    void deliver(SessionId session, const wire::EncodedEvent& event);
    void deliver(SessionId session, wire::KeyShare share);
    /// The keys of all others in the seat's room, in rooms that are small enough.
    void tell_members(Seat& seat);
    void send(Peer& peer, const wire::ServerMessage& message, Outbox::Bound bound);
    /// Presence that everybody hears of soon, told at once where the next message needs it.
    void tell_presence_early(Seat& joiner, std::span<const SessionId> members);
    void flush_presence();

    // --- ending ----------------------------------------------------------------------------------
    /// Takes the seat and tells the others. The peer, if it is still there, has none from now on.
    void depart(SessionId session);
    void end(Peer& peer, const wire::ServerMessage& last);
    /// Ends a session, be its connection there or not.
    void dismiss(SessionId session, const wire::ServerMessage& last);
    void note_if_behind(Peer& peer);
    /// Ends whoever fell behind while being told something, and tells the others, until nobody is.
    void settle();

    // --- time ------------------------------------------------------------------------------------
    void poll_speaking(TimePoint now);
    void enforce_deadlines(TimePoint now);

    [[nodiscard]] Seat* seat_of(const Peer& peer);

    const Config config_;
    const Clock& clock_;
    const crypto::Identity& identity_;
    relay::Relay& relay_;
    store::Store& store_;

    room::Directory directory_;
    room::Model model_;
    Durable durable_;
    room::Events untold_;
    std::unordered_map<SessionId, std::unique_ptr<Seat>> seats_;
    std::unordered_set<Peer*> peers_;  // all between greet() and part()
    std::vector<Peer*> fallen_behind_;
    std::set<std::pair<TimePoint, SessionId>> away_;  // until when each is kept
    EventLog log_;
    PresenceBoard presence_;
    TimePoint speaking_due_;
    TimePoint losses_due_;
    TimePoint pruning_due_;
    std::shared_ptr<Switchboard*> self_ = std::make_shared<Switchboard*>(this);
    bool shutting_down_ = false;
};

}  // namespace partyline::control
