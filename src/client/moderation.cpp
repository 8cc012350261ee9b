// A moderator's commands, as a session sends them and takes their answers.
#include "client/moderation.hpp"

#include <utility>

#include "base/bytes.hpp"
#include "client/moderation_wire.hpp"
#include "client/session.hpp"

namespace partyline::client {

wire::Kick to_wire(Kick kick) {
    return {.session = kick.session, .reason = std::move(kick.reason)};
}

wire::AddBan to_wire(Ban ban) {
    return {.session = ban.session,
            .of_identity = ban.of_identity,
            .of_account = ban.of_account,
            .of_address = ban.of_address,
            .identity = from_base64url(ban.identity).value_or(Bytes{}),
            .account = std::move(ban.account),
            .range = std::move(ban.range),
            .reason = std::move(ban.reason),
            .seconds = ban.seconds};
}

wire::LiftBan to_wire(LiftBan lift) { return {.ban = lift.ban, .reason = std::move(lift.reason)}; }

wire::ListBans to_wire(ListBans list) { return {.after = list.after}; }

wire::SetServerMute to_wire(Silence silence) {
    return {.session = silence.session,
            .mute = silence.mute,
            .deafen = silence.deafen,
            .reason = std::move(silence.reason)};
}

wire::MoveMember to_wire(MovePerson move) {
    return {.session = move.session, .channel = move.channel, .reason = std::move(move.reason)};
}

wire::GetAudit to_wire(ReadAudit read) { return {.before = read.before, .entries = read.entries}; }

ActedOn to_event(const wire::ActedOn& done) {
    using enum wire::ActedOn::Act;
    auto act = ActedOn::Act::other;
    switch (done.act) {
        case muted: act = ActedOn::Act::muted; break;
        case deafened: act = ActedOn::Act::deafened; break;
        case released: act = ActedOn::Act::released; break;
        case moved: act = ActedOn::Act::moved; break;
        case unspecified: break;
    }
    return {.act = act, .reason = done.reason, .since_unix_ms = done.since_unix_ms};
}

void Session::on(const wire::ActedOn& done) { port_.emit(to_event(done)); }

void Session::on_answer(const Request& request, const wire::Bans& bans) {
    BansReceived received{.command = std::string(request.command), .bans = {}, .more = bans.more};
    for (const auto& ban : bans.bans) {
        received.bans.push_back({.id = ban.id,
                                 .identity = to_base64url(ban.identity),
                                 .account = ban.account,
                                 .range = ban.range,
                                 .name = ban.name,
                                 .reason = ban.reason,
                                 .by = ban.by,
                                 .created_unix_ms = ban.created_unix_ms,
                                 .until_unix_ms = ban.until_unix_ms});
    }
    port_.emit(received);
}

void Session::on_answer(const Request&, const wire::Audit& audit) {
    AuditReceived received{.entries = {}, .more = audit.more};
    for (const auto& entry : audit.entries) {
        received.entries.push_back({.id = entry.id,
                                    .unix_ms = entry.unix_ms,
                                    .actor = entry.actor,
                                    .action = entry.action,
                                    .target = entry.target,
                                    .reason = entry.reason,
                                    .detail = entry.detail});
    }
    port_.emit(received);
}

}  // namespace partyline::client
