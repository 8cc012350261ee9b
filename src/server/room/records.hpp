// What a switchboard remembers when it stops: plain data, as the store keeps it and the rules read it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "server/room/message.hpp"
#include "server/room/permission.hpp"
#include "server/room/person.hpp"
#include "server/room/types.hpp"

namespace partyline::room {

using AddressBytes = std::array<std::uint8_t, 16>;

// --- who -------------------------------------------------------------------------------------

struct Role {
    RoleId id{};
    std::string name;
    /// Nobody acts on, or gives away, what is not below their own rank. 0 for Guest; a person has
    /// the highest rank of their roles.
    std::uint16_t rank = 0;
    PermissionSet grants;
    bool built_in = false;  // cannot be deleted
    bool operator==(const Role&) const = default;
};

/// Every store begins with these (built_in_roles()); their ids are fixed.
inline constexpr RoleId guest_role{1};   // everybody has it
inline constexpr RoleId member_role{2};  // every account has it
inline constexpr RoleId moderator_role{3};
inline constexpr RoleId admin_role{4};

struct Account {
    AccountId id{};
    std::string name;           // reserved: nobody else may bear it
    std::string password_hash;  // Argon2id as libsodium writes it; empty: none set
    std::string recovery_hash;  // of the recovery code; empty: none, or used
    std::vector<RoleId> roles;  // beside Guest and Member
    bool owner = false;         // may do everything, outranks everybody
    std::int64_t created_unix_ms = 0;
    bool operator==(const Account&) const = default;
};

struct Device {
    Identity identity{};
    AccountId account{};
    std::string label;
    std::int64_t linked_unix_ms = 0;
    bool operator==(const Device&) const = default;
};

// --- where -----------------------------------------------------------------------------------

/// What a room says of one role; a permission in neither is inherited.
struct Override {
    PermissionSet allow;
    PermissionSet deny;
    bool operator==(const Override&) const = default;
};

struct ChannelRecord {
    Channel channel;            // `password` says whether there is a hash
    std::string password_hash;  // Argon2id as libsodium writes it; empty: none
    std::map<RoleId, Override> overrides;
    bool operator==(const ChannelRecord&) const = default;
};

// --- who not ---------------------------------------------------------------------------------

/// The first `prefix_bits` of an address; IPv4 in its mapped form, so at least 96 bits for it.
struct AddressRange {
    AddressBytes address{};
    std::uint8_t prefix_bits = 128;
    bool operator==(const AddressRange&) const = default;
};

/// Hits whoever matches any of what is given.
struct Ban {
    BanId id{};
    std::optional<Identity> identity;
    AccountId account{};
    std::optional<AddressRange> range;
    std::string name;  // whom it was meant for, for people to read
    std::string reason;
    std::string by;
    std::int64_t created_unix_ms = 0;
    std::int64_t until_unix_ms = 0;  // 0: for good
    std::uint32_t rank = 0;          // of whoever placed it
    bool operator==(const Ban&) const = default;
};

/// Somebody whom a moderator has muted or deafened, wherever they come from.
struct Silence {
    Person whose;
    bool mute = false;
    bool deafen = false;
    std::uint32_t rank = 0;  // of whoever did it
    /// The account that this device has left, from which it has it; zero: nobody but a moderator has
    /// done it.
    AccountId left{};
    std::int64_t unix_ms = 0;
    std::string reason = {};  // as they were told
    bool operator==(const Silence&) const = default;
};

/// Lets somebody in who brings the token, and gives a role. Good for as long as its maker may give
/// what it gives.
struct Invite {
    InviteId id{};
    std::array<std::byte, 32> token_hash{};  // SHA-256
    RoleId role{};                           // 0: none but Guest
    ChannelId channel{};                     // where it leads; 0: nowhere
    std::uint32_t uses_left = 1;
    std::int64_t until_unix_ms = 0;  // 0: for good
    std::string by;
    AccountId maker = {};  // a Subject's: 0 for a guest, at_the_machine's without an account
    std::set<Person> used_by = {};
    bool operator==(const Invite&) const = default;
};

/// Who did what to whom, when and why. Names as they were then.
struct AuditEntry {
    std::int64_t unix_ms = 0;
    std::string actor;
    std::string action;  // one word: kick, ban, mute, role_changed …
    std::string target;
    std::string reason;
    std::string detail;
    /// Whose recording it is of: each person has a share of these lines. Not read back.
    Person recorder = {};
    bool operator==(const AuditEntry&) const = default;
};

// What people do of their own accord, as often as they like.
/// That they record.
inline constexpr std::string_view recording_begun = "recording_begun";
inline constexpr std::string_view recording_ended = "recording_ended";
inline bool is_of_recording(const AuditEntry& entry) {
    return entry.action == recording_begun || entry.action == recording_ended;
}
/// That they have an account, link devices to it and drop them, and change what it is entered by.
inline constexpr std::string_view account_claimed = "account_claimed";
inline constexpr std::string_view device_linked = "device_linked";
inline constexpr std::string_view device_unlinked = "device_unlinked";
inline constexpr std::string_view password_changed = "password_changed";
inline constexpr std::string_view recovery_code_renewed = "recovery_code_renewed";
/// Not what others do to it.
inline bool is_of_own_account(const AuditEntry& entry) {
    return entry.actor == entry.target &&
           (entry.action == account_claimed || entry.action == device_linked ||
            entry.action == device_unlinked || entry.action == password_changed ||
            entry.action == recovery_code_renewed);
}

// --- how it changes --------------------------------------------------------------------------

/// And takes it from every account, override and invite.
struct DropRole {
    RoleId id{};
    bool operator==(const DropRole&) const = default;
};
/// With its devices, and its silence.
struct DropAccount {
    AccountId id{};
    bool operator==(const DropAccount&) const = default;
};
struct DropDevice {
    Identity identity{};
    bool operator==(const DropDevice&) const = default;
};
/// With what was said in it. Its children have been dropped or moved before.
struct DropChannel {
    ChannelId id{};
    bool operator==(const DropChannel&) const = default;
};
struct DropBan {
    BanId id{};
    bool operator==(const DropBan&) const = default;
};
struct DropInvite {
    InviteId id{};
    bool operator==(const DropInvite&) const = default;
};
/// Has one use less; its last one is a DropInvite.
struct UseInvite {
    InviteId id{};
    Person by;
    bool operator==(const UseInvite&) const = default;
};
struct DropSilence {
    Person whose;
    bool operator==(const DropSilence&) const = default;
};
/// SHA-256 of the token that makes an account the owner; none once it was used.
struct SetOwnerToken {
    std::optional<std::array<std::byte, 32>> token_hash;
    bool operator==(const SetOwnerToken&) const = default;
};
/// `away_room` of the configuration names a room: whatever becomes of that, the name is no slip of the
/// pen.
struct KnowAwayRoom {
    std::string path;
    bool operator==(const KnowAwayRoom&) const = default;
};

/// A record given as itself replaces the one with its id (of its person), or is new. A temporary channel is nothing
/// to the store.
using Change = std::variant<Role, DropRole, Account, DropAccount, Device, DropDevice, ChannelRecord,
                            DropChannel, Ban, DropBan, Invite, DropInvite, UseInvite, Silence,
                            DropSilence, SetOwnerToken, KnowAwayRoom, AuditEntry>;
/// Become durable together, or not at all.
using Changes = std::vector<Change>;

/// All that is remembered, but for messages, read markers and the audit log: read once, at the start.
struct Records {
    std::vector<Role> roles;
    std::vector<Account> accounts;
    std::vector<Device> devices;
    std::vector<ChannelRecord> channels;  // a parent before its children
    std::vector<Ban> bans;
    std::vector<Invite> invites;
    std::vector<Silence> silences;
    std::optional<std::array<std::byte, 32>> owner_token_hash;
    std::string known_away_room = {};  // as the last KnowAwayRoom has it
    // The highest ids ever given out: none is used again, whatever was deleted since.
    RoleId last_role{};
    AccountId last_account{};
    ChannelId last_channel{};
    BanId last_ban{};
    InviteId last_invite{};
    MessageId last_message{};
    bool operator==(const Records&) const = default;
};

}  // namespace partyline::room
