// What somebody asks of the switchboard: where its one answer goes, and what it is to change.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "server/control/peer.hpp"
#include "server/room/decide.hpp"
#include "server/room/person.hpp"
#include "server/room/records.hpp"
#include "wire/control.hpp"

namespace partyline::control {

/// One request, on its way to exactly one answer.
struct Call {
    Peer& peer;
    std::uint64_t id = 0;
    bool answered = false;
};

/// Where an answer is to go that comes later; whoever asked may be gone by then.
struct Reply {
    SessionId session{};
    std::uint32_t connection = 0;  // answers do not move to the next one
    std::uint64_t request = 0;
};

/// What is to change, for the session that asked: judged when its turn has come.
using Plan = std::move_only_function<Result<room::Changes>(SessionId)>;
/// What it is told once that is so.
using Answer = std::move_only_function<wire::ServerBody()>;
using Effect = std::move_only_function<Result<void>()>;
/// When it is carried out: durable, after all that was asked for before; or at once, and answered when it
/// is durable, with not_kept if it could not be made so.
enum class Turn : std::uint8_t { in_order, at_once };
struct Command {
    Plan plan;
    Answer answer;  // none: Ok
    /// What happens beside, once the change is carried out, whether or not whoever asked for it is
    /// still here. What has become impossible by then is told.
    Effect effect;
    Turn turn = Turn::in_order;
    /// At once to this one; nobody: it may be to anybody.
    std::optional<room::Person> whom = {};
    bool others_too = false;  // it may be to others beside `whom`
};

/// Fills in what the audit log is to say.
using RulesPlan = std::move_only_function<Result<room::Changes>(room::Subject, room::AuditEntry&)>;

}  // namespace partyline::control
