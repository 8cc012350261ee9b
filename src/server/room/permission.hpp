// What one may do, as named bits. docs/permissions.md says what each allows and how they are decided.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace partyline::room {

/// The numbers are stored and on the wire: never changed, never used again.
enum class Permission : std::uint8_t {
    // Decided for each room.
    see = 0,  // that the room is there
    enter = 1,
    speak = 2,
    write = 3,
    read_history = 4,
    whisper = 5,
    priority_speaker = 6,
    mute_others = 7,  // and deafen them
    move_others = 8,
    manage_messages = 9,  // delete what others wrote
    make_temporary = 10,  // rooms inside this one
    manage_channel = 11,  // edit, move, delete it; make rooms inside it
    manage_locks = 12,    // who may do what in it
    // Decided for the whole server; what a room says of them does not count.
    kick = 13,
    ban = 14,
    manage_roles = 15,
    manage_accounts = 16,
    invite = 17,
    bypass_limits = 18,  // seats, slow mode, passwords
    read_audit = 19,
    administer = 20,    // everything, everywhere
    write_direct = 21,  // to people, in no room
    // Decided for each room, as those before kick.
    record = 22,  // what is said in it, for all to see
};
inline constexpr std::uint8_t permission_count = 23;

/// A set of permissions; a value.
class PermissionSet {
public:
    constexpr PermissionSet() = default;
    constexpr PermissionSet(std::initializer_list<Permission> permissions) {
        for (const auto permission : permissions) {
            bits_ |= bit(permission);
        }
    }
    /// Bits that this version does not know are dropped.
    static constexpr PermissionSet from_bits(std::uint64_t bits) {
        PermissionSet set;
        set.bits_ = bits & all_bits;
        return set;
    }
    static constexpr PermissionSet all() { return from_bits(all_bits); }

    [[nodiscard]] constexpr std::uint64_t bits() const { return bits_; }
    [[nodiscard]] constexpr bool has(Permission permission) const {
        return (bits_ & bit(permission)) != 0;
    }
    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
    [[nodiscard]] constexpr bool contains(PermissionSet other) const {
        return (other.bits_ & ~bits_) == 0;
    }

    constexpr PermissionSet operator|(PermissionSet other) const {
        return from_bits(bits_ | other.bits_);
    }
    constexpr PermissionSet operator&(PermissionSet other) const {
        return from_bits(bits_ & other.bits_);
    }
    constexpr PermissionSet operator-(PermissionSet other) const {
        return from_bits(bits_ & ~other.bits_);
    }
    constexpr bool operator==(const PermissionSet&) const = default;

private:
    static constexpr std::uint64_t all_bits = (std::uint64_t{1} << permission_count) - 1;
    static constexpr std::uint64_t bit(Permission permission) {
        return std::uint64_t{1} << static_cast<std::uint8_t>(permission);
    }
    std::uint64_t bits_ = 0;
};

}  // namespace partyline::room
