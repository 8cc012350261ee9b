// Administrative commands, one after the other: planned by the rules, made durable by the store, and
// only then carried out. What moderators do to people is carried out at once: no disk saves anybody
// from them, neither one that refuses nor one that is slow.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "server/control/owed.hpp"
#include "server/room/person.hpp"
#include "server/room/records.hpp"
#include "server/store/store.hpp"

namespace partyline::control {

/// Whose doing it is, and to whom; where nobody is named, it may be to anybody.
struct Involved {
    Owed::Actor by = {};
    std::optional<room::Person> whom = {};
    bool others_too = false;  // it may be to others beside `whom`
};

/// Owned by the Switchboard. One thread.
///
/// The next command is planned after the former has been carried out, so that no plan is made on
/// what is no longer so. What is done at once waits only for a change of who people are: where that makes or
/// changes accounts and links devices, if it is by these people or may be to them; where it drops these, or is
/// of silences or bans, in any case. What is asked for later to somebody, or by them, does not pass a command to
/// them that waits only as it may be to others, too: after a kick, say, their ban would find nobody. What was
/// done meanwhile goes to the disk together, in its order, by one write after the other. Chat and voice do not wait
/// for these, nor these for them.
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

    Durable(store::Store& store, Apply apply);
    Durable(const Durable&) = delete;
    Durable& operator=(const Durable&) = delete;

    /// What nobody has to remember is carried out at once when its turn comes, without the store.
    /// Fails with rate_limited, and calls neither, when too many wait. Both may be called from inside
    /// this call, and may submit more.
    Result<void> submit(Plan plan, Done done);
    /// The same, but carried out at once, and durable by `done`: what moderators do to people does not wait
    /// for what anybody may ask for, and has room of its own, so that nobody stalls them by asking for much.
    /// What the store does not take is owed to it by whoever has done it; where it would be more than
    /// can be owed, nothing is carried out, and `done` gets store_failed.
    Result<void> submit_at_once(Plan plan, Act act, Done done, const Involved& involved = {});
    /// A line of the audit log about what has happened, and nobody waits for: kept as soon as the store
    /// takes it, in the order of these calls. What cannot be kept, as too much waits, is in the server's log.
    void note(const Owed::Actor& by, room::AuditEntry line);

    [[nodiscard]] std::size_t waiting() const { return at_once_.size() + waiting_.size(); }
    /// Changes that hold, and would not after a restart: those on their way to the disk, too.
    [[nodiscard]] std::size_t owed() const { return owed_.changes(); }
    /// Tries once more, if it is time for that, to have the store take what is owed.
    void tick(TimePoint now);
    /// The same now.
    void pay();
    /// The same for the last time, whatever is on its way: there may be no time for an answer. What the store
    /// does not take from now on is given up: its lines are in the server's log.
    void pay_last();

private:
    struct Command {
        Plan plan;
        Act act;  // none: only once it is durable
        Done done;
        Involved involved = {};
    };

    Result<void> submit(std::deque<Command>& queue, std::size_t queue_max, Command command);
    void go_on();
    std::optional<Command> next();
    /// For the command that the store is busy with.
    [[nodiscard]] bool waits(const Command& command) const;
    void start(Command command);
    void store(room::Changes changes, Command command);
    void finish(const room::Changes& changes, Command command, const Result<void>& stored);
    /// All that is owed, on its way from now on.
    room::Changes take_owed();
    void settle(const Result<void>& kept);
    static void tell(std::vector<Done> dones, const Result<void>& kept);
    void paid();
    void refused(const Error& why);

    store::Store& store_;
    Apply apply_;
    std::deque<Command> at_once_;  // while who people are changes, or submitted from inside another
    std::deque<Command> waiting_;
    bool starting_ = false;  // commands, in go_on()
    bool busy_ = false;      // the store, with a command or with a payment
    /// Who will be somebody else by the command that the store is busy with; none: anybody may.
    std::optional<std::vector<room::Person>> changing_{std::in_place};
    Owed owed_;
    std::size_t on_its_way_ = 0;   // of these
    bool refused_ = false;         // when they were on their way the last time
    std::vector<Done> unsettled_;  // of what is owed, and has not been on its way yet
    std::vector<Done> settling_;   // of what is on its way
    bool ending_ = false;
    TimePoint payment_due_;
    /// What the store's answers look at: they may come after us.
    std::shared_ptr<Durable*> self_;
};

}  // namespace partyline::control
