#include "server/control/durable.hpp"

#include <algorithm>
#include <utility>

#include "server/control/limits.hpp"

namespace partyline::control {
namespace {

bool is_forgotten(const room::Change& change) {
    const auto* record = std::get_if<room::ChannelRecord>(&change);
    return record != nullptr && record->channel.temporary;
}

}  // namespace

Durable::Durable(store::Store& store, Apply apply)
    : store_(store), apply_(std::move(apply)), self_(std::make_shared<Durable*>(this)) {}

Result<void> Durable::submit(Plan plan, Done done, Turn turn) {
    const auto [queue, queue_max] = turn == Turn::first ? std::pair(&first_, durable_first_max)
                                                        : std::pair(&waiting_, durable_waiting_max);
    if (queue->size() == queue_max) {
        return std::unexpected(
            Error{.code = ErrorCode::rate_limited,
                  .message = "The server has too many changes to make; try again in a while.",
                  .retry_ms = durable_retry_ms});
    }
    queue->push_back({.plan = std::move(plan), .done = std::move(done)});
    go_on();
    return {};
}

void Durable::go_on() {
    // A plan that is refused, or changes nothing, is done at once: so on to the next, without
    // recursion, whatever `done` submits.
    while (!busy_ && waiting() > 0) {
        busy_ = true;
        auto& queue = first_.empty() ? waiting_ : first_;
        auto command = std::move(queue.front());
        queue.pop_front();
        auto changes = command.plan();
        if (!changes || std::ranges::all_of(*changes, is_forgotten)) {
            if (changes && !changes->empty()) {
                apply_(*changes);
            }
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
