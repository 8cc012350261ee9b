// Commands that change what is remembered, one after the other.
#include <utility>

#include "server/control/switchboard.hpp"

namespace partyline::control {

Result<void> Switchboard::administer(Call& call, const Seat& seat, Plan plan, Answer answer) {
    const auto reply = will_reply(call, seat);
    return durable_.submit(
        [this, session = seat.session, plan = std::move(plan)]() mutable -> Result<room::Changes> {
            return model_.find(session) == nullptr ? room::Changes{} : plan(session);
        },
        [this, reply, answer = std::move(answer)](const Result<void>& done) mutable {
            if (!done) {
                refuse_later(reply, done.error());
            } else {
                answer_later(reply, answer ? answer() : wire::Ok{});
                publish(std::exchange(untold_, {}));
            }
            settle();
        });
}

void Switchboard::carry_out(const room::Changes& changes) { directory_.apply(changes); }

}  // namespace partyline::control
