// Commands that change what is remembered, one after the other.
#include <memory>
#include <optional>
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
    // What its three steps share.
    struct Course {
        Command command;
        bool planned = false;  // whoever asked was still here
        Result<void> effected;
    };
    const auto course = std::make_shared<Course>(Course{.command = std::move(command)});
    auto plan = [this, session = reply.session, course]() -> Result<room::Changes> {
        course->planned = actor_of(session).has_value();
        return (course->planned ? course->command.plan(session) : room::Changes{})
            .transform([this](room::Changes changes) {
                return room::with_consequences(directory_, std::move(changes), clock_.unix_ms());
            });
    };
    const auto act = [this, course] {
        if (course->planned && course->command.effect) {
            course->effected = course->command.effect();
        }
    };
    const auto answer = [this, reply, course](const Result<void>& done) {
        if (!course->effected || !done) {
            refuse_later(reply, course->effected ? done.error() : course->effected.error());
        } else if (actor_of(reply.session)) {
            auto& wanted = course->command.answer;
            answer_later(reply, wanted ? wanted() : wire::Ok{});
        }
    };
    if (course->command.turn == Turn::at_once) {
        return durable_.submit_at_once(std::move(plan),
                                       [this, act] {
                                           act();
                                           tell_changes();
                                           settle();
                                       },
                                       answer,
                                       {.by = model_.find(reply.session) == nullptr
                                                  ? std::nullopt
                                                  : std::optional(model_.person(reply.session)),
                                        .whom = course->command.whom,
                                        .others_too = course->command.others_too});
    }
    return durable_.submit(std::move(plan), [this, act, answer](const Result<void>& done) {
        if (done) {
            act();
        }
        answer(done);
        if (done) {
            tell_changes();
        }
        settle();
    });
}

}  // namespace partyline::control
