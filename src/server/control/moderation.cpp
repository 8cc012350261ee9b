// Sending away, silencing and moving people, and looking up who did.
#include <algorithm>
#include <utility>

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

std::string in_words(room::Silence silence) {
    if (silence.deafen) {
        return "deafened";
    }
    return silence.mute ? "muted" : "neither muted nor deafened";
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

Result<void> Switchboard::moderate(Call& call, Seat& seat, Act act) {
    const auto checked =
        seat.changes.take(clock_.now()).and_then([&] { return room::check_reason(act.reason); });
    if (!checked) {
        return checked;
    }
    const auto target = act.target;
    auto plan = [this, target, action = std::move(act.action), reason = std::move(act.reason),
                 detail = std::move(act.detail),
                 may = std::move(act.may)](SessionId actor) mutable -> Result<room::Changes> {
        return may(actor).transform([&] {
            return room::Changes{room::AuditEntry{.unix_ms = clock_.unix_ms(),
                                                  .actor = deed_of(actor).by,
                                                  .action = std::move(action),
                                                  .target = model_.find(target)->presence.name,
                                                  .reason = std::move(reason),
                                                  .detail = std::move(detail)}};
        });
    };
    auto effect = [this, target, effect = std::move(act.effect)]() mutable {
        if (model_.find(target) != nullptr) {
            effect();
        }
    };
    return administer(call, seat,
                      {.plan = std::move(plan), .answer = {}, .effect = std::move(effect)});
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::Kick& kick) {
    const auto target = kick.session;
    return moderate(
        call, seat,
        {.action = "kick",
         .target = target,
         .reason = kick.reason,
         .detail = {},
         .may = [this, target](SessionId actor) { return model_.may_kick(actor, target); },
         .effect =
             [this, target, why = kicked(kick.reason)] {
                 dismissals_.push_back({.session = target, .why = why});
             }});
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::SetServerMute& set) {
    const auto target = set.session;
    const room::Silence silence{.mute = set.mute, .deafen = set.deafen};
    return moderate(
        call, seat,
        {.action = "server_mute",
         .target = target,
         .reason = set.reason,
         .detail = in_words(silence),
         .may = [this, target,
                 silence](SessionId actor) { return model_.may_silence(actor, target, silence); },
         .effect =
             [this, target, silence] {
                 // Told at once: it is by this that the relay hears of it.
                 publish(model_.silence(target, silence));
             }});
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::MoveMember& move) {
    const auto target = move.session;
    const auto to = move.channel;
    const auto* room = directory_.find(to);
    return moderate(
        call, seat,
        {.action = "move",
         .target = target,
         .reason = move.reason,
         .detail = room == nullptr ? std::string() : room->channel.name,
         .may = [this, target, to](SessionId actor) { return model_.may_move(actor, target, to); },
         .effect =
             [this, target, to] {
                 if (!to || directory_.find(to) != nullptr) {
                     relocations_.push_back({.session = target, .to = to});
                 }
             }});
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::GetAudit& get) {
    if (!room::decide(directory_, subject_of(seat.session), {}, room::Permission::read_audit)) {
        return fail(ErrorCode::not_permitted, "You may not read who did what to whom.");
    }
    if (const auto may = seat.histories.take(clock_.now()); !may) {
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
