// Administrative commands, one after the other: planned by the rules, made durable by the store, and
// only then carried out. What moderators do to people is carried out first: no disk saves anybody
// from them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

#include "base/clock.hpp"
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
    /// Carries out what is beside the changes. They have been applied.
    using Act = std::move_only_function<void()>;
    /// What became of it: durable and carried out, refused by its plan, or not kept by the store:
    /// with not_kept if it was carried out all the same. Never called after the Durable's end.
    using Done = std::move_only_function<void(const Result<void>&)>;
    /// Carries out changes in memory; it cannot fail.
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
    /// The same before all that waits in order, but carried out when its turn comes, and durable by
    /// `done`. What the store does not take is owed to it; where it would be more than can be owed,
    /// nothing is carried out, and `done` gets store_failed.
    Result<void> submit_at_once(Plan plan, Act act, Done done);

    [[nodiscard]] std::size_t waiting() const { return first_.size() + waiting_.size(); }
    /// Changes that hold, and would not after a restart.
    [[nodiscard]] std::size_t owed() const { return owed_.size(); }
    /// Tries once more, if it is time for that, to have the store take what is owed.
    void tick(TimePoint now);
    /// The same now.
    void pay();

private:
    struct Command {
        Plan plan;
        Act act;  // none: only once it is durable
        Done done;
    };

    Result<void> submit(Command command, Turn turn);
    void go_on();
    void store(room::Changes changes, Command command);
    void finish(const room::Changes& changes, Command command, const Result<void>& stored);
    void finish_payment(const Result<void>& kept);
    void paid();

    store::Store& store_;
    Apply apply_;
    std::deque<Command> first_;
    std::deque<Command> waiting_;
    bool busy_ = false;  // with a command, with starting one, or with a payment
    room::Changes owed_;
    TimePoint payment_due_;
    /// What the store's answers look at: they may come after us.
    std::shared_ptr<Durable*> self_;
};

}  // namespace partyline::control
