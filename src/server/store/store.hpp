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
#include "server/room/recent_texts.hpp"
#include "server/room/records.hpp"

namespace partyline::store {

/// Messages of one place, the newest page first, in the order of their ids.
struct HistoryQuery {
    room::Place place;
    MessageId before{};  // only older ones; 0: from the newest
    std::size_t messages_max = 50;
};
struct HistoryPage {
    std::vector<room::Message> messages;  // oldest first
    bool more = false;                    // there are older ones
};

/// What an account has not read in a place.
struct Unread {
    room::Place place;
    std::uint64_t messages = 0;
    std::uint64_t mentions = 0;
    MessageId read{};
};

struct AuditQuery {
    std::uint64_t before = 0;  // an entry's number; 0: from the newest
    std::size_t entries_max = 100;
};
struct NumberedAuditEntry {
    std::uint64_t number = 0;
    room::AuditEntry entry;
};

/// A change to a message that is there already. The author or a moderator made it; that was judged.
struct MessageEdit {
    MessageId id{};
    std::string text;
    std::vector<AccountId> mentions;
    std::int64_t unix_ms = 0;
};

/// Owned by main. Every member is [control]; each `Done` is called on the control executor, once, in
/// the order of submission, never from inside the call. It fails with io, in words for a person, when
/// the disk is full, read-only or broken: then nothing of this call was kept, and later calls may
/// succeed again.
class Store {
public:
    template <class T>
    using Done = std::move_only_function<void(Result<T>)>;

    /// Waits for what was submitted to become durable and answers it.
    virtual ~Store() = default;

    /// Everything but messages, at the start.
    virtual Result<room::Records> load() = 0;

    /// All of these, or none; durable when `done` is called.
    virtual void commit(room::Changes changes, Done<void> done) = 0;

    /// Durable when `done` is called. A message whose author and nonce were stored before is not
    /// stored again: `done` gets the id and time of the first.
    virtual void append(room::Message message, Done<room::AcceptedText> done) = 0;
    virtual void edit(MessageEdit edit, Done<void> done) = 0;
    /// Leaves a tombstone.
    virtual void erase(MessageId id, std::int64_t unix_ms, Done<void> done) = 0;
    virtual void find(MessageId id, Done<std::optional<room::Message>> done) = 0;
    virtual void history(HistoryQuery query, Done<HistoryPage> done) = 0;
    /// Drops what is older, or more, than is to be kept in this place.
    virtual void prune(room::Place place, room::Retention retention, std::int64_t now_unix_ms,
                       Done<void> done) = 0;

    /// Never moves a marker back.
    virtual void mark_read(room::ReadMarker marker, Done<void> done) = 0;
    /// Of those `places` and of every direct conversation of this account.
    virtual void unread(AccountId account, std::vector<room::Place> places,
                        Done<std::vector<Unread>> done) = 0;

    virtual void audit(AuditQuery query, Done<std::vector<NumberedAuditEntry>> done) = 0;
};

}  // namespace partyline::store
