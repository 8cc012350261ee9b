// For the switchboard's own files: how it goes on when the store, or a hashing thread, has done its
// part.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "server/control/switchboard.hpp"

namespace partyline::control {

inline Error no_memory_to_hash() {
    return {.code = ErrorCode::rate_limited,
            .message = "The server is short of memory; try again in a while.",
            .retry_ms = hashing_retry_ms};
}

/// Does `work` on a hashing thread, and `then` with what it gave, here, unless the switchboard is gone
/// by then. One at a time for each session.
template <class T, class Then>
Result<void> Switchboard::hash(Seat& seat, std::move_only_function<T()> work, Then then) {
    if (seat.hashing) {
        return std::unexpected(Error{.code = ErrorCode::rate_limited,
                                     .message = "One password after the other, please.",
                                     .retry_ms = hashing_retry_ms});
    }
    const Reply reply{.session = seat.session, .connection = seat.connection};
    const auto result = std::make_shared<std::optional<T>>();
    const auto submitted = hashing_.run(
        [result, work = std::move(work)]() mutable { result->emplace(work()); },
        [self = std::weak_ptr(self_), reply, result, then = std::move(then)]() mutable {
            const auto alive = self.lock();
            if (!alive) {
                return;
            }
            auto& switchboard = **alive;
            if (auto* const asking = switchboard.seat_of(reply)) {
                asking->hashing = false;
            }
            then(std::move(**result));
            switchboard.settle();
        });
    seat.hashing = submitted.has_value();
    return submitted;
}

/// What the store is to call: `work` with its result, or nothing if the switchboard is gone by then.
template <class T, class Work>
store::Store::Done<T> Switchboard::then(Work work) {
    return [self = std::weak_ptr(self_), work = std::move(work)](Result<T> result) mutable {
        if (const auto switchboard = self.lock()) {
            work(std::move(result));
            (*switchboard)->settle();
        }
    };
}

}  // namespace partyline::control
