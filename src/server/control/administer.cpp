// Commands that change what is remembered, one after the other.
#include <memory>
#include <utility>

#include "server/control/switchboard.hpp"
#include "server/room/consequences.hpp"

namespace partyline::control {

Result<void> Switchboard::administer(Call& call, const Seat& seat, Command command) {
    return submit(will_reply(call, seat), std::move(command));
}

void Switchboard::administer(Reply reply, Plan plan, Answer answer) {
    const auto submitted =
        submit(reply, {.plan = std::move(plan), .answer = std::move(answer), .effect = {}});
    if (!submitted) {
        refuse_later(reply, submitted.error());
    }
}

Result<void> Switchboard::submit(Reply reply, Command command) {
    const auto planned = std::make_shared<bool>(false);
    return durable_.submit(
        [this, session = reply.session, planned,
         plan = std::move(command.plan)]() mutable -> Result<room::Changes> {
            *planned = actor_of(session).has_value();
            return (*planned ? plan(session) : room::Changes{})
                .transform([this](room::Changes changes) {
                    return room::with_consequences(directory_, std::move(changes),
                                                   clock_.unix_ms());
                });
        },
        [this, reply, planned, answer = std::move(command.answer),
         effect = std::move(command.effect)](const Result<void>& done) mutable {
            const auto effected =
                done.and_then([&] { return *planned && effect ? effect() : Result<void>{}; });
            if (!effected) {
                refuse_later(reply, effected.error());
            } else if (actor_of(reply.session)) {
                answer_later(reply, answer ? answer() : wire::Ok{});
            }
            if (done) {
                tell_changes();
            }
            settle();
        },
        command.turn);
}

}  // namespace partyline::control
