// The control lane's messages as plain structs. The generated protobuf classes end behind decode()
// and encode(); proto/partyline/v1/control.proto says what each message means.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "wire/community.hpp"
#include "wire/direct.hpp"
#include "wire/keys.hpp"
#include "wire/moderation.hpp"
#include "wire/whisper.hpp"

namespace partyline::wire {

struct Limits {
    std::uint32_t name_code_points = 0;
    std::uint32_t text_bytes = 0;
    std::uint32_t frame_bytes = 0;
    std::uint32_t shares_per_message = 0;
    bool operator==(const Limits&) const = default;
};

// --- from the talkie -------------------------------------------------------------------------

struct Login {
    Bytes identity;  // 32 bytes
    Bytes x25519;    // 32 bytes
    std::vector<std::uint32_t> versions;
    Bytes signature;  // 64 bytes
    DeviceKey device;
    std::string name;
    bool operator==(const Login&) const = default;
};

struct Join {
    ChannelId channel{};
    std::string password;
    bool operator==(const Join&) const = default;
};

struct Leave {
    bool operator==(const Leave&) const = default;
};

struct SetSelfState {
    bool mute = false;
    bool deafen = false;
    bool operator==(const SetSelfState&) const = default;
};

/// To be heard above others in one's room.
struct SetPriority {
    bool on = false;
    bool operator==(const SetPriority&) const = default;
};

/// Whether one records the room that one is in.
struct SetRecording {
    bool on = false;
    bool operator==(const SetRecording&) const = default;
};

struct SendText {
    ChannelId channel{};
    std::string text;
    std::uint64_t nonce = 0;
    bool operator==(const SendText&) const = default;
};

/// What was said in the room that one is in.
struct GetHistory {
    ChannelId channel{};
    MessageId before{};          // only older ones; 0: from the newest
    std::uint32_t messages = 0;  // how many; 0: as many as a page holds
    bool operator==(const GetHistory&) const = default;
};

struct EditText {
    MessageId id{};
    std::string text;
    bool operator==(const EditText&) const = default;
};

struct DeleteText {
    MessageId id{};
    bool operator==(const DeleteText&) const = default;
};

/// Makes an account, and links this device to it.
struct ClaimAccount {
    std::string name;
    std::string password;
    std::string label;  // of this device
    bool operator==(const ClaimAccount&) const = default;
};

struct LinkDevice {
    std::string name;
    std::string secret;  // the password or the recovery code
    std::string label;
    bool operator==(const LinkDevice&) const = default;
};

struct UnlinkDevice {
    Bytes identity;    // 32 bytes
    std::string name;  // whose; empty: one's own
    bool operator==(const UnlinkDevice&) const = default;
};

struct ListDevices {
    std::string name;  // whose; empty: one's own
    bool operator==(const ListDevices&) const = default;
};

struct ChangePassword {
    std::string current;  // the password or the recovery code; of another's account: nothing
    std::string password;
    std::string name;  // whose; empty: one's own
    bool operator==(const ChangePassword&) const = default;
};

struct BecomeOwner {
    std::string token;
    bool operator==(const BecomeOwner&) const = default;
};

struct RenewRecoveryCode {
    std::string password;  // of one's own account
    bool operator==(const RenewRecoveryCode&) const = default;
};

enum class VoiceLane : std::uint8_t { unspecified = 0, udp = 1, tunnel = 2 };

struct SetVoiceLane {
    VoiceLane lane = VoiceLane::unspecified;
    bool operator==(const SetVoiceLane&) const = default;
};

/// Either way.
struct VoiceTunnel {
    Bytes datagram;
    bool operator==(const VoiceTunnel&) const = default;
};

struct ControlPing {
    std::uint64_t token = 0;
    bool operator==(const ControlPing&) const = default;
};

/// A body that this version does not know: answered with unsupported, the session goes on.
struct Unknown {
    bool operator==(const Unknown&) const = default;
};

/// In place of Login: the seat of a connection that was lost.
struct Resume {
    SessionId session{};
    Bytes token;                 // 32 bytes
    std::uint64_t last_seq = 0;  // of the last event that has come
    Bytes signature;             // 64 bytes
    bool operator==(const Resume&) const = default;
};

using ClientBody =
    std::variant<Unknown, Login, Join, Leave, SetSelfState, SendText, ShareKeys, KeyRequest,
                 GetMemberKeys, RenewDevice, SetVoiceLane, VoiceTunnel, ControlPing, GetHistory,
                 EditText, DeleteText, ClaimAccount, LinkDevice, UnlinkDevice, ListDevices,
                 ChangePassword, BecomeOwner, GetRoles, CreateRole, EditRole, DeleteRole, GrantRole,
                 RevokeRole, SetOverride, GetOverrides, Explain, CreateChannel, EditChannel,
                 MoveChannel, DeleteChannel, Resume, Kick, AddBan, LiftBan, ListBans, SetServerMute,
                 MoveMember, GetAudit, CreateInvite, ListInvites, DeleteInvite, RedeemInvite,
                 ListAccounts, DeleteAccount, SendDirect, GetDirect, GetUnread, MarkRead,
                 SetWhisper, SetPriority, SetRecording, RenewRecoveryCode>;

struct ClientMessage {
    std::uint64_t request_id = 0;
    ClientBody body;
    bool operator==(const ClientMessage&) const = default;
};

// --- from the switchboard --------------------------------------------------------------------

struct Hello {
    Bytes server_identity;  // 32 bytes
    Bytes signature;        // 64 bytes
    std::vector<std::uint32_t> versions;
    std::string server_name;
    Limits limits;
    bool operator==(const Hello&) const = default;
};

struct Welcome {
    SessionId session{};
    std::uint8_t hop_epoch = 0;
    Route route{};
    std::uint32_t version = 0;
    Bytes resume_token;                // 32 bytes
    std::uint32_t resume_seconds = 0;  // how long a lost connection's seat is kept
    bool operator==(const Welcome&) const = default;
};

struct Ok {
    bool operator==(const Ok&) const = default;
};

/// A refusal. `closing` says that the server ends the session after it.
struct Refusal {
    Error error;
    bool closing = false;
    bool operator==(const Refusal&) const = default;
};

struct ChannelPage {
    std::vector<Channel> channels;
    bool operator==(const ChannelPage&) const = default;
};

struct Presence {
    SessionId session{};
    std::string name;  // in a change, empty: as before
    ChannelId channel{};
    bool self_mute = false;
    bool self_deafen = false;
    bool speaking = false;
    bool server_mute = false;
    bool server_deafen = false;
    std::string account;  // its name; empty: a guest
    bool recording = false;
    bool priority = false;
    bool operator==(const Presence&) const = default;
};

struct PresencePage {
    std::vector<Presence> sessions;
    bool operator==(const PresencePage&) const = default;
};

struct SnapshotEnd {
    bool operator==(const SnapshotEnd&) const = default;
};

struct PresenceChanged {
    std::vector<Presence> sessions;
    std::vector<SessionId> gone;
    bool operator==(const PresenceChanged&) const = default;
};

struct Joined {
    ChannelId channel{};
    ChannelEpoch channel_epoch{};
    Route route{};
    std::uint32_t frame_ms = 0;
    std::uint32_t members = 0;
    bool operator==(const Joined&) const = default;
};

struct Text {
    MessageId id{};
    ChannelId channel{};
    SessionId session{};
    std::string name;
    std::string text;
    std::int64_t unix_ms = 0;
    Bytes author;  // the identity of whoever wrote it
    std::int64_t edited_unix_ms = 0;
    bool deleted = false;
    bool operator==(const Text&) const = default;
};

struct History {
    ChannelId channel{};
    std::vector<Text> texts;  // oldest first
    bool more = false;        // there are older ones
    bool operator==(const History&) const = default;
};

/// How a text stands now.
struct TextChanged {
    Text text;
    bool operator==(const TextChanged&) const = default;
};

/// Whose device this is now.
struct Account {
    AccountId id{};
    std::string name;
    std::string recovery_code;  // a new one, shown this once; empty: as before
    bool operator==(const Account&) const = default;
};

struct Device {
    Bytes identity;  // 32 bytes
    std::string label;
    std::int64_t linked_unix_ms = 0;
    bool operator==(const Device&) const = default;
};

struct Devices {
    AccountId account{};
    std::string name;
    bool owner = false;
    std::vector<Device> devices;
    bool operator==(const Devices&) const = default;
};

struct TextAccepted {
    MessageId id{};
    std::int64_t unix_ms = 0;
    bool operator==(const TextAccepted&) const = default;
};

struct ControlPong {
    std::uint64_t token = 0;
    bool operator==(const ControlPong&) const = default;
};

struct Goodbye {
    Error error;
    bool operator==(const Goodbye&) const = default;
};

/// The answer to Resume.
struct Resumed {
    Bytes resume_token;  // 32 bytes; the one before has been used up
    std::uint8_t hop_epoch = 0;
    Route route{};
    std::uint64_t seq = 0;  // the next event has the number after this one
    bool replayed = false;  // all missed events follow; otherwise a snapshot does
    ChannelId channel{};    // where the seat is now
    ChannelEpoch channel_epoch{};
    std::uint32_t frame_ms = 0;
    bool operator==(const Resumed&) const = default;
};

using ServerBody =
    std::variant<Unknown, Hello, Welcome, Ok, Refusal, ChannelPage, PresencePage, SnapshotEnd,
                 PresenceChanged, Joined, MemberKeys, MemberJoined, MemberLeft, Text, TextAccepted,
                 KeyShare, KeyRequested, VoiceTunnel, ControlPong, Goodbye, History, TextChanged,
                 Account, Devices, Roles, Overrides, Explanation, ChannelsChanged, ChannelCreated,
                 Moved, Resumed, Bans, Audit, InviteCreated, Invites, Accounts, Direct,
                 DirectHistory, DirectChanged, Unread, ReadChanged, WhisperMembers, WhisperChanged,
                 WhisperOpened, WhisperClosed, ActedOn>;

struct ServerMessage {
    std::uint64_t seq = 0;
    std::uint64_t reply_to = 0;
    ServerBody body;
    bool operator==(const ServerMessage&) const = default;
};

// --- bytes -----------------------------------------------------------------------------------

/// One message as protobuf bytes, without the frame's length.
Bytes encode(const ClientMessage& message);
Bytes encode(const ServerMessage& message);

/// Fails with malformed for bytes that are not such a message or a field outside its type's range
/// (a key that is not 32 bytes, a signature that is not 64, a stream above 7, a number that does
/// not fit); with too_large for a list or text above its limit in limits.hpp. A body that is
/// missing or unknown decodes to Unknown. The texts' contents are not judged here.
Result<ClientMessage> decode_client(ByteView message);
Result<ServerMessage> decode_server(ByteView message);

/// The name of the body's kind, as control.proto spells it: for logs and errors.
std::string_view name_of(const ClientBody& body);
std::string_view name_of(const ServerBody& body);

/// The body of a ServerMessage that goes to many, encoded once: only seq differs for each
/// receiver. append_event() completes it to a frame without encoding the body again.
class EncodedEvent {
public:
    explicit EncodedEvent(const ServerBody& body);
    /// Appends length, seq (unless it is 0) and body to `out`.
    void append_event(Bytes& out, std::uint64_t seq) const;
    /// Of the body.
    [[nodiscard]] std::size_t size() const { return body_.size(); }

private:
    Bytes body_;
};

}  // namespace partyline::wire
