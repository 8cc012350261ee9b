// Who is given our key and when, and whose key we take: the policy of docs/protocol.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "client/device_book.hpp"
#include "client/key_receiver.hpp"
#include "client/limits.hpp"
#include "client/voice_receiver.hpp"
#include "crypto/sender_key.hpp"
#include "wire/control.hpp"
#include "wire/limits.hpp"

namespace partyline::client {

// --- what it wants done, in this order -------------------------------------------------------

/// With a ticket, answered() wants to hear how it went.
struct ToServer {
    wire::ClientBody body;
    std::uint64_t ticket = 0;
};
/// From the next frame on, of the room or of a set that we whisper to.
struct UseSenderKey {
    crypto::SenderKeyMaterial key;
    StreamId stream{};
};
struct UseSpeakerKey {
    SpeakerKey key;
};
struct MemberEntered {
    SessionId session{};
};
struct MemberGone {
    SessionId session{};
};
struct SessionGone {
    SessionId session{};
};
struct RoomCleared {};
/// A member's device does not verify: there is nothing between us. Told once while it is so.
struct DeviceRefused {
    SessionId session{};
};
/// Every member who can be given our key has it.
struct KeysComplete {
    ChannelId channel{};
};

using KeyOutput = std::variant<ToServer, UseSenderKey, UseSpeakerKey, MemberEntered, MemberGone,
                               SessionGone, RoomCleared, DeviceRefused, KeysComplete>;

struct KeyExchangeCounters {
    std::uint64_t shares_dropped = 0;   // not from a member, not for this room, or not authentic
    std::uint64_t devices_refused = 0;  // members whose device does not verify
};

/// Our key goes to members of our room whose device verifies, and to nobody else. In rooms of up to
/// wire::share_on_join_members_max at once; in larger ones while we talk.
///
/// - Somebody joins: the key takes a ratchet step before it is shared with them, so that they
///   cannot open what was said before.
/// - Somebody leaves who was given it: a fresh key is shared with all who stay, and used as soon as
///   the server has handed that to all of them, or after rotation_confirm_max.
/// - We move: a fresh key at once, as nobody in the new room has another.
///
/// No thread, no socket; call tick() at next_tick(), and take what has come out after every call.
/// Owned by the session. [control]
class KeyExchange {
public:
    /// `shares_per_message` is what the server's Hello allows.
    KeyExchange(OwnDevice own, const Clock& clock, std::size_t shares_per_message);

    // What the server says.
    void joined(const wire::Joined& joined);
    void left_room();
    void member_keys(const wire::MemberKeys& page);
    void member_joined(const wire::MemberJoined& joined);
    void member_left(const wire::MemberLeft& left);
    void session_gone(SessionId session);
    void key_share(const wire::KeyShare& share);
    void key_requested(const wire::KeyRequested& request);
    void answered(std::uint64_t ticket, const std::optional<Error>& error);

    /// The connection is lost and the seat is kept: until come_back() our key stays as it is, because
    /// nobody could be given another. Answers to what was sent do not come any more.
    void go_away();
    void come_back();

    // What this side says.
    /// Everybody whom the screen shows in our room, in ascending order.
    void set_seen(std::span<const SessionId> seen);
    void key_needed(const KeyNeed& need);
    void set_talking(bool talking);

    void tick();
    [[nodiscard]] std::optional<TimePoint> next_tick() const;
    [[nodiscard]] std::vector<KeyOutput> take_outputs() { return std::exchange(outputs_, {}); }

    [[nodiscard]] std::size_t members() const { return members_.size(); }
    [[nodiscard]] const OwnDevice& own() const { return own_; }
    /// For those who share keys outside the room.
    [[nodiscard]] DeviceBook& devices() { return book_; }
    [[nodiscard]] const KeyExchangeCounters& counters() const { return counters_; }

private:
    struct Member : KeyReceiver {
        bool vouched = false;  // named by the server as of this room, not only seen
        TimePoint since;
        std::optional<TimePoint> keys_asked_at;
        std::vector<wire::KeyShare> early_shares;  // until its keys are here
    };
    using Members = std::map<SessionId, Member>;

    Members::iterator add_member(SessionId session);
    void remove_member(Members::iterator member);
    void admit(const wire::Member& member);
    void take_share(Member& member, const wire::KeyShare& share);

    void replace_key(TimePoint now);
    void use_newest_key();
    void begin_rotation(TimePoint now);
    void start_rotation(TimePoint now);
    void finish_rotation(TimePoint now);
    void take_step(TimePoint now);
    void advance(TimePoint now);
    void share_key(TimePoint now);
    void send_in_messages(std::span<Members::value_type* const> to);
    void send_shares(std::span<Members::value_type* const> to);
    void fetch_keys(TimePoint now);
    void tell_when_complete(TimePoint now);

    [[nodiscard]] bool is_large() const { return large_; }
    [[nodiscard]] bool is_talking(TimePoint now) const;
    [[nodiscard]] bool may_share(TimePoint now) const { return !is_large() || is_talking(now); }
    [[nodiscard]] Duration rotation_interval() const;
    /// Members whom the newest key should have reached, and has not.
    [[nodiscard]] bool all_confirmed(TimePoint now) const;
    [[nodiscard]] bool wants_keys_of(const Members::value_type& member, TimePoint now) const;

    // Given.
    const OwnDevice own_;
    const Clock& clock_;
    const std::size_t shares_per_message_;

    // Owned.
    DeviceBook book_{own_, clock_};
    crypto::SenderKey newest_;  // in use, unless a rotation is under way
    Members members_;
    std::map<std::uint64_t, ChannelEpoch> outstanding_;  // by ticket: what the shares covered
    std::uint64_t last_ticket_ = 0;
    std::vector<KeyOutput> outputs_;
    KeyExchangeCounters counters_;

    // The room.
    ChannelId channel_{};
    ChannelEpoch epoch_{};
    bool large_ = false;
    bool pages_complete_ = false;
    bool completion_due_ = false;  // somebody is new, and KeysComplete is to be told

    // What is due.
    bool step_due_ = false;
    bool rotation_due_ = false;
    bool away_ = false;
    std::optional<TimePoint> rotating_since_;  // shared, not in use yet
    std::optional<TimePoint> last_step_;
    std::optional<TimePoint> last_rotation_;
    TimePoint share_not_before_{};
    TimePoint ticked_at_{};

    // Talk.
    bool talking_ = false;
    TimePoint talk_held_until_{};
    Duration talked_since_step_{};
};

}  // namespace partyline::client
