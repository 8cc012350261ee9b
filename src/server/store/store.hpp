// What must not be lost, behind one small interface: on one machine SQLite, in a cluster a server.
//
// Nothing here knows a rule: who may change what is decided in server/room before it comes here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "server/room/message.hpp"
#include "server/room/recent_texts.hpp"
#include "server/room/records.hpp"
#include "server/room/types.hpp"
#include "server/store/figures.hpp"

namespace partyline::store {

/// Messages of one room, the newest page first.
struct HistoryQuery {
    ChannelId channel{};
    MessageId before{};  // only older ones; 0: from the newest
    std::size_t messages_max = 50;
};
struct HistoryPage {
    std::vector<room::Message> messages;  // oldest first
    bool more = false;                    // there are older ones
};

/// A change to a message that is there already. Who made it has been judged.
struct MessageEdit {
    MessageId id{};
    std::string text;
    std::int64_t unix_ms = 0;
    std::vector<room::Person> mentions;  // in place of those before
};

/// What two people wrote to each other, the newest page first.
struct DirectQuery {
    room::Person one;
    room::Person other;
    MessageId before{};  // as in HistoryQuery
    std::size_t messages_max = 50;
};

/// How far somebody has read in a room, or in what they and another write to each other. A marker
/// never goes back. One of no room and nobody says from where on rooms count that have none; of
/// these the first holds.
struct ReadMarker {
    room::Person who;
    ChannelId channel{};
    std::optional<room::Person> with;
    MessageId to{};
    std::int64_t unix_ms = 0;
};

struct UnreadQuery {
    room::Person who;
    std::vector<ChannelId> rooms;      // that they may read
    std::optional<room::Person> with;  // this conversation alone
    std::size_t people_max = 0;        // otherwise so many of the newest
};
/// Counts are of others' texts that are not deleted, up to unread_counted_max, among the newest
/// unread_looked_at_max.
struct RoomState {
    ChannelId channel{};
    std::uint32_t unread = 0;
    std::uint32_t mentions = 0;
    MessageId read_to{};
    bool operator==(const RoomState&) const = default;
};
struct ConversationState {
    room::Person with;
    std::string name;  // as last heard of
    std::uint32_t unread = 0;
    MessageId last{};
    MessageId read_to{};
    bool operator==(const ConversationState&) const = default;
};
struct Unread {
    std::vector<RoomState> rooms;           // as asked for
    std::vector<ConversationState> people;  // the newest conversation first
};

/// The audit log, the newest page first.
struct AuditQuery {
    std::uint64_t before = 0;  // an id; 0: from the newest
    std::size_t entries_max = 50;
};
struct AuditRecord : room::AuditEntry {
    std::uint64_t id = 0;
};
struct AuditPage {
    std::vector<AuditRecord> entries;  // newest first
    std::uint64_t next = 0;            // the last one's id, if there are older ones
};

/// Owned by main. Every member is [control]; each `Done` is called on the control executor, once,
/// never from inside the call, those of writes in the order of submission. It fails with store_failed, in words
/// for a person, when the disk is full, read-only or broken: then nothing of this call was kept, and
/// later calls may succeed again.
class Store {
public:
    template <class T>
    using Done = std::move_only_function<void(Result<T>)>;

    /// Waits for what was submitted to become durable. What was not answered by then never is.
    virtual ~Store() = default;

    // At the start, in this order; these wait for the disk.
    /// Brings the rooms of the configuration file in among those that were made or changed while
    /// the server ran (docs/hosting.md says how), and gives all that are there now, parents before
    /// their children.
    virtual Result<std::vector<room::Channel>> settle(std::vector<room::Channel> channels) = 0;
    /// What is remembered. The built-in roles are there from the first.
    virtual Result<room::Records> records() = 0;
    /// As apply(), but waits.
    virtual Result<void> apply_and_wait(room::Changes changes) = 0;

    /// No message before the start had a higher id, stored or not.
    [[nodiscard]] virtual MessageId last_id() const = 0;
    /// An id was given to a text that is not kept. Fails with store_failed, and then the text must not be
    /// told, when the disk has not taken so high an id: it might be given once more after a restart.
    virtual Result<void> note_id(MessageId id) = 0;

    /// Durable when `done` is called. A message whose author and nonce were stored before is not
    /// stored again: `done` gets the id and time of the first.
    virtual void append(room::Message message, Done<room::AcceptedText> done) = 0;
    /// `done` gets whether there was such a message: of one that is not there, or deleted by then,
    /// nothing is changed.
    virtual void edit(MessageEdit edit, Done<bool> done) = 0;
    /// Leaves a tombstone. `done` as above.
    virtual void erase(MessageId id, std::int64_t unix_ms, Done<bool> done) = 0;
    /// The same at the time of this line, which is in the audit log from then on: both, or neither.
    virtual void erase_and_log(MessageId id, room::AuditEntry line, Done<bool> done) = 0;
    // What is to be forgotten goes little by little: other writes pass in between, and `done` is called
    // when all is gone. An end does not wait for that; what is left is found the next time.
    /// Drops what is older, or more, than is to be kept in this room; nothing any more once the room is to keep
    /// something else.
    virtual void prune(ChannelId channel, room::Retention retention, std::int64_t now_unix_ms,
                       Done<void> done) = 0;

    /// All of them are durable when `done` is called, or none. Whether they may be is judged before;
    /// what contradicts the records (a room inside none that is there) fails.
    virtual void apply(room::Changes changes, Done<void> done) = 0;
    virtual void audit(AuditQuery query, Done<AuditPage> done) = 0;

    /// [any]
    [[nodiscard]] virtual Figures figures() const { return {}; }
    /// [any] Writes what nobody reads, so that figures() soon tell whether the disk takes it.
    virtual void probe() {}

    virtual void find(MessageId id, Done<std::optional<room::Message>> done) = 0;
    virtual void history(HistoryQuery query, Done<HistoryPage> done) = 0;

    // Direct messages are appended, edited and erased like others. What a device had as a guest's
    // becomes its account's when apply() links it.
    virtual void direct(DirectQuery query, Done<HistoryPage> done) = 0;
    virtual void mark_read(std::vector<ReadMarker> markers, Done<void> done) = 0;
    virtual void unread(UnreadQuery query, Done<Unread> done) = 0;
    /// Drops direct messages that are older than so many days (0: none are).
    virtual void prune_direct(std::uint32_t days, std::int64_t now_unix_ms, Done<void> done) = 0;
    /// Drops what is left of rooms and accounts that are gone, and what guests have read who have not
    /// come back for guest_markers_days_max.
    virtual void sweep(std::int64_t now_unix_ms, Done<void> done) = 0;
};

}  // namespace partyline::store
