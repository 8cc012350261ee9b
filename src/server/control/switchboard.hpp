// The switchboard itself: messages become commands to the room model and the relay, and what those
// say becomes messages. Knows no socket: time, peers and the relay are handed to it, so that all of
// it runs in one thread from one seed.
//
// One overload of on() for each message, joined by the visit in dispatch.cpp; they stand in login.cpp,
// resume.cpp, rooms.cpp, recordings.cpp, texts.cpp, letters.cpp, unread.cpp, invites.cpp, accounts.cpp,
// keys.cpp, voice.cpp, whispers.cpp, roles.cpp, channels.cpp, moderation.cpp and bans.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "crypto/identity.hpp"
#include "server/control/address_rates.hpp"
#include "server/control/attempts.hpp"
#include "server/control/away_room.hpp"
#include "server/control/away_seats.hpp"
#include "server/control/config.hpp"
#include "server/control/durable.hpp"
#include "server/control/event_log.hpp"
#include "server/control/farewells.hpp"
#include "server/control/figures.hpp"
#include "server/control/hashing.hpp"
#include "server/control/peer.hpp"
#include "server/control/person_rates.hpp"
#include "server/control/presence_board.hpp"
#include "server/control/read_marks.hpp"
#include "server/control/request.hpp"
#include "server/control/seat.hpp"
#include "server/control/slow_mode.hpp"
#include "server/control/tree_board.hpp"
#include "server/relay/relay.hpp"
#include "server/room/account_plans.hpp"
#include "server/room/bans.hpp"
#include "server/room/channel_plans.hpp"
#include "server/room/directory.hpp"
#include "server/room/model.hpp"
#include "server/room/records.hpp"
#include "server/room/reserved_names.hpp"
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
        Hashing& hashing;
    };
    /// Fails with config for channels that make no tree, and as Store::records() does.
    static Result<std::unique_ptr<Switchboard>> create(Config config, Parts parts);

    // A connection's life. Between greet() and part() or lose() the peer stays where it is.
    void greet(Peer& peer);
    /// In place of greet(): it hears why it may not come in.
    void turn_away(Peer& peer, const Error& why);
    void receive(Peer& peer, ByteView message);
    /// What came was no frame.
    void reject(Peer& peer, const Error& error);
    /// It was ended in order: whoever it was leaves.
    void part(Peer& peer);
    /// It broke: the seat is kept for Limits::resume.
    void lose(Peer& peer);

    // The same for a connection of the admin socket. It is greeted with the tree of rooms.
    void open_console(Peer& peer);
    void close_console(Peer& peer);

    /// Hands what the relay has for tunnelled talkies to their outboxes; true if there may be more.
    bool deliver_tunnelled();
    /// To be called each tick_interval.
    void tick();
    /// Says good-bye to everybody. Nobody is let in from now on.
    void shut_down();

    [[nodiscard]] const room::Model& model() const { return model_; }
    [[nodiscard]] const Limits& limits() const { return config_.limits; }
    void reconfigure(LiveConfig config);
    /// Written by the switchboard and its Server.
    [[nodiscard]] Figures& figures() { return figures_; }
    /// How many seats wait for a connection.
    [[nodiscard]] std::size_t seats_away() const { return away_.size(); }

private:
    Switchboard(Config config, Parts parts, room::Model model);

    // --- messages: a refusal, or success; success that has answered nothing is answered Ok -------
    template <class Body>
    Result<void> handle(Call& call, const Body& body);
    Result<void> on(Call& call, const wire::Login& login);
    Result<void> on(Call& call, const wire::Resume& resume);
    Result<void> on(Call& call, Seat& seat, const wire::Join& join);
    Result<void> on(Call& call, Seat& seat, const wire::Leave& leave);
    Result<void> on(Call& call, Seat& seat, const wire::SetSelfState& state);
    Result<void> on(Call& call, Seat& seat, const wire::SetPriority& priority);
    Result<void> on(Call& call, Seat& seat, const wire::SetRecording& recording);
    Result<void> on(Call& call, Seat& seat, const wire::SendText& text);
    Result<void> on(Call& call, Seat& seat, const wire::ShareKeys& keys);
    Result<void> on(Call& call, Seat& seat, const wire::KeyRequest& request);
    Result<void> on(Call& call, Seat& seat, const wire::SetWhisper& set);
    Result<void> on(Call& call, Seat& seat, const wire::GetMemberKeys& get);
    Result<void> on(Call& call, Seat& seat, const wire::RenewDevice& renew);
    Result<void> on(Call& call, Seat& seat, const wire::SetVoiceLane& lane);
    Result<void> on(Call& call, Seat& seat, const wire::VoiceTunnel& tunnel);
    Result<void> on(Call& call, Seat& seat, const wire::ControlPing& ping);
    Result<void> on(Call& call, Seat& seat, const wire::GetHistory& get);
    Result<void> on(Call& call, Seat& seat, const wire::EditText& edit);
    Result<void> on(Call& call, Seat& seat, const wire::DeleteText& gone);
    Result<void> on(Call& call, Seat& seat, const wire::SendDirect& text);
    Result<void> on(Call& call, Seat& seat, const wire::GetDirect& get);
    Result<void> on(Call& call, Seat& seat, const wire::GetUnread& get);
    Result<void> on(Call& call, Seat& seat, const wire::MarkRead& mark);
    Result<void> on(Call& call, Seat& seat, const wire::CreateInvite& create);
    Result<void> on(Call& call, Seat& seat, const wire::ListInvites& list);
    Result<void> on(Call& call, Seat& seat, const wire::DeleteInvite& gone);
    Result<void> on(Call& call, Seat& seat, const wire::RedeemInvite& redeem);
    Result<void> on(Call& call, Seat& seat, const wire::ClaimAccount& claim);
    Result<void> on(Call& call, Seat& seat, const wire::LinkDevice& link);
    Result<void> on(Call& call, Seat& seat, const wire::UnlinkDevice& unlink);
    Result<void> on(Call& call, Seat& seat, const wire::ListDevices& list);
    Result<void> on(Call& call, Seat& seat, const wire::ChangePassword& change);
    Result<void> on(Call& call, Seat& seat, const wire::RenewRecoveryCode& renew);
    Result<void> on(Call& call, Seat& seat, const wire::BecomeOwner& become);
    Result<void> on(Call& call, Seat& seat, const wire::ListAccounts& list);
    Result<void> on(Call& call, Seat& seat, const wire::DeleteAccount& gone);
    Result<void> on(Call& call, Seat& seat, const wire::GetRoles& get);
    Result<void> on(Call& call, Seat& seat, const wire::CreateRole& create);
    Result<void> on(Call& call, Seat& seat, const wire::EditRole& edit);
    Result<void> on(Call& call, Seat& seat, const wire::DeleteRole& gone);
    Result<void> on(Call& call, Seat& seat, const wire::GrantRole& grant);
    Result<void> on(Call& call, Seat& seat, const wire::RevokeRole& revoke);
    Result<void> on(Call& call, Seat& seat, const wire::SetOverride& set);
    Result<void> on(Call& call, Seat& seat, const wire::GetOverrides& get);
    Result<void> on(Call& call, Seat& seat, const wire::Explain& explain);
    Result<void> on(Call& call, Seat& seat, const wire::CreateChannel& create);
    Result<void> on(Call& call, Seat& seat, const wire::EditChannel& edit);
    Result<void> on(Call& call, Seat& seat, const wire::MoveChannel& move);
    Result<void> on(Call& call, Seat& seat, const wire::DeleteChannel& gone);
    Result<void> on(Call& call, Seat& seat, const wire::Kick& kick);
    Result<void> on(Call& call, Seat& seat, const wire::SetServerMute& set);
    Result<void> on(Call& call, Seat& seat, const wire::MoveMember& move);
    Result<void> on(Call& call, Seat& seat, const wire::GetAudit& get);
    Result<void> on(Call& call, Seat& seat, const wire::AddBan& add);
    Result<void> on(Call& call, Seat& seat, const wire::LiftBan& lift);
    Result<void> on(Call& call, Seat& seat, const wire::ListBans& list);

    void dispatch(Call& call, const wire::ClientBody& body, std::size_t bytes);
    Result<void> charge(Peer& peer, const wire::ClientBody& body, std::size_t bytes);
    /// Counts one for the person whose seat this is, and for where they are.
    Result<void> may_do(const Seat& seat, Doing what);
    void answer(Call& call, wire::ServerBody body);
    void refuse(Call& call, const Error& error);

    // --- texts -----------------------------------------------------------------------------------
    [[nodiscard]] Peer* peer_of(Reply reply) const;
    static Reply will_reply(Call& call, const Seat& seat);
    void answer_later(Reply reply, wire::ServerBody body);
    void refuse_later(Reply reply, const Error& error);
    template <class T, class Work>
    store::Store::Done<T> then(Work work);
    /// Stores it, then accepts it.
    void keep(Reply reply, room::Message message);
    void accept(Reply reply, const room::Message& message, room::Kept kept);
    /// To new words, or else away with it.
    Result<void> change(Call& call, Seat& seat, MessageId id, std::optional<std::string> words);
    Result<void> change_found(Reply reply, room::Message message, std::optional<std::string> words);
    Result<void> keep_pace(SessionId session, ChannelId channel, std::uint64_t nonce);
    /// All texts up to this one are told, or never will be.
    [[nodiscard]] MessageId last_settled() const;
    void store_change(Reply reply, const room::Message& message);
    void log_and_erase(Reply reply, const room::Message& message);
    store::Store::Done<bool> answer_change(Reply reply, const room::Message& message);
    void give_pace_back(const room::Identity& author, AccountId account, ChannelId channel);
    /// Now and then: what rooms are to keep no longer, and what is left of who has gone.
    void prune(TimePoint now);

    // --- direct messages (letters.cpp), and what has been read (unread.cpp) -----------------------
    [[nodiscard]] Result<room::Recipient> recipient(const wire::Person& who) const;
    void send_direct(Reply reply, room::NewDirect text);
    [[nodiscard]] wire::Person wire_person(const room::Person& person) const;
    [[nodiscard]] wire::DirectText direct_text(const room::Message& message) const;
    [[nodiscard]] wire::DirectHistory direct_history(const room::Recipient& with,
                                                     const store::HistoryPage& page) const;
    [[nodiscard]] wire::PersonUnread wire_state(const store::ConversationState& state) const;
    /// What a person's sessions have asked for while the store counts for them: one at a time, as it may
    /// have much to look at, and what one session has asked for meanwhile together.
    using Replies = std::vector<Reply>;
    void count_next_unread(const room::Person& who);
    /// Answers with it; then it is the next one's turn.
    void count_unread(const room::Person& who, Replies replies, store::UnreadQuery query);
    void refuse_unread(const room::Person& who, const Replies& replies, const Error& why);
    /// Has the store take what has been read lately, and tells people's other talkies.
    void flush_read_marks();
    void tell_read(const ReadMarks::Mark& mark);

    // --- administration (administer.cpp) ---------------------------------------------------------
    /// Plans, stores and carries out, after all that was asked for before; then answers, and then
    /// tells the others. Whoever has left by then has asked for nothing. Fails with rate_limited
    /// when too many wait.
    Result<void> administer(Call& call, const Seat& seat, Command command);
    /// The same for what was asked for a while ago: a failure is told.
    void administer(Reply reply, Plan plan, Answer answer);
    Result<void> submit(Reply reply, Command command);
    /// What others are to hear of it, and who is to go where, waits for tell_changes().
    void carry_out(const room::Changes& changes);
    /// What was in order is answered by now: the rest.
    void tell_changes();

    // --- roles and rooms -------------------------------------------------------------------------
    Result<void> change_rules(Call& call, Seat& seat, RulesPlan plan, Answer answer = {},
                              Turn turn = Turn::in_order);
    /// Where the plan names no action, nothing is logged.
    Plan audited(RulesPlan plan);
    [[nodiscard]] RulesPlan edit_room(ChannelId channel, room::ChannelEdit edit) const;
    Result<void> set_room_password(Call& call, Seat& seat, ChannelId channel,
                                   const std::string& password, room::ChannelEdit edit);
    [[nodiscard]] Result<room::Subject> explained_subject(const Seat& seat,
                                                          const wire::Explain& explain) const;

    // --- the tree and the people in it (tree.cpp) ------------------------------------------------
    void come_in(Call& call, Seat& seat, ChannelId channel, const room::Joined& joined);
    /// With a password.
    Result<void> knock(Call& call, Seat& seat, const wire::Join& join);
    void relocate(room::Relocation relocation);
    /// Those who have done nothing for long, to the room that there is for that.
    void move_idle(TimePoint now);
    /// Tells the relay whether this one is heard, and hears.
    void update_voice(Seat& seat);
    TreeBoard::ViewPtr view_of(SessionId session);
    [[nodiscard]] std::vector<wire::ServerBody> view_news(const room::View& before,
                                                          const room::View& now,
                                                          const std::set<ChannelId>& changed) const;
    /// This one may see other rooms than before.
    void update_view(Seat& seat);
    /// Everybody may, or rooms look different.
    void refresh_tree();

    // --- recording (recordings.cpp) --------------------------------------------------------------
    /// The room that is seen to be recorded there from now on, or none.
    void note_recording(Seat& seat, ChannelId recorded);
    void log_recording(const Seat& seat, std::string_view action);
    /// Of everybody, at the end.
    void end_recordings();

    // --- accounts --------------------------------------------------------------------------------
    template <class T, class Then>
    Result<void> hash(Seat& seat, std::move_only_function<T()> work, Then then);
    /// One more try of whatever, by this seat's address: enough for a code, which nobody guesses.
    Result<void> may_try(const Seat& seat);
    /// One more guess of this account's password, by somebody who is it, or is yet to be.
    Result<void> may_guess(const Seat& seat, const std::string& account, Attempts::Who who);
    /// Whose session this is; nothing for a guest's, and for one that has gone.
    [[nodiscard]] const room::Account* account_of(SessionId session) const;
    /// Their own for no name, or another's that they may act on.
    [[nodiscard]] Result<const room::Account*> account_meant(SessionId session,
                                                             const std::string& name) const;
    [[nodiscard]] room::NewDevice new_device(const Seat& seat, std::string label) const;
    [[nodiscard]] room::Deed deed_of(SessionId session) const;
    [[nodiscard]] wire::ServerBody account_answer(AccountId id, std::string recovery_code) const;
    Command link_by_code(AccountId id, std::string typed, room::NewDevice device);
    struct NewPasswordPlan;
    void change_password(Reply reply, NewPasswordPlan plan);
    /// Of an account whose password was right when this was its hash.
    void renew_recovery_code(Reply reply, AccountId id, std::string password_hash);

    // --- moderation ------------------------------------------------------------------------------
    struct Act;
    Result<void> moderate(Call& call, Seat& seat, Act act);
    struct Whom {
        std::string name;
        std::string beside;
    };
    [[nodiscard]] Whom whom(SessionId session) const;
    /// On all talkies that it is about.
    void tell_acted_on(SessionId target, const wire::ActedOn& done);
    /// Part of what is told at login: what a moderator has done to them and holds still.
    void tell_silence(Seat& seat);

    // --- bans (bans.cpp) ---------------------------------------------------------------------------
    /// By its address alone, for whoever it says it is.
    [[nodiscard]] Result<void> check_address(const Peer& peer,
                                             const room::Identity& identity) const;
    /// By all of it, once the identity is proven.
    [[nodiscard]] Result<void> check_bans(const room::Visitor& visitor) const;
    [[nodiscard]] Result<void> check_account_ban(AccountId account) const;
    [[nodiscard]] room::Visitor visitor(const Peer& peer, const room::Identity& identity) const;
    [[nodiscard]] room::Visitor visitor(const Seat& seat) const;
    /// Whom such a ban is to hit.
    [[nodiscard]] Result<room::NewBan> ban_named(const wire::AddBan& add) const;
    [[nodiscard]] Result<room::NewBan> ban_meant(SessionId actor, const wire::AddBan& add) const;
    /// What of it is meant of somebody who is here.
    [[nodiscard]] Result<void> add_target(SessionId actor, const wire::AddBan& add,
                                          room::NewBan& ban) const;
    [[nodiscard]] wire::Ban ban_shown(const room::Ban& ban) const;
    /// Somebody who is to go, and what they are told.
    struct Dismissal {
        SessionId session{};
        Error why;
    };
    void dismiss_banned();
    /// Whoever bears the name of an account that is not theirs, now that this has changed.
    void note_false_names(const room::Changes& changes);
    void note_false_name(SessionId session);
    /// Who are somebody else after these changes: bans that passed over them may hit them then.
    [[nodiscard]] std::vector<SessionId> whom_bans_may_hit(const room::Changes& changes) const;

    // --- login -----------------------------------------------------------------------------------
    [[nodiscard]] Result<void> check_claims(const Peer& peer, const wire::Login& login) const;
    [[nodiscard]] Result<void> check_device(const room::PeerKeys& keys) const;
    [[nodiscard]] Result<void> check_name(const room::Identity& identity,
                                          std::string_view name) const;
    /// Whether this is somebody who can send others away.
    [[nodiscard]] bool keeps_order(const room::Identity& identity) const;
    /// Whether somebody may come in, if need be in place of somebody who is away. Who keeps order may
    /// have one of order_seats, too.
    Result<void> make_room(std::string_view name, const room::PeerKeys& keys,
                           const net::Endpoint::Address& address);
    Result<void> replace_older(std::string_view name, const room::PeerKeys& keys);
    Seat& take_seat(Peer& peer, SessionId session);
    void send_snapshot(Seat& seat);

    // --- coming back (resume.cpp) ----------------------------------------------------------------
    [[nodiscard]] wire::Welcome welcome(Seat& seat) const;
    /// The seat keeps all it has, for a while. Its peer has none from now on.
    void detach(Seat& seat);
    void give_up_away(TimePoint now);
    /// That many more seats are to be had from there: those that are kept count with the others.
    void let_go_beyond_share(const net::Endpoint::Address& address, std::size_t more);
    /// The seat that this peer has shown to be its own; null if there is none.
    [[nodiscard]] Seat* find_resumable(const Peer& peer, const wire::Resume& resume) const;
    /// Why there is none.
    [[nodiscard]] Error why_not_resumable(const Peer& peer, const wire::Resume& resume) const;
    void take_over(Seat& seat, Peer& peer);
    [[nodiscard]] std::optional<std::vector<const wire::EncodedEvent*>> missed_events(
        const Seat& seat, std::uint64_t last_seq) const;
    void hand_over_shares(Seat& seat);

    // --- keys ------------------------------------------------------------------------------------
    Result<void> check_generation(Seat& seat, StreamId stream, std::uint32_t generation);
    /// Whom shares are handed to: the others have left.
    [[nodiscard]] Result<std::vector<SessionId>> share_receivers(const Seat& seat,
                                                                 const wire::ShareKeys& keys) const;
    /// Pages of the keys of those of `sessions` who are in the seat's room.
    [[nodiscard]] std::vector<wire::MemberKeys> member_keys(
        const Seat& seat, std::span<const SessionId> sessions) const;

    // --- whispering (whispers.cpp) ---------------------------------------------------------------
    void answer_whisper(Call& call, Seat& seat, const room::WhisperKey& key);
    /// Tells the relay who is in the set now.
    void update_whisper(const room::WhisperKey& key);
    /// The same of one that has changed by whatever others do: at once, or with the next tick.
    void update_whisper_soon(const room::WhisperKey& key);
    void update_late_whispers();
    /// What a move of somebody's has changed in others' sets: that much, for which they may have to wait
    /// until they come into a set again. Nobody has to stay where they are for it.
    std::size_t charge_whispers(Seat& seat, const room::Events& events);
    /// Those who have waited long enough.
    void let_into_whispers();
    void tell_whisperer(const room::WhisperChanged& change);
    void tell_whispered_to(const room::Audience& audience, const room::WhisperOpened& opened);
    /// Part of a snapshot: who may whisper to them.
    void tell_whispers_heard(Seat& seat);
    [[nodiscard]] std::vector<wire::Member> wire_members(std::span<const SessionId> people) const;
    [[nodiscard]] wire::WhisperOpened wire_opened(const room::WhisperKey& key) const;

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
    /// Presence that everybody hears of soon, told at once where the next message needs it: keys are
    /// shared only with people on one's own screen.
    void introduce(Seat& to, std::span<const SessionId> people);
    void tell_presence_early(Seat& joiner, std::span<const SessionId> members);
    void flush_presence();

    // --- ending ----------------------------------------------------------------------------------
    /// Takes the seat and tells the others. The peer, if it is still there, has none from now on.
    void depart(SessionId session);
    void end(Peer& peer, const wire::ServerMessage& last);
    void end(Peer& peer, const wire::ServerMessage& last, Duration patience);
    /// Ends a session, be its connection there or not. What it is told it has to read at once.
    void dismiss(SessionId session, const Error& why);
    void note_if_behind(Peer& peer);
    /// Ends whoever fell behind while being told something, and tells the others, until nobody is.
    void settle();

    // --- time ------------------------------------------------------------------------------------
    void poll_speaking(TimePoint now);
    void hang_up_late(TimePoint now);
    void enforce_deadlines(TimePoint now);

    [[nodiscard]] Seat* seat_of(const Peer& peer);
    [[nodiscard]] Seat* seat_of(Reply reply) const;

    // --- who asks (at_the_machine.cpp) -----------------------------------------------------------
    /// Somebody with a session or, without one, whoever sits at the machine.
    struct Actor {
        room::Subject subject;
        std::string name;  // as the audit log has it
    };
    /// Nothing for a session that has gone.
    [[nodiscard]] std::optional<Actor> actor_of(SessionId session) const;
    /// Of a session that is there, or none.
    [[nodiscard]] room::Subject subject_of(SessionId session) const;

    Config config_;
    const Clock& clock_;
    const crypto::Identity& identity_;
    relay::Relay& relay_;
    store::Store& store_;

    Figures figures_;
    room::Model model_;
    const room::Directory& directory_;  // the model's
    TreeBoard tree_;
    room::ReservedNames reserved_;
    Durable durable_;
    Hashing& hashing_;
    Attempts attempts_;
    SlowMode slow_mode_;
    std::set<MessageId> unsettled_;  // on their way to the disk
    PersonRates rates_;
    AddressRates address_rates_;
    Farewells farewells_;
    std::vector<Dismissal> dismissals_;  // by what has just been carried out
    std::vector<room::Ban> new_bans_;    // likewise
    room::Events untold_;
    std::vector<room::Relocation> relocations_;  // by what has just been carried out
    std::vector<room::Relocation> called_in_;    // into rooms that were made for them
    std::unordered_map<SessionId, std::unique_ptr<Seat>> seats_;
    std::unordered_map<std::uint32_t, std::unique_ptr<Seat>> consoles_;  // by number; of no session
    std::uint32_t last_console_ = 0;
    std::unordered_set<Peer*> peers_;  // all between greet() and part()
    std::vector<Peer*> fallen_behind_;
    AwaySeats away_;
    AwayRoom away_room_;
    std::size_t whispers_updated_ = 0;               // in this tick_interval
    std::set<room::WhisperKey> whispers_to_update_;  // with the next tick
    std::vector<SessionId> kept_from_whispers_;      // who has waited longest comes first
    EventLog log_;
    PresenceBoard presence_;
    TimePoint speaking_due_;
    TimePoint losses_due_;
    TimePoint pruning_due_;
    TimePoint sweeping_due_;
    std::map<room::Person, Replies> unread_asked_;  // by those for whom the store counts
    ReadMarks read_marks_;
    TimePoint read_marks_due_;
    std::shared_ptr<Switchboard*> self_ = std::make_shared<Switchboard*>(this);
    bool shutting_down_ = false;
};

}  // namespace partyline::control
