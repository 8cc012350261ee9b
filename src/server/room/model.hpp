// The blueprint: every channel, every session, and the rules for what one may do to the other.
//
// A Session is a seat, not a connection: the model neither knows nor asks what carries it, so a
// seat may later outlive its connection. Commands return what is to be told; nothing is sent from
// here. A refused command has changed nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "server/room/decide.hpp"
#include "server/room/events.hpp"
#include "server/room/limits.hpp"
#include "server/room/recent_texts.hpp"
#include "server/room/silences.hpp"
#include "server/room/types.hpp"
#include "server/room/whispers.hpp"

namespace partyline::room {

struct Session {
    Presence presence;
    PeerKeys keys;
    MessageId came_after{};  // the newest kept text that was said before they came into their room
    bool kept_from_whispers = false;
};

struct ChannelState {
    Channel channel;
    ChannelEpoch epoch{};            // counts the joins and leaves
    std::vector<SessionId> members;  // in the order of joining
    bool crowded = false;            // so many that they had better send fewer packets
    bool closed = false;             // has gone, but for those who are yet to be moved out
};

struct Options {
    std::size_t sessions_max = room::sessions_max;
    MessageId last_message{};  // no text gets this id, nor one below it
    std::size_t whisper_members_max = room::whisper_members_max;
    std::size_t whispers_heard_max = room::whispers_heard_max;
};

struct LoggedIn {
    SessionId session{};
    Events events;
};

struct Joined {
    ChannelEpoch epoch{};
    std::size_t members = 0;
    Events events;
};

struct SelfState {
    bool mute = false;
    bool deafen = false;  // implies mute
};

struct NewText {
    ChannelId channel{};
    std::string text;
    std::uint64_t nonce = 0;  // zero: the talkie gave none, and a repeat is another text
    std::int64_t unix_ms = 0;
};

/// Whom a message is to go to: somebody online, a device that one knows, or an account.
using WhoIsMeant = std::variant<SessionId, Identity, std::string>;

struct Recipient {
    Person person;
    std::string name;
    /// Named by a device that is not here. Only who has exchanged messages with them learns more, and
    /// may go on with that.
    bool absent = false;
    bool operator==(const Recipient&) const = default;
};

struct NewDirect {
    Recipient to;
    std::string text;
    std::uint64_t nonce = 0;
    std::int64_t unix_ms = 0;
};

/// What somebody brings who wants to join a room that asks for a password.
enum class Door : std::uint8_t { locked, unlocked };

enum class TextAct : std::uint8_t { edit, erase };

/// Whether the disk keeps a text. What it does not keep waits for no disk, is told before earlier ones that do,
/// and can never be changed.
enum class Kept : std::uint8_t { no, yes };

/// Somebody who may not stay where they are, and where they go. Zero: nowhere.
struct Relocation {
    SessionId session{};
    ChannelId to{};
    bool operator==(const Relocation&) const = default;
};

struct Applied {
    Events events;
    /// In this order, each carried out and told before the next: whoever is told of a move hears of
    /// the room as it is then.
    std::vector<Relocation> relocations;
};

/// A set that may be named, judged and not yet set.
struct WhisperPlan {
    WhisperKey key;
    WhisperTargets targets;  // none: the set is taken back
    std::set<SessionId> members;
};

/// What somebody hears and cannot open.
struct MissingKey {
    SessionId speaker{};
    std::uint64_t kid = 0;
    StreamId stream{};  // zero: the room
};

struct ShareScope {
    ChannelId channel{};
    ChannelEpoch epoch{};  // the membership that the shares cover
};

/// Owned by the control lane, and used on its executor alone. Every SessionId passed to a command
/// is that of a session that is here (a broken program throws), except where a
/// peer named it.
class Model {
public:
    /// Fails with config for channels that make no tree: ids used twice or zero, a parent that
    /// does not come before its child, names that are wrong or taken by a sibling, too many.
    static Result<Model> create(Records records, Options options);
    /// With the built-in roles, and nobody who has an account.
    static Result<Model> create(const std::vector<Channel>& channels, Options options);

    // Commands.
    /// Whether somebody may come in under this name, taking the place of the session `older`, which
    /// goes before they come.
    [[nodiscard]] Result<void> may_log_in(std::string_view name,
                                          std::optional<SessionId> older) const;
    Result<LoggedIn> log_in(std::string name, PeerKeys keys);
    Events log_out(SessionId session);
    /// Whether join() would let them in from another room.
    [[nodiscard]] Result<void> may_join(SessionId session, ChannelId channel) const;
    /// To join the room one is in changes nothing and is not refused. Fails with unknown_channel
    /// (also for a room that one may not see), not_permitted, room_full or bad_password.
    Result<Joined> join(SessionId session, ChannelId channel, Door door = Door::locked);
    Result<Events> leave(SessionId session);
    Events set_self_state(SessionId session, SelfState state);
    /// To be heard above others, until one leaves the room or may not any more. Fails with not_in_room or
    /// not_permitted; to stop is never refused.
    Result<Events> set_priority(SessionId session, bool on);
    /// To be seen to record the room, likewise.
    Result<Events> set_recording(SessionId session, bool on);
    [[nodiscard]] Result<void> may_record(SessionId session) const;
    /// Nobody speaks who is muted, may not, or is in no room.
    Events set_speaking(SessionId session, bool speaking);

    // What moderators do. Each fails with not_permitted (also for oneself, and for somebody whose rank
    // is not below the actor's), or unknown_session.
    [[nodiscard]] Result<void> may_kick(SessionId actor, SessionId target) const;
    /// Needs the permission by one's roles, as it holds everywhere, and where the target is. It holds
    /// for all sessions of the same account, and for those to come. Fails also as plan_silence() of
    /// silences.hpp does.
    [[nodiscard]] Result<Changes> plan_silence(SessionId actor, SessionId target,
                                               NewSilence made) const;
    /// Needs the permission where the target is and where they are to go; zero: to no room. Fails
    /// also with unknown_channel and room_full. No password is asked for.
    [[nodiscard]] Result<void> may_move(SessionId actor, SessionId target, ChannelId to) const;
    /// As far as it is about the target alone.
    [[nodiscard]] Result<void> may_be_moved(SessionId target, ChannelId to) const;
    // What is remembered changes: planned by the rules, made durable, and then applied.
    /// Whoever may not be any more where they are goes to the nearest room above that they may
    /// enter, else to the first room that they may enter, else to no room. Nobody gets past a password
    /// by it. Once they have gone there, judge_whispers() does the rest.
    Applied apply(const Changes& changes);
    /// Asks for no permission, seat or password. To go where one is changes nothing.
    Events relocate(Relocation relocation);
    /// Temporary rooms that nobody has come to are gone.
    Events sweep();

    // A text is judged, then stored by whoever asks, then told: three commands, as the disk takes
    // its time and anything may happen meanwhile.
    /// Whether compose() would.
    [[nodiscard]] Result<void> may_say(SessionId session, const NewText& text) const;
    /// Gives it an id above all before. Nobody is told yet.
    Result<Message> compose(SessionId session, NewText text);
    /// It is stored: those who are in the room now hear of it, whether its author is still here or
    /// not. What is kept is told in the order of its ids.
    Events said(SessionId session, const Message& message, Kept kept = Kept::yes);
    /// How a device's text was taken, so that a repeat is answered as the first time, on whatever
    /// connection.
    void remember(const Identity& author, std::uint64_t nonce, AcceptedText accepted);
    /// Its author, on any device of the account that it was written for, may edit or delete a text, from
    /// the room it is in; who manages messages there may delete it.
    [[nodiscard]] Person author_of(const Message& message) const;
    [[nodiscard]] Result<void> may_change(SessionId session, const Message& message,
                                          TextAct act) const;
    /// Whether that session may look up what was said in this room.
    [[nodiscard]] Result<void> may_read(SessionId session, ChannelId channel) const;
    /// Told to those in its room who may look it up or have heard it said: what an old text says now is as little
    /// for others as what it said.
    [[nodiscard]] Events text_changed(Message message) const;

    // Direct messages, and who is to notice what (model_letters.cpp).
    /// Fails with unknown_person.
    [[nodiscard]] Result<Recipient> recipient(const WhoIsMeant& who) const;
    /// Fails with not_permitted.
    [[nodiscard]] Result<void> may_write_direct(SessionId session) const;
    /// As compose().
    Result<Message> compose_direct(SessionId session, NewDirect text);
    [[nodiscard]] Person person(SessionId session) const;
    /// Where they are logged in, the longest-lived first.
    [[nodiscard]] std::vector<SessionId> sessions_of(const Person& person) const;
    /// Whom a text of that session mentions, beside its author.
    [[nodiscard]] std::vector<Person> mentioned_by(SessionId session, std::string_view text) const;
    /// Whether unread texts of that room are counted for this session: it may look up what is said
    /// there, and no password keeps it out.
    [[nodiscard]] bool may_follow(SessionId session, ChannelId channel) const;
    [[nodiscard]] MessageId last_message() const { return last_message_; }

    // Whispering (model_whispers.cpp).
    /// Whom the set of that stream, 1 to 7, is to name in place of whom it named before; repeats and
    /// oneself do not count. Fails with unknown_session, unknown_channel (also for a room that one may
    /// not see), not_permitted for somebody who is where one may not whisper, or too_large.
    [[nodiscard]] Result<WhisperPlan> plan_whisper(WhisperKey key,
                                                   std::span<const SessionId> sessions,
                                                   std::span<const ChannelId> channels) const;
    /// A plan of just now. The epoch rises whether or not anybody comes or goes.
    Events set_whisper(const WhisperPlan& plan);
    /// By the rules as they are now. Needed after apply() only: the sets follow whatever else happens
    /// by themselves.
    Events judge_whispers();
    /// From now on this person comes into no set, whatever they or others do; and is still out of one
    /// at once. For whoever goes to and fro among many whisperers, who are to be told of it only so
    /// often.
    void keep_from_whispers(SessionId session);
    /// Ends that, and takes them into all sets in which they are wanted and there is room.
    Events let_into_whispers(SessionId session);

    Events renew_device(SessionId session, DeviceKey device);
    /// Fails with unknown_session, or not_in_room for somebody whom one is not to hear there.
    Result<Events> request_key(SessionId session, const MissingKey& missing) const;

    // Questions.
    [[nodiscard]] const Directory& directory() const { return directory_; }
    /// Whose device it is: linked, and unlinked, while the session goes on.
    [[nodiscard]] Subject subject(SessionId session) const;
    [[nodiscard]] bool may(SessionId session, ChannelId channel, Permission permission) const;
    /// Whether join() would ask this session for the room's password.
    [[nodiscard]] bool is_locked(SessionId session, ChannelId channel) const;
    /// How a text with this nonce was taken before; nothing when there was none, or for zero.
    [[nodiscard]] std::optional<AcceptedText> find_text(SessionId session,
                                                        std::uint64_t nonce) const;
    /// Which of `to` a key share is to be handed to: the others have left since the epoch it
    /// names. Fails with bad_key_share for somebody who cannot have been there.
    [[nodiscard]] Result<std::vector<SessionId>> share_receivers(
        SessionId session, ShareScope scope, std::span<const SessionId> to) const;
    /// The same of a set. Fails with bad_key_share also where there is none.
    [[nodiscard]] Result<std::vector<SessionId>> whisper_receivers(
        const WhisperKey& key, ChannelEpoch epoch, std::span<const SessionId> to) const;
    [[nodiscard]] const Whispers& whispers() const { return whispers_; }
    /// Whether that person is in the set.
    [[nodiscard]] bool whispers_to(const WhisperKey& key, SessionId person) const;
    /// The newest session that logged in with this identity.
    [[nodiscard]] std::optional<SessionId> session_of(const PeerKeys& keys) const;
    [[nodiscard]] const Session* find(SessionId session) const;
    [[nodiscard]] const ChannelState* find(ChannelId channel) const;
    /// Who online bears that name, in any spelling that counts as the same.
    [[nodiscard]] std::optional<SessionId> find(std::string_view name) const;
    /// Whether both are in the same room.
    [[nodiscard]] bool together(SessionId a, SessionId b) const;
    [[nodiscard]] const std::map<SessionId, Session>& sessions() const { return sessions_; }
    [[nodiscard]] const std::map<ChannelId, ChannelState>& channels() const { return channels_; }

private:
    explicit Model(Options options)
        : options_(options),
          last_message_(options.last_message),
          last_said_(options.last_message) {}

    Result<void> add_channel(ChannelRecord record);
    [[nodiscard]] Result<void> may_join(const Session& session, const ChannelState& to,
                                        Door door) const;
    void put_up(const Channel& channel);
    /// Where those go who are in a room that is to go, or may not be there any more.
    [[nodiscard]] ChannelId refuge(const Session& session, std::span<const ChannelId> above) const;
    /// Removes a room that is closed and empty.
    void take_down(ChannelId channel, Events& events);
    [[nodiscard]] Result<void> may_act(SessionId actor, SessionId target) const;
    [[nodiscard]] std::set<Person> people_here() const;
    /// Or it is none that is meant.
    [[nodiscard]] bool is_there(ChannelId room) const;
    /// What somebody asks to be shown of themselves, in the room that they are in, and as long as they may.
    struct Mark {
        bool Presence::* shown;
        Permission needed;
        const char* in_no_room;   // why it is refused
        const char* not_allowed;  // likewise
    };
    static const Mark priority_mark;
    static const Mark recording_mark;
    [[nodiscard]] Result<void> may_be_shown(SessionId session, const Mark& mark) const;
    Result<Events> show(SessionId session, const Mark& mark, bool on);
    /// What is shown of somebody, but they have not said themselves.
    void judge(Session& session) const;
    void judge(Session& session, Events& events) const;
    /// Between those that its people are by now: a guest's device may have been linked meanwhile.
    [[nodiscard]] Message as_it_is_now(Message message) const;
    [[nodiscard]] Audience readers_of(const Message& message) const;
    [[nodiscard]] Result<void> may_change_direct(SessionId session, const Direct& direct) const;
    void enter(Session& session, ChannelState& to, Events& events);
    /// Takes the session out of its room, if it is in one.
    void exit(Session& session, Events& events);

    [[nodiscard]] Result<void> check_receivers(SessionId session,
                                               std::span<const SessionId> to) const;

    /// Who has come into a set and who has left it: nobody does both at once.
    struct Turnover {
        std::vector<SessionId> joined;
        std::vector<SessionId> left;
    };
    using Turnovers = std::map<WhisperKey, Turnover>;
    [[nodiscard]] Result<void> may_name(SessionId session, SessionId person) const;
    [[nodiscard]] Result<void> may_name(SessionId session, ChannelId channel) const;
    /// Whether this person, who is not the whisperer, is to be in the set, if there is room.
    [[nodiscard]] bool is_wanted(const WhisperKey& key, SessionId person) const;
    /// All such people.
    [[nodiscard]] std::set<SessionId> wanted(SessionId whisperer,
                                             const WhisperTargets& named) const;
    [[nodiscard]] bool is_full(const WhisperKey& key) const;
    [[nodiscard]] bool hears_enough(SessionId person) const;
    /// How much of what somebody can hear is taken.
    struct Ear {
        bool is_full = false;
        std::size_t most = 0;  // sets of one whisperer
        WhisperKey last;       // of these
    };
    [[nodiscard]] Ear ear_of(SessionId person) const;
    /// Whether one more of the whisperer's is heard: of somebody whose ear is full, only if one of
    /// another is heard no more for it who has the most and then still as many. So a few who whisper
    /// on all their streams leave nobody unheard.
    [[nodiscard]] bool has_room(const Ear& ear, SessionId person, SessionId whisperer) const;
    /// Where there is room.
    void admit(const WhisperKey& key, SessionId person, Turnovers& news);
    /// `freed` gets whoever heard enough and may now hear another.
    void drop(const WhisperKey& key, SessionId person, Turnovers& news,
              std::vector<SessionId>& freed);
    /// Takes in whoever is wanted and not in the set.
    void fill(const WhisperKey& key, Turnovers& news);
    /// The sets that were full until somebody in them had to hear another.
    void fill_vacated(Turnovers& news);
    /// Takes the person into all sets in which they are wanted.
    void seek(SessionId person, Turnovers& news);
    /// Somebody is in another room than before.
    void update_whispers(SessionId person, Events& events);
    /// Somebody goes. They are in no room any more.
    void end_whispers(SessionId person, Events& events);
    /// `gone` is told nothing.
    void tell(const Turnovers& news, SessionId gone, Events& events);
    static void tell_members(const WhisperKey& key, Turnover turnover, SessionId gone,
                             Events& events);
    void tell_renewed(SessionId person, Events& events) const;

    Options options_;
    Directory directory_;
    std::map<ChannelId, ChannelState> channels_;
    std::map<SessionId, Session> sessions_;
    std::unordered_map<std::string, SessionId> names_;  // folded, of those online
    // Ordered, as whoever picks the keys could pick them to collide.
    std::map<std::array<std::byte, 32>, SessionId> identities_;
    SaidLately said_lately_;
    Whispers whispers_;
    std::vector<WhisperKey> vacated_;  // empty but within a command
    bool rules_changed_ = false;       // since judge_whispers()
    SessionId last_session_{};
    MessageId last_message_{};
    MessageId last_said_{};  // of those that are kept: a later one may be on its way to the disk
};

}  // namespace partyline::room
