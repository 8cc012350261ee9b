#include "server/control/durable.hpp"

#include <algorithm>
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

Result<void> Durable::submit(Plan plan, Done done, Turn turn) {
    return submit({.plan = std::move(plan), .act = {}, .done = std::move(done)}, turn);
}

Result<void> Durable::submit_at_once(Plan plan, Act act, Done done, const Owed::Actor& by) {
    return submit(
        {.plan = std::move(plan), .act = std::move(act), .done = std::move(done), .by = by},
        Turn::first);
}

Result<void> Durable::submit(Command command, Turn turn) {
    const auto [queue, queue_max] = turn == Turn::first ? std::pair(&first_, durable_first_max)
                                                        : std::pair(&waiting_, durable_waiting_max);
    if (queue->size() == queue_max) {
        return std::unexpected(
            Error{.code = ErrorCode::rate_limited,
                  .message = "The server has too many changes to make; try again in a while.",
                  .retry_ms = durable_retry_ms});
    }
    queue->push_back(std::move(command));
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
        if (changes && command.act && !owed_.has_room(command.by, *changes)) {
            log::error(
                "{} changes wait for the database: a moderator can do no more until it takes them",
                owed());
            changes =
                fail(ErrorCode::store_failed,
                     "Nothing is done: too much waits for the server's disk already. Its owner "
                     "should know.");
        }
        const bool unkept = !changes || std::ranges::all_of(*changes, is_forgotten);
        if (changes && !changes->empty() && (unkept || command.act)) {
            apply_(*changes);
        }
        if (changes && command.act) {
            command.act();
        }
        if (unkept) {
            command.done(changes.transform([](const auto&) {}));
            busy_ = false;
            continue;
        }
        store(*std::move(changes), std::move(command));
    }
    // What is only noted comes with the next of them, or by itself; where the disk has just refused it,
    // when it is time to try again.
    if (!refused_) {
        pay();
    }
}

void Durable::store(room::Changes changes, Command command) {
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
    if (!stored) {
        refused(stored.error());
    }
    if (!stored && command.act) {
        owed_.add(command.by, changes);
        command.done(fail(ErrorCode::not_kept,
                          "It is done, but a restart would undo it. " + stored.error().message));
    } else {
        if (stored) {
            paid();
        }
        if (stored && !command.act) {
            apply_(changes);
        }
        command.done(stored);
    }
    busy_ = false;
    go_on();
}

// --- what is owed --------------------------------------------------------------------------------

void Durable::note(const Owed::Actor& by, room::AuditEntry line) {
    if (!owed_.note(by, line)) {
        report_lost({std::move(line)}, "too much waits for the disk");
        return;
    }
    if (!refused_) {
        pay();
    }
}

room::Changes Durable::take_owed() {
    on_its_way_ = owed_.size();
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
            (*durable)->finish_payment(kept);
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
        store_.apply(std::move(rest), [lines = std::move(lines)](const Result<void>& kept) {
            if (!kept) {
                report_lost(lines, kept.error().message);
            }
        });
    }
}

void Durable::finish_payment(const Result<void>& kept) {
    if (kept) {
        paid();
    } else {
        refused(kept.error());
    }
    busy_ = false;
    go_on();
}

void Durable::refused(const Error& why) {
    refused_ = true;
    on_its_way_ = 0;
    if (ending_) {
        report_lost(owed_.from(0), why.message);
    }
}

// No changes are owed anew while the store is busy with some; lines may be noted meanwhile.
void Durable::paid() {
    refused_ = false;
    const auto before = owed();
    owed_.drop(std::exchange(on_its_way_, 0));
    if (before > 0) {
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
