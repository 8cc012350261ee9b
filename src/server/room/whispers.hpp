// Who whispers to whom: the sets of people and rooms that sessions have named, and who is in each now.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <vector>

#include "base/ids.hpp"

namespace partyline::room {

/// A session has one set for each stream.
struct WhisperKey {
    SessionId whisperer{};
    StreamId stream{};
    auto operator<=>(const WhisperKey&) const = default;
};

/// Whom a set names.
struct WhisperTargets {
    std::set<SessionId> sessions;
    std::set<ChannelId> channels;  // whoever is in them
    [[nodiscard]] bool empty() const { return sessions.empty() && channels.empty(); }
    bool operator==(const WhisperTargets&) const = default;
};

struct WhisperSet {
    WhisperTargets named;
    std::set<SessionId> members;
};

/// Owned by the room model, which judges who is to be in which set; this only keeps it, and finds by
/// person and by room what a change has to do with.
class Whispers {
public:
    using Keys = std::set<WhisperKey>;

    /// Whether there is no set at all.
    [[nodiscard]] bool empty() const { return sets_.empty(); }
    /// Null for one that was never named, or is taken back.
    [[nodiscard]] const WhisperSet* find(const WhisperKey& key) const;
    [[nodiscard]] const std::map<WhisperKey, WhisperSet>& sets() const { return sets_; }
    [[nodiscard]] std::vector<WhisperKey> of(SessionId whisperer) const;
    /// The sets that name that person, or that room.
    [[nodiscard]] const Keys& naming(SessionId person) const;
    [[nodiscard]] const Keys& naming(ChannelId channel) const;
    /// The sets that this person is in.
    [[nodiscard]] const Keys& heard_by(SessionId person) const;
    /// How often the set has changed since its whisperer came. It rises on where it was when a set is
    /// named again that was taken back.
    [[nodiscard]] ChannelEpoch epoch(const WhisperKey& key) const;

    /// In place of whom it named before. Its members stay who they are.
    void name(const WhisperKey& key, WhisperTargets targets);
    /// One that has no members any more.
    void take_back(const WhisperKey& key);
    void add(const WhisperKey& key, SessionId person);
    void remove(const WhisperKey& key, SessionId person);
    ChannelEpoch rise(const WhisperKey& key) { return {++epochs_[key].value}; }

    /// A room that has gone: no set names it any more.
    void forget(ChannelId channel);
    /// A person who goes, and whose sets are taken back: no set names them any more.
    void forget(SessionId person);

private:
    void unlist(const WhisperKey& key, const WhisperTargets& named);

    std::map<WhisperKey, WhisperSet> sets_;
    std::map<WhisperKey, ChannelEpoch> epochs_;
    // None of these has an empty entry.
    std::map<SessionId, Keys> by_person_;
    std::map<ChannelId, Keys> by_channel_;
    std::map<SessionId, Keys> heard_;
};

}  // namespace partyline::room
