#include "server/control/durable.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>
#include <variant>

#include "base/log.hpp"
#include "server/control/limits.hpp"

namespace partyline::control {
namespace {

bool is_forgotten(const room::Change& change) {
    const auto* record = std::get_if<room::ChannelRecord>(&change);
    return record != nullptr && record->channel.temporary;
}

/// Whether what moderators do to people may look at it, or be looked at by it, whoever these are.
bool is_about_anybody(const room::Change& change) {
    return std::holds_alternative<room::DropAccount>(change) ||
           std::holds_alternative<room::DropDevice>(change) ||
           std::holds_alternative<room::Silence>(change) ||
           std::holds_alternative<room::DropSilence>(change) ||
           std::holds_alternative<room::Ban>(change) ||
           std::holds_alternative<room::DropBan>(change);
}

/// Who will be somebody else by it: then nobody acts on who they were. Nothing where that may be anybody.
std::optional<std::vector<room::Person>> people_in(const room::Changes& changes) {
    std::vector<room::Person> people;
    for (const auto& change : changes) {
        if (is_about_anybody(change)) {
            return std::nullopt;
        }
        if (const auto* account = std::get_if<room::Account>(&change)) {
            people.push_back(room::Person::of(account->id));
        } else if (const auto* device = std::get_if<room::Device>(&change)) {
            people.push_back(room::Person::of(device->identity));
            people.push_back(room::Person::of(device->account));
        }
    }
    return people;
}

bool is_by_or_to(const Involved& involved, const std::vector<room::Person>& people) {
    return (involved.by && std::ranges::contains(people, *involved.by)) ||
           (involved.whom && std::ranges::contains(people, *involved.whom));
}

/// What the audit log has not, the server's own has.
void report_lost(const room::Changes& changes, std::string_view why) {
    for (const auto& change : changes) {
        if (const auto* line = std::get_if<room::AuditEntry>(&change)) {
            log::error("The audit log is without \"{}: {} by {}\": {}", line->action, line->target,
                       line->actor, why);
        }
    }
}

}  // namespace

Durable::Durable(store::Store& store, Apply apply)
    : store_(store), apply_(std::move(apply)), self_(std::make_shared<Durable*>(this)) {}

Result<void> Durable::submit(Plan plan, Done done) {
    return submit(waiting_, durable_waiting_max,
                  {.plan = std::move(plan), .act = {}, .done = std::move(done)});
}

Result<void> Durable::submit_at_once(Plan plan, Act act, Done done, const Involved& involved) {
    return submit(at_once_, durable_at_once_max,
                  {.plan = std::move(plan),
                   .act = std::move(act),
                   .done = std::move(done),
                   .involved = involved});
}

Result<void> Durable::submit(std::deque<Command>& queue, std::size_t queue_max, Command command) {
    if (queue.size() == queue_max) {
        return std::unexpected(
            Error{.code = ErrorCode::rate_limited,
                  .message = "The server has too many changes to make; try again in a while.",
                  .retry_ms = durable_retry_ms});
    }
    queue.push_back(std::move(command));
    go_on();
    return {};
}

void Durable::go_on() {
    // A plan that is refused, or changes nothing, is done at once: so on to the next, without
    // recursion, whatever `done` submits.
    if (std::exchange(starting_, true)) {
        return;
    }
    while (auto command = next()) {
        start(*std::move(command));
    }
    starting_ = false;
    // What is only noted comes with the next of them, or by itself; where the disk has just refused it,
    // when it is time to try again, or somebody waits to hear.
    if (!refused_ || ending_ || !unsettled_.empty()) {
        pay();
    }
}

std::optional<Durable::Command> Durable::next() {
    std::vector<room::Person> not_passed;
    for (auto at = at_once_.begin(); at != at_once_.end(); ++at) {
        const auto& involved = at->involved;
        if (!waits(*at) && !is_by_or_to(involved, not_passed)) {
            auto command = std::move(*at);
            at_once_.erase(at);
            return command;
        }
        if (involved.whom && involved.others_too) {
            not_passed.push_back(*involved.whom);
        }
    }
    if (busy_ || waiting_.empty()) {
        return {};
    }
    auto command = std::move(waiting_.front());
    waiting_.pop_front();
    return command;
}

bool Durable::waits(const Command& command) const {
    if (!changing_ || changing_->empty()) {
        return !changing_;
    }
    const auto& involved = command.involved;
    return !involved.whom || involved.others_too || is_by_or_to(involved, *changing_);
}

void Durable::start(Command command) {
    auto changes = command.plan();
    if (changes && command.act && !owed_.has_room(command.involved.by, *changes)) {
        log::error(
            "{} changes wait for the database: a moderator can do no more until it takes them",
            owed());
        changes = fail(ErrorCode::store_failed,
                       "Nothing is done: too much waits for the server's disk already. Its owner "
                       "should know.");
    }
    const bool unkept = !changes || std::ranges::all_of(*changes, is_forgotten);
    if (changes && !changes->empty() && (unkept || command.act)) {
        apply_(*changes);
    }
    if (!unkept && command.act) {
        // Before what comes of it, which may be noted, too.
        owed_.add(command.involved.by, *changes, on_its_way_);
        unsettled_.push_back(std::move(command.done));
    }
    if (changes && command.act) {
        command.act();
    }
    if (unkept) {
        command.done(changes.transform([](const auto&) {}));
    } else if (!command.act) {
        store(*std::move(changes), std::move(command));
    }
}

void Durable::store(room::Changes changes, Command command) {
    busy_ = true;
    changing_ = people_in(changes);
    // With what is owed, in the order in which it was carried out, and all of it or nothing: an older change
    // must not be written over this one later.
    auto all = take_owed();
    std::ranges::copy(changes, std::back_inserter(all));
    store_.apply(std::move(all), [self = std::weak_ptr(self_), changes = std::move(changes),
                                  command = std::move(command)](const Result<void>& kept) mutable {
        if (const auto durable = self.lock()) {
            (*durable)->finish(changes, std::move(command), kept);
        }
    });
}

void Durable::finish(const room::Changes& changes, Command command, const Result<void>& stored) {
    settle(stored);
    if (stored) {
        apply_(changes);
    }
    changing_.emplace();
    command.done(stored);
    busy_ = false;
    go_on();
}

// --- what is owed --------------------------------------------------------------------------------

void Durable::note(const Owed::Actor& by, room::AuditEntry line) {
    if (!owed_.note(by, line)) {
        report_lost({std::move(line)}, "too much waits for the disk");
        return;
    }
    if (!refused_ || ending_) {
        pay();
    }
}

room::Changes Durable::take_owed() {
    on_its_way_ = owed_.size();
    settling_ = std::exchange(unsettled_, {});
    return owed_.from(0);
}

void Durable::pay() {
    // A command on its way takes it along, or will be followed by the next try.
    if (owed_.empty() || busy_) {
        return;
    }
    busy_ = true;
    store_.apply(take_owed(), [self = std::weak_ptr(self_)](const Result<void>& kept) {
        if (const auto durable = self.lock()) {
            (*durable)->settle(kept);
            (*durable)->busy_ = false;
            (*durable)->go_on();
        }
    });
}

void Durable::pay_last() {
    ending_ = true;
    if (!busy_) {
        pay();
        return;
    }
    // The store keeps the order of what it is given: this comes after what is on its way.
    auto rest = owed_.from(on_its_way_);
    owed_.keep(on_its_way_);
    if (!rest.empty()) {
        auto lines = rest;
        store_.apply(std::move(rest),
                     [self = std::weak_ptr(self_), lines = std::move(lines),
                      dones = std::exchange(unsettled_, {})](const Result<void>& kept) mutable {
                         if (!kept) {
                             report_lost(lines, kept.error().message);
                         }
                         if (!self.expired()) {
                             tell(std::move(dones), kept);
                         }
                     });
    }
}

/// What was on its way is kept, or still owed: whoever has done it learns which.
void Durable::settle(const Result<void>& kept) {
    if (kept) {
        paid();
    } else {
        refused(kept.error());
    }
    tell(std::exchange(settling_, {}), kept);
}

void Durable::tell(std::vector<Done> dones, const Result<void>& kept) {
    for (auto& done : dones) {
        done(kept ? kept
                  : fail(ErrorCode::not_kept,
                         "It is done, but a restart would undo it. " + kept.error().message));
    }
}

void Durable::refused(const Error& why) {
    refused_ = !ending_;
    const auto count = std::exchange(on_its_way_, 0);
    if (ending_) {
        // Never once more: what came after it may be on the disk, and this would be written over it.
        auto lost = owed_.from(0);
        lost.erase(lost.begin() + static_cast<std::ptrdiff_t>(count), lost.end());
        report_lost(lost, why.message);
        owed_.drop(count);
    }
}

void Durable::paid() {
    owed_.drop(std::exchange(on_its_way_, 0));
    if (std::exchange(refused_, false)) {
        log::info("What could not be kept for a while is on the disk now");
    }
}

void Durable::tick(TimePoint now) {
    if (now >= payment_due_) {
        payment_due_ = now + durable_payment_interval;
        pay();
    }
}

}  // namespace partyline::control
