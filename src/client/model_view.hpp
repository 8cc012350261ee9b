// What anybody may ask of the model, from any thread.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "client/gone_names.hpp"
#include "client/talkie.hpp"

namespace partyline::client {

class Model;

/// The model as of the last follow(), and what those were called who have gone since. It outlives
/// sessions and their models. Kept up by what changes: on a large server somebody moves all the time.
class ModelView {
public:
    /// [control] A change of one person costs as much however many there are.
    void follow(Model& model);

    /// [any]
    [[nodiscard]] std::vector<Room> rooms() const;
    /// [any] In ascending order of their sessions.
    [[nodiscard]] std::vector<Person> people() const;
    /// [any] The room we are in.
    [[nodiscard]] std::optional<ChannelId> room() const;
    /// [any] Of whoever is here, or was; empty for a session that nobody knows.
    [[nodiscard]] std::string name_of(SessionId session) const;

private:
    void follow_person(const Model& model, SessionId session);

    // Held for as long as a copy takes. No voice thread asks.
    mutable std::mutex mutex_;
    std::vector<Room> rooms_;
    std::map<SessionId, Person> people_;
    ChannelId room_{};
    GoneNames gone_;
};

}  // namespace partyline::client
