#include "server/control/durable.hpp"

#include <utility>

#include "server/control/limits.hpp"

namespace partyline::control {

Durable::Durable(store::Store& store, Apply apply)
    : store_(store), apply_(std::move(apply)), self_(std::make_shared<Durable*>(this)) {}

Result<void> Durable::submit(Plan plan, Done done) {
    if (waiting_.size() == durable_waiting_max) {
        return std::unexpected(
            Error{.code = ErrorCode::rate_limited,
                  .message = "The server has too many changes to make; try again in a while.",
                  .retry_ms = durable_retry_ms});
    }
    waiting_.push_back({.plan = std::move(plan), .done = std::move(done)});
    go_on();
    return {};
}

void Durable::go_on() {
    // A plan that is refused, or changes nothing, is done at once: so on to the next, without
    // recursion, whatever `done` submits.
    while (!busy_ && !waiting_.empty()) {
        busy_ = true;
        auto command = std::move(waiting_.front());
        waiting_.pop_front();
        auto changes = command.plan();
        if (!changes || changes->empty()) {
            command.done(changes.transform([](const auto&) {}));
            busy_ = false;
            continue;
        }
        auto stored = *changes;
        store_.apply(std::move(stored),
                     [self = std::weak_ptr(self_), changes = *std::move(changes),
                      done = std::move(command.done)](const Result<void>& kept) mutable {
                         if (const auto durable = self.lock()) {
                             (*durable)->finish(changes, std::move(done), kept);
                         }
                     });
    }
}

void Durable::finish(const room::Changes& changes, Done done, const Result<void>& stored) {
    if (stored) {
        apply_(changes);
    }
    done(stored);
    busy_ = false;
    go_on();
}

}  // namespace partyline::control
