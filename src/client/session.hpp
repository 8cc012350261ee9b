// One seat at a switchboard: what the server says becomes the model, keys and events; what the
// person wants becomes requests.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "client/backoff.hpp"
#include "client/device_book.hpp"
#include "client/estate.hpp"
#include "client/key_exchange.hpp"
#include "client/missed_letters.hpp"
#include "client/missed_texts.hpp"
#include "client/model.hpp"
#include "client/talkie.hpp"
#include "client/voice_link.hpp"
#include "client/volumes.hpp"
#include "client/whisper_keys.hpp"
#include "client/whisper_sets.hpp"
#include "client/whisperers.hpp"
#include "crypto/identity.hpp"
#include "dsp/format.hpp"
#include "wire/control.hpp"

namespace partyline::client {

class ModelView;

/// What a session needs of the world. Nothing here calls back into the session. [control]
class SessionPort {
public:
    virtual ~SessionPort() = default;

    virtual void send(const wire::ClientMessage& message) = 0;
    virtual void emit(const Event& event) = 0;
    virtual void to_up(UpCommand command) = 0;
    virtual void to_down(DownCommand command) = 0;
    /// The snapshot is whole: pings may begin.
    virtual void begin_voice() = 0;
    /// The first room is entered: what comes may be heard. Others may have given us their keys long
    /// before ours has reached the slowest of them.
    virtual void begin_playout() = 0;
    /// Its keys are exchanged: what is captured will be heard by all who are there.
    virtual void begin_capture() = 0;
    /// Everybody has been told that we record our room, as record() asked for; or we are not to record it (any more).
    virtual void may_record(bool may) = 0;
    /// The session is over, for this reason.
    virtual void end(Error reason) = 0;
};

/// What Login is sent with; all that follows counts on from it.
inline constexpr std::uint64_t login_request_id = 1;
/// What Resume is sent with: no request of a session has it.
inline constexpr std::uint64_t resume_request_id = login_request_id;

/// What the handshake brought.
struct Seating {
    SessionId session{};
    Route route{};
    Connected connected;
    wire::Limits limits;  // as the server has told them
};

/// From Welcome to the end, through connections that break. No thread, no socket; call tick() at
/// next_tick(). Owned by the talkie's control thread, or by a test. [control]
class Session {
public:
    struct Given {
        SessionPort& port;
        const Clock& clock;
        const crypto::Identity& identity;
        Volumes& volumes;
    };
    Session(Given given, Seating seating, OwnDevice own, Estate estate);

    /// The connection is lost: what the next session is to be made with. What cannot be taken along
    /// is refused to whoever asked for it. The last call.
    Estate leave_behind();

    /// The connection is lost, and the server keeps our seat: voice goes on, and what is asked for
    /// waits. What must not be asked twice and has no answer yet is refused.
    void go_away();
    /// While away: leave() will be called, and not one more word is to go out before.
    void fall_silent();
    /// The seat is ours again; what we have missed comes next.
    void come_back(const wire::Resumed& resumed);
    [[nodiscard]] bool away() const { return away_; }
    /// Of the last event that has come.
    [[nodiscard]] std::uint64_t last_seq() const { return last_seq_; }

    void receive(const wire::ServerMessage& message);
    void take(VoiceReport report);

    /// `password` is empty for a room that asks for none.
    void join(ChannelId channel, const std::string& password = {});
    void leave();
    void say(std::string text);
    void history(MessageId before, std::uint32_t texts);
    void edit(MessageId id, std::string text);
    void erase(MessageId id);
    void account(AccountCommand command);
    void set_self_state(bool mute, bool deafen);
    void set_priority(bool on);
    void set_volume(SessionId person, Volume volume);
    /// Whether we want to record our room; may_record() tells the answer.
    void record(bool wanted);
    void administer(Administration command);
    void letters(LetterCommand command);
    void invites(InviteCommand command);
    void whisper(WhisperCommand command);

    void tick();
    [[nodiscard]] TimePoint next_tick() const;

    [[nodiscard]] SessionId session() const { return seating_.session; }
    [[nodiscard]] const crypto::PublicKey& server_id() const { return keys_.own().server_id; }
    [[nodiscard]] const Model& model() const { return model_; }
    /// What the model knows, once it is ready.
    void show(ModelView& view);
    [[nodiscard]] const HeardReport& heard() const { return heard_; }
    [[nodiscard]] Lane lane() const { return lane_; }
    /// Grows with whatever changes heard() or lane().
    [[nodiscard]] std::uint64_t heard_revision() const { return heard_revision_; }

private:
    enum class Asked : std::uint8_t {
        join,
        leave,
        say,
        history,
        edit,
        erase,
        self_state,
        claim,
        link,
        unlink,
        devices,
        password,
        owner,
        recovery_code,
        administration,
        missed,
        write,
        letters,
        unread,
        mark_read,
        invite,
        use_invite,
        whisper,
        priority,
        record,
        keys,
        whisper_keys,
        whisper_again,
        priority_again,
        missed_letters,
        other
    };
    struct Request {
        Asked asked = Asked::other;
        std::uint64_t ticket = 0;
        bool back = false;                        // the join that returns us to where we were
        bool of_way_back = false;                 // a leave: while that join had no answer yet
        std::string_view command = {};            // of administration, which one
        std::optional<Administration> then = {};  // once we know the role's number
        wire::Roles roles = {};                   // that `then` is about
        std::optional<MakeInvite> invite = {};
        /// Kept until it is answered, to be asked again on the same seat; Unknown if it must not be.
        wire::ClientBody body = {};
        bool repeated = false;
        std::string password = {};  // of a join
    };

    void ask(ClaimAccount claim);
    void ask(LinkDevice link);
    void ask(UnlinkDevice unlink);
    void ask(ListDevices list);
    void ask(ChangePassword change);
    void ask(BecomeOwner become);
    void ask(RenewRecoveryCode renew);
    void ask(WriteLetter letter);
    void ask(const ReadLetters& read);
    void ask(AskUnread unread);
    void ask(const MarkRead& mark);
    void ask(MakeInvite make);
    void ask(ListInvites list);
    void ask(TakeBackInvite back);
    void ask(UseInvite use);
    // Of roles (roles.cpp).
    void ask(MakeRole make, Request asked);
    void ask_with_roles(Administration command, Request asked);
    void go_on(const Request& asked, const GiveRole& give, const wire::Roles& roles);
    void go_on(const Request& asked, const MakeRole& make, const wire::Roles& roles);
    void go_on(const Request& asked, const EditRole& edit, const wire::Roles& roles);
    void go_on(const Request& asked, const DeleteRole& gone, const wire::Roles& roles);
    void go_on(const Request& asked, const SetRoomRule& rule, const wire::Roles& roles);
    void go_on(const Request& asked, const ListRoomRules& list, const wire::Roles& roles);
    template <class Other>
    void go_on(const Request&, const Other&, const wire::Roles&) {}
    /// Null, and refused, if there is none.
    const wire::Role* role_named(const Request& asked, const wire::Roles& roles,
                                 std::string_view name);
    void ask(SetWhisper set);
    void ask(Whisper whisper);
    void make_invite(const MakeInvite& make, RoleId role);
    void make_invite(const MakeInvite& make, const wire::Roles& roles);
    /// False, and refused, if it cannot be anybody.
    bool is_somebody(const Correspondent& correspondent, Asked asked);
    void send_letter(UnsentLetter letter);
    /// The same person by what outlasts their session, as far as we know it: their account, or of a guest
    /// whose keys we have the identity.
    [[nodiscard]] Correspondent lasting(Correspondent correspondent);
    [[nodiscard]] Letter letter(const wire::DirectText& text) const;
    /// Which account is ours, if these say so.
    void note_account(const std::vector<wire::Presence>& people);
    /// The server takes a text of one identity and nonce once, even after a restart of either side.
    static std::uint64_t random_nonce();
    /// As Refused, and others, tell it.
    static std::string command_word(Asked asked);
    /// False, and refused, if too many wait already.
    bool request(wire::ClientBody body, Request request);
    /// Looks up what was missed in our room; where we know of no text there yet, at least which is the
    /// newest, so that what comes after it can be looked up one day.
    void look_up_texts();
    void take_missed(const wire::History& history);
    /// Asks what is unread, and then for what of it the person has not been told of.
    void look_up_letters();
    void ask_missed_letters();
    void take_missed(const wire::DirectHistory& history);
    [[nodiscard]] LettersReceived to_letters(const wire::DirectHistory& history) const;
    void send_text(Unsaid text);
    // The way back (session_return.cpp).
    static bool may_be_repeated(const wire::ClientBody& body);
    static std::string in_doubt(Asked asked);
    /// Whether this answers, in other words, a repeat of what was done the first time.
    [[nodiscard]] bool was_done_before(const Request& request, ErrorCode code) const;
    void forget_older(const wire::ClientBody& body);
    void ask_again();
    void settle_snapshot();
    static bool is_move(Asked asked) { return asked == Asked::join || asked == Asked::leave; }
    /// Whether something of that has no answer yet.
    [[nodiscard]] bool is_asked(Asked asked) const {
        return std::ranges::contains(requests_, asked,
                                     [](const auto& entry) { return entry.second.asked; });
    }
    [[nodiscard]] bool is_back_asked() const {
        return std::ranges::any_of(requests_, [](const auto& entry) { return entry.second.back; });
    }
    /// Whether a join or a leave of ours has no answer yet.
    [[nodiscard]] bool is_moving() const;
    /// Takes those back that are seen to have been carried out.
    void forget_moves(const wire::Resumed& resumed);
    void take_place(const wire::Resumed& resumed, bool moved);
    /// Parts of leave_behind(): `stays` unless we were on our way to another room.
    void take_words(Estate& estate, bool stays);
    void take_requests(Estate& estate, bool stays);
    void go_back();
    void be_back();
    /// Zero if it is not there any more.
    [[nodiscard]] ChannelId former_room() const;
    void ask_for_way_back();
    void back_refused(const Error& error);
    /// Whether the server refuses this leave only since the way back has failed.
    [[nodiscard]] bool is_out_already(const Request& request, ErrorCode code) const;
    void leave_not_needed();
    void stay_out(Error error);
    /// Where somebody goes whose room is not to be had: the rooms above it, the nearest first, then the
    /// first ones that there are.
    void find_other_rooms();
    void try_another_room();
    /// We are not to be there any more.
    void forget_way_back();
    void refuse_unsaid();
    /// Whoever was told that they are in a room is not.
    void tell_out();
    void refuse(Asked asked, Error error);
    void refuse(const Request& request, Error error);
    void emit_all(const Model::Events& events);
    /// Does what key exchange wants done.
    void pump_keys();
    void carry_out(ToServer output);
    void keys_answered(const Request& request, const std::optional<Error>& error);
    void forget_session(SessionId session);
    void carry_out(UseSenderKey output);
    void carry_out(DeviceRefused output);
    void carry_out(KeysComplete output);
    template <class ForVoiceDown>
    void carry_out(ForVoiceDown output) {
        port_.to_down(std::move(output));
    }
    void update_open();
    // How people are heard (session_hearing.cpp).
    /// As Volumes has them; empty for somebody of whom no more is known than a name.
    [[nodiscard]] std::string volume_owner_of(const Person& person);
    [[nodiscard]] Volume volume_of(const Person& person);
    /// Tells voice-down and the model what has changed: of everybody, or of one whose account, priority
    /// or device may be another.
    void update_hearing();
    void update_hearing(SessionId session);
    /// And why it came to nothing, should it have been asked for and not begun yet.
    void end_recording(Error if_not_begun);
    void end_recording_elsewhere();
    void begin_recording_if_shown();
    void heed_presence(std::span<const wire::Presence> told);
    /// Whether we have it in our room is what the server showed last.
    void heed_own_priority(const std::vector<wire::Presence>& people);
    // Whispering (session_whisper.cpp).
    /// Does what the keys for whispers and those who whisper to us want done.
    void pump_whispers();
    void carry_out(WhispererEntered output);
    void carry_out(WhisperingChange output) { port_.emit(output); }
    void carry_out_whisper(ToServer output);
    template <class Other>
    void carry_out_whisper(Other output) {
        carry_out(std::move(output));
    }
    void whisper_to(StreamId stream);
    void tell_whisper_set(StreamId stream);
    void update_whispers();
    [[nodiscard]] bool is_whisper_set_asked(StreamId stream) const;
    void ask_whispers_again();
    void hush_whisperers();
    void take_up_whispers();
    void renew_whispers();
    void whispers_refused(const Request& request, const Error& error);
    /// The server's wish, whenever it is told; zero is none.
    void set_frame_ms(std::uint32_t frame_ms);
    void update_bitrate_cap();
    void presence_changed();
    /// We are in this room now, or, with none, out of any.
    void entered(const wire::Joined& joined, bool moved);
    void left(bool moved, Route route);
    /// As we had asked for.
    void has_left(Route route);
    void use_route(Route route);
    [[nodiscard]] KeptText kept(const wire::Text& text) const;

    // --- answers -----------------------------------------------------------------------------
    void on_answer(const Request& request, const wire::Joined& joined);
    void on_answer(const Request& request, const wire::Refusal& refusal);
    void on_answer(const Request& request, const wire::MemberKeys& keys);
    void on_answer(const Request& request, const wire::History& history);
    void on_answer(const Request& request, const wire::Account& account);
    void on_answer(const Request& request, const wire::Devices& devices);
    void on_answer(const Request& request, const wire::Ok& ok);
    void on_answer(const Request& request, const wire::Moved& moved);
    void on_answer(const Request& request, const wire::Roles& roles);
    void on_answer(const Request& request, const wire::Overrides& overrides);
    void on_answer(const Request& request, const wire::Explanation& explanation);
    void on_answer(const Request& request, const wire::ChannelCreated& created);
    void on_answer(const Request& request, const wire::Bans& bans);
    void on_answer(const Request& request, const wire::Audit& audit);
    void on_answer(const Request& request, const wire::TextAccepted& accepted);
    void on_answer(const Request& request, const wire::DirectHistory& history);
    void on_answer(const Request& request, const wire::Unread& unread);
    void on_answer(const Request& request, const wire::InviteCreated& created);
    void on_answer(const Request& request, const wire::Invites& invites);
    void on_answer(const Request& request, const wire::WhisperMembers& members);
    template <class Other>
    void on_answer(const Request&, const Other&) {}

    // --- events ------------------------------------------------------------------------------
    void on(const wire::ChannelPage& page);
    void on(const wire::ChannelsChanged& change);
    void on(const wire::Moved& moved);
    void on(const wire::ActedOn& done);
    void on(const wire::PresencePage& page);
    void on(const wire::PresenceChanged& change);
    void on(const wire::SnapshotEnd& end);
    void on(const wire::MemberKeys& keys);
    void on(const wire::MemberJoined& joined);
    void on(const wire::MemberLeft& left);
    void on(const wire::KeyShare& share);
    void on(const wire::KeyRequested& request);
    void on(const wire::Text& text);
    void on(const wire::TextChanged& change);
    void on(const wire::Direct& direct);
    void on(const wire::DirectChanged& changed);
    void on(const wire::ReadChanged& changed);
    void on(const wire::WhisperMembers& members);
    void on(const wire::WhisperChanged& change);
    void on(const wire::WhisperOpened& opened);
    void on(const wire::WhisperClosed& closed);
    void on(const wire::Refusal& refusal);
    void on(const wire::Goodbye& goodbye);
    template <class Other>
    void on(const Other&) {}

    // --- reports of the voice threads --------------------------------------------------------
    void on_report(std::monostate) {}
    void on_report(const SpurtChanged& report);
    void on_report(const AudioStarted& report) { port_.emit(report); }
    void on_report(const MicFinished& report) { port_.emit(report); }
    void on_report(const VoiceLowered& report) { port_.emit(report); }
    void on_report(const SpeakingChange& report);
    void on_report(const KeyNeed& report);
    void on_report(const LaneChanged& report);
    void on_report(const std::unique_ptr<HeardReport>& report);

    // Given.
    SessionPort& port_;
    const Clock& clock_;
    const crypto::Identity& identity_;
    Volumes& volumes_;
    const Seating seating_;

    // Owned.
    Model model_;
    KeyExchange keys_;
    WhisperKeys whisper_keys_;
    Whisperers whisperers_;
    WhisperSets whisper_sets_;
    Estate estate_;
    std::map<std::uint64_t, Request> requests_;
    std::map<std::uint64_t, Unsaid> saying_;  // by request, until it is answered
    std::map<std::uint64_t, UnsentLetter> writing_;
    std::string account_;  // the name of ours; empty: none that we know of
    ChannelId heading_{};  // where we are once all requests are answered
    /// To the room we were in, not to one in its place.
    bool going_back_ = false;
    struct WayBack {
        ChannelId to{};
        std::optional<TimePoint> again;  // ask once more then: the server could not let us in yet
        std::vector<ChannelId> others;   // to be tried instead, the last one first
    };
    /// Until we are in a room.
    WayBack way_back_;
    Backoff backoff_;
    MissedTexts missed_;  // of our room
    MissedLetters missed_letters_;
    std::uint64_t last_request_ = login_request_id;
    std::uint64_t last_seq_ = 0;
    bool away_ = false;
    bool silent_ = false;  // see fall_silent()
    /// From which on all is told anew, until it has been.
    struct Anew {
        wire::Resumed resumed;
        bool moved = false;  // where we are is not where we wanted to be
    };
    std::optional<Anew> anew_;
    Route route_{};
    std::uint64_t last_ping_token_ = 0;
    HeardReport heard_;
    Lane lane_ = Lane::tunnel;
    std::uint64_t heard_revision_ = 1;

    std::uint32_t frame_ms_ = dsp::frame_ms;
    std::uint32_t bitrate_cap_ = 0;
    std::string room_password_;  // that our room was entered with
    unsigned leaves_asked_ = 0;
    bool mute_ = false;
    bool deafen_ = false;
    bool wants_priority_ = false;  // as was asked for last
    bool priority_ = false;        // the server has granted it in our room
    bool open_ = false;
    bool wants_recording_ = false;
    bool recording_granted_ = false;          // by the server's Ok; not everybody has been told yet
    bool records_ = false;                    // and everybody has been told
    StreamId whispering_{};                   // where what is said goes
    std::bitset<streams_max> whispers_open_;  // as open_, by stream
    std::bitset<streams_max> whispers_to_tell_;
    std::array<std::vector<SessionId>, streams_max> whispers_told_;  // as WhisperSet has
    TimePoint whispers_not_before_{};                                // to be asked for again
    std::map<SessionId, SetHearing> hearing_told_;  // of those who are heard otherwise than usual
    bool room_talking_ = false;
    bool playout_begun_ = false;
    bool capture_begun_ = false;
    TimePoint last_heard_;
    TimePoint next_ping_;
    TimePoint next_renewal_;
};

}  // namespace partyline::client
