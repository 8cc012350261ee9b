// Who is muted or deafened: what changes when a moderator says so, and judged who may.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/error.hpp"
#include "server/room/decide.hpp"
#include "server/room/person.hpp"

namespace partyline::room {

struct NewSilence {
    bool mute = false;
    bool deafen = false;  // neither: what was is taken back
    std::int64_t unix_ms = 0;
    std::string reason = {};
};

/// Whether there are as many as there can be: then somebody who is not here makes room.
[[nodiscard]] bool is_full_of_silences(const Directory& directory);

/// Replaces what was. Fails with not_permitted for what somebody of a higher rank has done, and with
/// too_large when all who are muted are `here`, which only counts when it is full. Whether the actor
/// may do that to the target is judged by whoever asks.
Result<Changes> plan_silence(const Directory& directory, Subject actor, const Person& target,
                             NewSilence made, const std::set<Person>& here);

}  // namespace partyline::room
