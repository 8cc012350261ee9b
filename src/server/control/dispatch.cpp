// From a decoded message to its handler, and from the handler's result to exactly one answer.
#include <concepts>
#include <format>
#include <utility>

#include "server/control/switchboard.hpp"

namespace partyline::control {

namespace {

/// What a talkie sends by itself, whether or not anybody is there.
template <class Body>
constexpr bool talkies_own =
    std::same_as<Body, wire::ShareKeys> || std::same_as<Body, wire::KeyRequest> ||
    std::same_as<Body, wire::GetMemberKeys> || std::same_as<Body, wire::RenewDevice> ||
    std::same_as<Body, wire::SetVoiceLane> || std::same_as<Body, wire::VoiceTunnel> ||
    std::same_as<Body, wire::ControlPing>;

/// What may be asked over the admin socket, by somebody who is in no room and hears no events.
template <class Body>
constexpr bool consoles_too =
    std::same_as<Body, wire::ListAccounts> || std::same_as<Body, wire::DeleteAccount> ||
    std::same_as<Body, wire::ListDevices> || std::same_as<Body, wire::UnlinkDevice> ||
    std::same_as<Body, wire::ChangePassword> || std::same_as<Body, wire::GetRoles> ||
    std::same_as<Body, wire::CreateRole> || std::same_as<Body, wire::EditRole> ||
    std::same_as<Body, wire::DeleteRole> || std::same_as<Body, wire::GrantRole> ||
    std::same_as<Body, wire::RevokeRole> || std::same_as<Body, wire::Explain> ||
    std::same_as<Body, wire::AddBan> || std::same_as<Body, wire::LiftBan> ||
    std::same_as<Body, wire::ListBans> || std::same_as<Body, wire::GetAudit> ||
    std::same_as<Body, wire::CreateInvite> || std::same_as<Body, wire::ListInvites> ||
    std::same_as<Body, wire::DeleteInvite>;

std::unexpected<Error> needs_a_talkie() {
    return fail(ErrorCode::unsupported, "That takes somebody with a talkie.");
}

}  // namespace

void Switchboard::dispatch(Call& call, const wire::ClientBody& body, std::size_t bytes) {
    const auto handled = charge(call.peer, body, bytes).and_then([&] {
        return std::visit([&](const auto& message) { return handle(call, message); }, body);
    });
    if (!handled) {
        refuse(call, handled.error());
    } else if (!call.answered) {
        answer(call, wire::Ok{});
    }
}

/// Does not compile for a message that no overload of on() takes.
template <class Body>
Result<void> Switchboard::handle(Call& call, const Body& body) {
    if constexpr (std::same_as<Body, wire::Unknown>) {
        return fail(ErrorCode::unsupported, "This server does not know that request.");
    } else if constexpr (std::same_as<Body, wire::Login> || std::same_as<Body, wire::Resume>) {
        return call.peer.console != 0 ? needs_a_talkie() : on(call, body);
    } else {
        auto* seat = seat_of(call.peer);
        if (seat == nullptr) {
            return fail(
                ErrorCode::not_logged_in,
                std::format("{} comes before a login.", wire::name_of(wire::ClientBody(body))));
        }
        if constexpr (!consoles_too<Body>) {
            if (call.peer.console != 0) {
                return needs_a_talkie();
            }
        }
        if constexpr (!talkies_own<Body>) {
            seat->active = clock_.now();
        }
        return on(call, *seat, body);
    }
}

Result<void> Switchboard::charge(Peer& peer, const wire::ClientBody& body, std::size_t bytes) {
    if (peer.console != 0) {
        return {};  // one request at a time, by the owner
    }
    const auto now = clock_.now();
    // Voice comes a hundred times a second and has a rate of its own.
    if (std::holds_alternative<wire::VoiceTunnel>(body)) {
        return peer.tunnelled.take(now);
    }
    const auto whole_units = bytes / message_bytes_per_cost;
    return peer.messages.take(now, 1 + static_cast<double>(whole_units));
}

Result<void> Switchboard::may_do(const Seat& seat, Doing what) {
    if (!seat.session) {
        return {};  // at the machine: one request at a time, by the owner
    }
    const auto now = clock_.now();
    const auto person = model_.person(seat.session);
    // What one person is refused costs their neighbours nothing, nor the other way round.
    return rates_.check(person, what, now)
        .and_then([&] { return address_rates_.take(seat.address, what, now); })
        .and_then([&] { return rates_.take(person, what, now); });
}

void Switchboard::answer(Call& call, wire::ServerBody body) {
    call.answered = true;
    // Whoever gives no request id wants no Ok, but what an answer tells it will not know otherwise.
    if (call.id != 0 || !std::holds_alternative<wire::Ok>(body)) {
        send(call.peer, {.reply_to = call.id, .body = std::move(body)}, Outbox::Bound::counted);
    }
}

void Switchboard::refuse(Call& call, const Error& error) {
    auto& peer = call.peer;
    (seat_of(peer) != nullptr ? figures_.refusals : figures_.logins_refused).add(1);
    // Before the login there is nothing to go on with, except after what a later version may ask, and
    // for whoever comes too late for its old seat and now wants another.
    if (!peer.session && peer.console == 0 && error.code != ErrorCode::unsupported &&
        error.code != ErrorCode::resume_refused) {
        end(peer, {.reply_to = call.id, .body = wire::Refusal{.error = error, .closing = true}});
        return;
    }
    if (call.id != 0) {
        send(peer, {.reply_to = call.id, .body = wire::Refusal{.error = error}},
             Outbox::Bound::counted);
    }
    if (const auto patience = peer.refusals.take(clock_.now()); !patience) {
        end(peer,
            {.body = wire::Goodbye{.error = {.code = ErrorCode::rate_limited,
                                             .message = "Too many requests that had to be refused.",
                                             .retry_ms = patience.error().retry_ms}}});
    }
}

}  // namespace partyline::control
