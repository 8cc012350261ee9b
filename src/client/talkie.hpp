// The whole talkie without a screen: commands in, events out. app, cli, bots and tests are its users.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "client/administration.hpp"
#include "client/capture.hpp"
#include "client/invites.hpp"
#include "client/letters.hpp"
#include "client/recording.hpp"
#include "client/volume.hpp"
#include "client/whisper.hpp"

namespace partyline::client {

/// Where a switchboard listens when nobody says otherwise: wire's, for those who see only us.
inline constexpr std::uint16_t default_port = 47180;

/// How the server's identity is checked on connecting.
struct ServerTrust {
    /// Insist on this fingerprint (base64url of SHA-256 of the server's identity key).
    std::optional<std::string> fingerprint;
    /// Where pins are kept: one line a server. Empty: nothing is pinned and `fingerprint` is needed.
    std::string known_servers_path;
};

struct Settings {
    std::string host;
    std::uint16_t port = default_port;
    std::string name;
    /// The file with our identity; made if it is not there. Empty: one for this run only.
    std::string identity_path;
    ServerTrust trust;
    /// "none", "device", "device:NAME" or a file. A file's end is silence.
    std::string mic = "none";
    /// The same, or "stereo:FILE".
    std::string speaker = "none";
    /// Where it is kept how loud each person was set. Empty: for this run only.
    std::string volumes_path = {};
    /// What becomes of the voice before it is sent; nothing: usual_capture(mic).
    std::optional<CaptureSettings> capture = {};
    /// Off: never try UDP, tunnel all voice (for tests, and networks that punish UDP).
    bool use_udp = true;
    /// When a connection that stood is lost, come back by itself: to the same room, as muted and
    /// deafened as before, with what was said meanwhile. Off: Disconnected.
    bool reconnect = true;
};

// --- what a talkie knows ---------------------------------------------------------------------

struct Room {
    ChannelId id{};
    ChannelId parent{};
    std::string name;
    std::string topic;
    std::uint32_t order = 0;
    std::string icon = {};              // an emoji, or nothing
    std::uint32_t bitrate_bps_max = 0;  // of each speaker; 0: whatever it likes
    std::uint32_t seats_max = 0;        // 0: as many as come
    std::uint32_t slow_mode_s = 0;      // between two texts of one person; 0: none
    bool password = false;              // one is asked for
    bool temporary = false;             // vanishes with its last member

    bool operator==(const Room&) const = default;
};

struct Person {
    SessionId session{};
    std::string name;
    ChannelId channel{};
    bool self_mute = false;
    bool self_deafen = false;
    bool speaking = false;     // in our room: as heard; elsewhere: as the server tells
    bool server_mute = false;  // may not speak where they are, or at all
    bool server_deafen = false;
    std::string account = {};  // its name; empty for a guest
    bool priority = false;     // while they speak, the others are lowered
    Volume volume = {};        // as set_volume() has it
    bool recording = false;    // the room they are in

    bool operator==(const Person&) const = default;
};

enum class Lane : std::uint8_t { tunnel, udp };

/// What was heard of one speaker, in our room and whispered to us, in frames of 10 ms unless said otherwise.
struct HeardStats {
    SessionId speaker{};
    std::string name;
    std::uint64_t packets_received = 0;
    std::uint64_t packets_lost = 0;  // SFrame counters that never came
    std::uint64_t packets_late = 0;
    std::uint64_t packets_unopened = 0;  // no key, wrong key or replayed
    std::uint64_t frames_played = 0;
    std::uint64_t frames_recovered = 0;
    std::uint64_t frames_concealed = 0;
    double delay_target_ms = 0;
    double delay_current_ms = 0;
};

struct VoiceStats {
    std::uint64_t packets_sent = 0;
    std::uint64_t frames_captured = 0;
    // How often our threads came too late: what the microphone gave was lost, the speaker went without.
    std::uint64_t capture_overruns = 0;
    std::uint64_t playout_underruns = 0;
    std::uint64_t frames_slow = 0;  // captured, and worked on for longer than they last
    double round_trip_ms = 0;       // of the last pong; 0 before the first
    Lane lane = Lane::tunnel;
    CaptureStats capture;
    std::vector<HeardStats> heard;
};

// --- accounts --------------------------------------------------------------------------------

/// Makes an account of that name, which this device is linked to.
struct ClaimAccount {
    std::string name;
    std::string password;
    std::string label;  // of this device, for people; may be empty
};
/// Links this device to an account that is there.
struct LinkDevice {
    std::string name;
    std::string secret;  // the password or the recovery code
    std::string label;
};
struct UnlinkDevice {
    std::string device;  // as LinkedDevice has it
    std::string name;    // whose; empty: one's own
};
struct ListDevices {
    std::string name;  // whose; empty: one's own
};
struct ChangePassword {
    std::string current;  // the password or the recovery code; of another's account: nothing
    std::string password;
    std::string name;  // whose; empty: one's own
};
/// Makes one's account the owner of the server, with the token that it printed when it started.
struct BecomeOwner {
    std::string token;
};
/// A recovery code in place of one that is lost; AccountChanged brings it.
struct RenewRecoveryCode {
    std::string password;  // of one's own account
};
/// AccountChanged, DevicesReceived or Done tells how it went, or Refused.
using AccountCommand = std::variant<ClaimAccount, LinkDevice, UnlinkDevice, ListDevices,
                                    ChangePassword, BecomeOwner, RenewRecoveryCode>;

struct LinkedDevice {
    std::string device;  // its identity in base64url
    bool own = false;    // this one
    std::string label;
    std::int64_t linked_unix_ms = 0;
};

// --- events ----------------------------------------------------------------------------------

struct Connected {
    SessionId session{};
    std::string server_name;
    std::string fingerprint;
    bool first_use = false;  // the server's identity was not known before and is pinned now
    /// Back after Reconnecting, under another session. Rooms and people are told anew; RoomEntered
    /// follows if there was a room, at once or when the server has time for us. If it is gone or closed
    /// to us, RoomLeft and Refused follow, and then RoomEntered for one in its place, if any lets us in.
    /// Voice starts in the tunnel again, and its figures at zero.
    bool again = false;
    /// With `again`: the session goes on as if nothing had been. Nobody else has noticed, nothing is told
    /// anew, and what happened meanwhile follows.
    bool resumed = false;
};
/// The connection is lost, or a try to get back has failed: the next one comes after `wait`. Told
/// before each. What is asked for meanwhile waits.
struct Reconnecting {
    Error reason;
    Duration wait{};
};
/// The end; no event follows. `error.code` is `closed` when it was asked for.
struct Disconnected {
    Error error;
};
struct RoomsChanged {};  // rooms() has the new tree
struct PersonChanged {
    Person person;
    std::optional<ChannelId> moved_from;
    /// First seen, by name. Somebody may be in our room some milliseconds before their name is
    /// known; they are shown, with a stand-in for it, from that moment.
    bool arrived = false;
};
struct PersonLeft {
    Person person;
};
struct RoomEntered {
    ChannelId channel{};
    bool moved = false;  // unasked: by the server, or as our room is not to be had any more
};
struct RoomLeft {
    bool moved = false;
};
/// The key exchange with everybody now in the room is complete: all will hear us. Told on entering,
/// and again when it is complete with somebody who came later. In rooms too large to share keys on
/// joining it is told at once, as keys go out when one talks. Capture begins with the
/// first, or when we first whisper; playout has begun with the first RoomEntered, or when somebody first
/// may whisper to us.
struct KeysReady {
    ChannelId channel{};
};
struct TextReceived {
    MessageId id{};
    ChannelId channel{};
    SessionId session{};
    std::string name;
    std::string text;
    std::int64_t unix_ms = 0;
};
/// A text as it is kept.
struct KeptText {
    MessageId id{};
    std::string name;  // of whoever wrote it, as it was then
    bool own = false;  // written by this identity
    std::string text;  // empty once deleted
    std::int64_t unix_ms = 0;
    std::int64_t edited_unix_ms = 0;  // 0: never
    bool deleted = false;
};
/// The answer to history(): what was said before. Oldest first; no news, whoever may read it now.
/// With `missed`, unasked: what was said in our room while we were away, if more was than the server
/// could repeat. How far the room's texts go is looked up on entering it; only where that was not answered
/// before the loss, or we may not read them, nobody can tell what was missed.
struct HistoryReceived {
    ChannelId channel{};
    std::vector<KeptText> texts;
    bool more = false;  // there are older ones; with `missed`, that were missed, too
    bool missed = false;
};
/// A text of our room was edited or deleted: this is how it stands now.
struct TextChanged {
    ChannelId channel{};
    KeptText text;
};
/// The account that this device is linked to now, or whose password was changed.
struct AccountChanged {
    std::string command;  // as in Refused
    AccountId id{};
    std::string name;
    std::string recovery_code;  // a new one, to be written down: shown this once; empty: as before
};
struct DevicesReceived {
    AccountId account{};
    std::string name;
    bool owner = false;
    std::vector<LinkedDevice> devices;  // in the order of linking
};
/// A command was carried out that no other event tells of, or `edit` or `erase` was, of which TextChanged
/// or LetterChanged tells all whom it concerns; `command` as in Refused.
struct Done {
    std::string command;
};
/// Somebody in our room, but ourselves, records it, or does no more. Told on entering, too, of those who do.
struct RecordingSeen {
    Person person;
    bool recording = false;
};
struct SpeakingChanged {
    SessionId session{};
    bool speaking = false;
};
struct LaneChanged {
    Lane lane = Lane::tunnel;
};
/// The microphone or the loudspeakers failed, or work again; `message` says it to the person. So does a file that was
/// to take what is heard, when it takes no more or, at the end, has a hole.
struct DeviceChanged {
    enum class State : std::uint8_t { lost, stand_in, back };
    bool capture = false;
    State state = State::lost;
    std::string message;
};
/// What somebody in our room, or in a set of whispers with us, showed as their key is not theirs, or its
/// time is over: we do not hear each other. Either their program is broken or the server tries to listen in.
struct MemberRefused {
    Person person;
};
/// A command was refused; `command` says which in a word.
struct Refused {
    std::string command;
    Error error;
};
/// Audio began to flow: capture or playout of the first sample, on the monotonic clock.
struct AudioStarted {
    bool capture = false;
    TimePoint at;
};
/// What music goes out with from now on: told as it begins, and when the room leaves it more or less.
struct MusicRate {
    unsigned bitrate_bps = 0;
    bool capped = false;  // it would take more, but the room leaves no more
};
/// The file behind the microphone has been spoken to its end.
struct MicFinished {};
/// The machine does not keep up with all that was to be done to the voice, or does so again.
struct VoiceLowered {
    CaptureLoad load;
};

using Event = std::variant<
    Connected, Reconnecting, Disconnected, RoomsChanged, PersonChanged, PersonLeft, RoomEntered,
    RoomLeft, KeysReady, TextReceived, HistoryReceived, TextChanged, SpeakingChanged, LaneChanged,
    DeviceChanged, MemberRefused, Refused, AudioStarted, MusicRate, MicFinished, VoiceLowered,
    AccountChanged, DevicesReceived, Done,
    // Of administration.
    RolesReceived, RoomRulesReceived, Explained, Administered, BansReceived, AuditReceived, ActedOn,
    // Of direct messages, and of what is unread.
    LetterReceived, LetterAccepted, LetterChanged, LettersReceived, UnreadReceived, ReadElsewhere,
    // Of invites.
    InviteMade, InvitesReceived, InviteUsed,
    // Of whispering.
    WhisperSet, WhisperingChange,
    // Of recording.
    RecordingSeen, RecordingChanged>;

/// A live connection to one switchboard, renewed when it is lost, with threads of its own. Every member is [any];
/// events come on the talkie's control thread, one at a time, and may call back into the talkie.
class Talkie {
public:
    /// Opens files and devices and starts connecting; Connected or Disconnected tells how that
    /// went. Fails for settings that can never work: a file, a device, a name, an identity.
    static Result<std::unique_ptr<Talkie>> start(Settings settings,
                                                 std::function<void(const Event&)> on_event);
    /// Leaves in order, waits at most a second for that, and joins all threads.
    virtual ~Talkie() = default;

    // Commands given before Connected wait for it, and so do those while Reconnecting; beyond
    // early_commands_max they are Refused. After Disconnected they do nothing.
    /// `password` only for a room that asks for one (Room::password).
    virtual void join(ChannelId channel, std::string password) = 0;
    void join(ChannelId channel) { join(channel, {}); }
    virtual void leave() = 0;
    virtual void say(std::string text) = 0;
    /// What was said in our room before the text `before` (0: the newest); HistoryReceived tells.
    virtual void history(MessageId before, std::uint32_t texts) = 0;
    /// One's own text.
    virtual void edit(MessageId id, std::string text) = 0;
    virtual void erase(MessageId id) = 0;
    virtual void account(AccountCommand command) = 0;
    virtual void set_self_state(bool mute, bool deafen) = 0;
    /// To be heard above others in the room we are in; Done or Refused tells. It ends with leaving the room.
    virtual void set_priority(bool on) = 0;
    /// How loud somebody is to be heard here, now and in every later run: kept by their account, or else
    /// by their device, which is known of whoever has been in a room with us. PersonChanged follows, or
    /// Refused.
    virtual void set_volume(SessionId session, Volume volume) = 0;
    virtual void administer(Administration command) = 0;
    virtual void letters(LetterCommand command) = 0;
    virtual void invites(InviteCommand command) = 0;
    virtual void whisper(WhisperCommand command) = 0;
    /// RecordingChanged tells of it, or Refused.
    virtual void record(RecordRoom wish) = 0;
    virtual void stop_recording() = 0;
    /// From the next frame on, connected or not. Music is Refused ("music") where a room leaves too little for it, now
    /// or whenever that comes to be so later: then it is voice_instead_of() that, until music is asked for again.
    virtual void set_capture(CaptureSettings settings) = 0;
    /// The key of Activation::push.
    virtual void talk(bool pressed) = 0;
    /// Ends in order; Disconnected follows.
    virtual void disconnect() = 0;

    // Copies of the model as of the last event.
    [[nodiscard]] virtual std::vector<Room> rooms() const = 0;
    [[nodiscard]] virtual std::vector<Person> people() const = 0;
    [[nodiscard]] virtual std::optional<ChannelId> current_room() const = 0;
    [[nodiscard]] virtual VoiceStats voice_stats() const = 0;
};

/// The room at "Room/Sub room" in a tree, by name from the top; matched exactly, else without
/// regard to ASCII case when that is unambiguous. Fails with unknown_channel, naming what exists.
Result<ChannelId> find_room(const std::vector<Room>& rooms, std::string_view path);

}  // namespace partyline::client
