// The room where those go who have done nothing for long: which one it is, in a tree that people change.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/ids.hpp"
#include "server/room/directory.hpp"

namespace partyline::control {

/// The room that `path` ("Room/Sub room", from the top) names; zero for none. A temporary room is
/// none: anybody could make one and so have people sent there.
[[nodiscard]] ChannelId find_away_room(const room::Directory& rooms, std::string_view path);

/// What to tell whoever hosts the server when there is none.
[[nodiscard]] std::string no_away_room(std::string_view path);

/// Owned by the Switchboard. One thread.
class AwayRoom {
public:
    /// An empty path wants none.
    explicit AwayRoom(std::string path) : path_(std::move(path)) {}

    /// To be called when rooms have changed. That there is no such room any more, or one again, is
    /// in the log.
    void look(const room::Directory& rooms);
    /// Zero: nobody is moved.
    [[nodiscard]] ChannelId id() const { return id_; }

private:
    std::string path_;
    ChannelId id_{};
    bool missing_ = false;  // and that has been told
};

}  // namespace partyline::control
