// What became of a call, told to whoever made it.
#pragma once

#include <expected>
#include <utility>

#include "base/error.hpp"
#include "server/store/sqlite_store.hpp"
#include "server/store/store.hpp"

namespace partyline::store {

inline std::unexpected<Error> slow_disk() {
    return fail(ErrorCode::store_failed, "The server's disk cannot keep up; try again in a while.");
}

/// Every member is [any]; what is told is told on the control executor.
class Answers {
public:
    explicit Answers(Poster post) : post_(std::move(post)) {}

    template <class T>
    void give(Store::Done<T> done, Result<T> result) const {
        post_([done = std::move(done), result = std::move(result)]() mutable {
            done(std::move(result));
        });
    }
    /// Too much waits for the disk already.
    template <class T>
    void refuse(Store::Done<T> done) const {
        give<T>(std::move(done), slow_disk());
    }

private:
    const Poster post_;
};

}  // namespace partyline::store
