// Administrative commands, one after the other: planned by the rules, made durable by the store, and
// only then carried out.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

#include "base/error.hpp"
#include "server/room/records.hpp"
#include "server/store/store.hpp"

namespace partyline::control {

/// Owned by the Switchboard. One thread.
///
/// The next command is planned after the former has been carried out, so that no plan is made on
/// what is no longer so. Chat and voice do not wait for these, nor these for them.
class Durable {
public:
    /// Looks at how things are now, and says what is to change, or why it may not.
    using Plan = std::move_only_function<Result<room::Changes>()>;
    /// What became of it: durable and carried out, refused by its plan, or not kept by the store.
    /// Never called after the Durable's end.
    using Done = std::move_only_function<void(const Result<void>&)>;
    /// Carries out in memory what is durable; it cannot fail.
    using Apply = std::move_only_function<void(const room::Changes&)>;

    /// What moderators do to people does not wait for what anybody may ask for, and has room of its
    /// own: nobody stalls them by asking for much.
    enum class Turn : std::uint8_t { in_order, first };

    Durable(store::Store& store, Apply apply);
    Durable(const Durable&) = delete;
    Durable& operator=(const Durable&) = delete;

    /// What nobody has to remember is carried out at once when its turn comes, without the store.
    /// Fails with rate_limited, and calls neither, when too many wait. Both may be called from inside
    /// this call, and may submit more.
    Result<void> submit(Plan plan, Done done, Turn turn = Turn::in_order);

    [[nodiscard]] std::size_t waiting() const { return first_.size() + waiting_.size(); }

private:
    struct Command {
        Plan plan;
        Done done;
    };

    void go_on();
    void finish(const room::Changes& changes, Done done, const Result<void>& stored);

    store::Store& store_;
    Apply apply_;
    std::deque<Command> first_;
    std::deque<Command> waiting_;
    bool busy_ = false;  // with a command, or with starting one
    /// What the store's answers look at: they may come after us.
    std::shared_ptr<Durable*> self_;
};

}  // namespace partyline::control
