// Sending away, silencing and moving people, and looking up who did.
#include <algorithm>
#include <format>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "server/control/later.hpp"
#include "server/control/switchboard.hpp"
#include "server/room/decide.hpp"
#include "server/room/names.hpp"
#include "wire/limits.hpp"

namespace partyline::control {
namespace {

Error kicked(const std::string& reason) {
    return {.code = ErrorCode::kicked,
            .message = reason.empty() ? std::string("You were sent away.")
                                      : "You were sent away: " + reason,
            .reason = reason};
}

std::string in_words(const room::NewSilence& silence) {
    if (silence.deafen) {
        return "deafened";
    }
    return silence.mute ? "muted" : "neither muted nor deafened";
}

wire::ActedOn::Act act_of(const auto& silence) {
    using enum wire::ActedOn::Act;
    return silence.deafen ? deafened : silence.mute ? muted : released;
}

wire::Audit audit_shown(const store::AuditPage& page) {
    wire::Audit audit{.entries = {}, .more = page.next != 0};
    for (const auto& entry : page.entries) {
        audit.entries.push_back({.id = entry.id,
                                 .unix_ms = entry.unix_ms,
                                 .actor = entry.actor,
                                 .action = entry.action,
                                 .target = entry.target,
                                 .reason = entry.reason,
                                 .detail = entry.detail});
    }
    return audit;
}

}  // namespace

/// What somebody does to somebody who is here.
struct Switchboard::Act {
    std::string action;
    SessionId target{};
    std::string reason;
    std::string detail;
    Plan plan;      // the log is added to it
    Effect effect;  // with the changes
    /// What the target is to be told of it, right before it is done. None: what happens says it all.
    std::move_only_function<std::optional<wire::ActedOn::Act>() const> told = {};
};

/// Whom the log is to name: an account, which nobody else bears, or what a guest is called; and beside
/// it what there is else to know them by.
Switchboard::Whom Switchboard::whom(SessionId session) const {
    const auto& found = *model_.find(session);
    const auto* account = account_of(session);
    const auto& shown = found.presence.name;
    if (account == nullptr) {
        return {.name = shown, .beside = "identity " + to_base64url(found.keys.identity)};
    }
    return {
        .name = account->name,
        .beside = account->name == shown ? std::string() : std::format("known as \"{}\"", shown)};
}

void Switchboard::tell_acted_on(SessionId target, const wire::ActedOn& done) {
    std::vector<SessionId> told{target};
    if (done.act != wire::ActedOn::Act::moved) {
        told = model_.sessions_of(model_.person(target));  // who are all silenced alike
    }
    tell(room::ToThese{std::move(told)}, done);
}

void Switchboard::tell_silence(Seat& seat) {
    if (const auto* silence = directory_.silence_of(model_.person(seat.session))) {
        tell(seat,
             wire::ActedOn{.act = act_of(*silence),
                           .reason = silence->reason,
                           .since_unix_ms = silence->unix_ms},
             Outbox::Bound::exempt);
    }
}

Result<void> Switchboard::moderate(Call& call, Seat& seat, Act act) {
    // Judged now, too: whoever may not do it takes up no room among what moderators wait for.
    const auto checked =
        may_do(seat, Doing::change)
            .and_then([&] { return room::check_reason(act.reason); })
            .and_then([&] { return act.plan(seat.session).transform([](const auto&) {}); });
    if (!checked) {
        return checked;
    }
    const auto target = act.target;
    // How things are when its turn has come decides what there is to tell.
    const auto told = std::make_shared<std::optional<wire::ActedOn::Act>>();
    auto effect = [this, target, told, reason = act.reason,
                   effect = std::move(act.effect)]() mutable -> Result<void> {
        return (effect ? effect() : Result<void>{}).transform([&] {
            if (*told) {
                tell_acted_on(target, {.act = **told, .reason = reason});
            }
        });
    };
    auto plan = [this, target, told, tell = std::move(act.told), action = std::move(act.action),
                 reason = std::move(act.reason), detail = std::move(act.detail),
                 plan = std::move(act.plan)](SessionId actor) mutable -> Result<room::Changes> {
        return plan(actor).transform([&](room::Changes changes) {
            *told = tell ? tell() : std::nullopt;
            auto [name, beside] = whom(target);
            detail += detail.empty() || beside.empty() ? "" : ", ";
            changes.emplace_back(room::AuditEntry{.unix_ms = clock_.unix_ms(),
                                                  .actor = deed_of(actor).by,
                                                  .action = std::move(action),
                                                  .target = std::move(name),
                                                  .reason = std::move(reason),
                                                  .detail = detail + beside});
            return changes;
        });
    };
    return administer(call, seat,
                      {.plan = std::move(plan),
                       .answer = {},
                       .effect = std::move(effect),
                       .turn = Turn::at_once,
                       .whom = model_.person(target)});
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::Kick& kick) {
    const auto target = kick.session;
    return moderate(
        call, seat,
        {.action = "kick",
         .target = target,
         .reason = kick.reason,
         .detail = {},
         .plan =
             [this, target](SessionId actor) {
                 return model_.may_kick(actor, target).transform([] { return room::Changes{}; });
             },
         .effect = [this, target, why = kicked(kick.reason)]() -> Result<void> {
             dismissals_.push_back({.session = target, .why = why});
             return {};
         }});
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::SetServerMute& set) {
    const auto target = set.session;
    const room::NewSilence silence{
        .mute = set.mute, .deafen = set.deafen, .unix_ms = clock_.unix_ms(), .reason = set.reason};
    return moderate(
        call, seat,
        {.action = "server_mute",
         .target = target,
         .reason = set.reason,
         .detail = in_words(silence),
         .plan = [this, target,
                  silence](SessionId actor) { return model_.plan_silence(actor, target, silence); },
         .effect = {},
         .told = [this, target, silence]() -> std::optional<wire::ActedOn::Act> {
             const bool released = !silence.mute && !silence.deafen;
             if (released && directory_.silence_of(model_.person(target)) == nullptr) {
                 return std::nullopt;
             }
             return act_of(silence);
         }});
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::MoveMember& move) {
    const auto target = move.session;
    const auto to = move.channel;
    const auto* room = directory_.find(to);
    return moderate(call, seat,
                    {.action = "move",
                     .target = target,
                     .reason = move.reason,
                     .detail = room == nullptr ? std::string() : room->channel.name,
                     .plan =
                         [this, target, to](SessionId actor) {
                             return model_.may_move(actor, target, to).transform([] {
                                 return room::Changes{};
                             });
                         },
                     .effect = [this, target, to]() -> Result<void> {
                         relocations_.push_back({.session = target, .to = to});
                         return {};
                     },
                     .told = [this, target, to]() -> std::optional<wire::ActedOn::Act> {
                         const bool stays = model_.find(target)->presence.channel == to;
                         return stays ? std::nullopt : std::optional(wire::ActedOn::Act::moved);
                     }});
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::GetAudit& get) {
    if (!room::decide(directory_, subject_of(seat.session), {}, room::Permission::read_audit)) {
        return fail(ErrorCode::not_permitted, "You may not read who did what to whom.");
    }
    if (const auto may = may_do(seat, Doing::history); !may) {
        return may;
    }
    const auto reply = will_reply(call, seat);
    const std::size_t wanted = get.entries == 0 ? wire::moderation_page_entries_max : get.entries;
    store_.audit(
        {.before = get.before, .entries_max = std::min(wanted, wire::moderation_page_entries_max)},
        then<store::AuditPage>([this, reply](const Result<store::AuditPage>& page) {
            if (page) {
                answer_later(reply, audit_shown(*page));
            } else {
                refuse_later(reply, page.error());
            }
        }));
    return {};
}

}  // namespace partyline::control
