// Login, and the snapshot that follows it.
#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "crypto/handshake.hpp"
#include "server/control/convert.hpp"
#include "server/control/switchboard.hpp"
#include "server/room/account_plans.hpp"
#include "server/room/decide.hpp"
#include "wire/limits.hpp"

namespace partyline::control {
namespace {

/// Collects entries and hands them on a page at a time.
template <class Page, class Entry, class Send>
class Pager {
public:
    Pager(std::vector<Entry> Page::* entries, Send send) : entries_(entries), send_(send) {}
    void add(Entry entry) {
        (page_.*entries_).push_back(std::move(entry));
        if ((page_.*entries_).size() == wire::page_entries_max) {
            finish();
        }
    }
    void finish() {
        if (!(page_.*entries_).empty()) {
            send_(std::exchange(page_, {}));
        }
    }

private:
    Page page_;
    std::vector<Entry> Page::* entries_;
    Send send_;
};

}  // namespace

Result<void> Switchboard::check_claims(const Peer& peer, const wire::Login& login) const {
    if (!std::ranges::contains(login.versions, wire::protocol_version)) {
        return fail(ErrorCode::wrong_version, "This server speaks protocol version 1 only.");
    }
    const auto keys = to_room(login);
    const crypto::LoginClaim claim{
        .exporter = peer.exporter, .x25519 = keys.x25519, .versions = login.versions};
    if (!crypto::verify_login(keys.identity, claim,
                              to_array<wire::signature_bytes>(login.signature))) {
        return fail(ErrorCode::bad_signature, "The login's signature is wrong.");
    }
    return check_device(keys);
}

Result<void> Switchboard::check_device(const room::PeerKeys& keys) const {
    const crypto::DeviceClaim claim{.server_id = identity_.public_key(),
                                    .x25519 = keys.x25519,
                                    .expiry_unix_ms = keys.device.expiry_unix_ms};
    if (!crypto::verify_device(keys.identity, claim, keys.device.signature, clock_.unix_ms())) {
        return fail(ErrorCode::bad_signature,
                    "The device's signature is wrong or expired, or your clock is.");
    }
    return {};
}

Result<void> Switchboard::check_name(const room::Identity& identity, std::string_view name) const {
    const auto* account = room::account_of(directory_, identity);
    const room::Subject who{account == nullptr ? AccountId{} : account->id};
    return room::may_bear(directory_, identity, name).and_then([&] {
        return reserved_.may_bear(directory_, who, name);
    });
}

Result<void> Switchboard::on(Call& call, const wire::Login& login) {
    auto& peer = call.peer;
    if (peer.session) {
        return fail(ErrorCode::already_logged_in, "You are logged in already.");
    }
    const auto keys = to_room(login);
    const auto checked = check_address(peer, keys.identity)
                             .and_then([&] { return check_claims(peer, login); })
                             .and_then([&] { return check_bans(visitor(peer, keys.identity)); });
    if (!checked) {
        return checked;
    }
    if (const auto may = check_name(keys.identity, login.name); !may) {
        return may;
    }
    const auto& address = peer.remote.address();
    if (const auto may = make_room(login.name, keys, address).and_then([&] {
            return replace_older(login.name, keys);
        });
        !may) {
        return may;
    }
    let_go_beyond_share(address, 1);
    const auto in = model_.log_in(login.name, keys);
    if (!in) {
        return std::unexpected(in.error());
    }
    auto& seat = take_seat(peer, in->session);
    answer(call, welcome(seat));
    send_snapshot(seat);
    tell_silence(seat);
    publish(in->events);
    return {};
}

bool Switchboard::keeps_order(const room::Identity& identity) const {
    constexpr room::PermissionSet sending_away{room::Permission::administer, room::Permission::ban,
                                               room::Permission::kick};
    const auto* account = room::account_of(directory_, identity);
    return account != nullptr &&
           !(room::permissions(directory_, {account->id}, {}) & sending_away).empty();
}

Result<void> Switchboard::make_room(std::string_view name, const room::PeerKeys& keys,
                                    const net::Endpoint::Address& address) {
    const auto older = model_.session_of(keys);
    const auto may = model_.may_log_in(name, older);
    if (!may && may.error().code != ErrorCode::server_full) {
        return may;
    }
    const auto others = model_.sessions().size() - (older ? 1 : 0);
    // Whoever has a seat and takes it anew is one more nowhere, however many are here.
    if (may && (older || others < config_.limits.sessions)) {
        return {};
    }
    const bool goes_first = keeps_order(keys.identity);
    // Where more are here than may be, these are in seats that are kept for them: when one of all of them
    // goes, none comes free for anybody else.
    if (goes_first || others <= config_.limits.sessions) {
        if (const auto leaving =
                away_.gives_way_to({.address = address, .goes_first = goes_first})) {
            log::info("session {} is away, and makes room", leaving->value);
            depart(*leaving);
            return {};
        }
    }
    if (!may) {
        return may;
    }
    if (!goes_first) {
        return fail(ErrorCode::server_full, "The server is full.");
    }
    log::info("The server is full: one who keeps order has a seat that is kept for that");
    return {};
}

/// A connection that the network has dropped may live on here for a while: whoever is back on another
/// must not meet themself.
Result<void> Switchboard::replace_older(std::string_view name, const room::PeerKeys& keys) {
    const auto older = model_.session_of(keys);
    const auto may = model_.may_log_in(name, older);
    if (may && older) {
        dismiss(*older, {.code = ErrorCode::replaced,
                         .message = "You have connected from elsewhere with the same identity."});
    }
    return may;
}

Seat& Switchboard::take_seat(Peer& peer, SessionId session) {
    const auto now = clock_.now();
    peer.session = session;
    peer.heard = now;
    peer.slot.authenticated();
    figures_.logins.add(1);
    auto hop = std::exchange(peer.hop, std::nullopt);
    auto seat = std::make_unique<Seat>(
        session, peer, relay_.open_seat(session, std::move(hop).value()), config_.limits, now);
    away_.took(seat->address);
    seat->view = view_of(session);
    update_voice(*seat);
    log::info("session {} begins ({})", session.value, peer.address);
    return *seats_.emplace(session, std::move(seat)).first->second;
}

void Switchboard::send_snapshot(Seat& seat) {
    const auto send = [this, &seat](const auto& page) { tell(seat, page, Outbox::Bound::exempt); };
    Pager channels(&wire::ChannelPage::channels, send);
    for (auto& channel : tree_.channels(*seat.view)) {
        channels.add(std::move(channel));
    }
    channels.finish();
    Pager sessions(&wire::PresencePage::sessions, send);
    std::vector<wire::Presence> people;
    for (const auto& [id, session] : model_.sessions()) {
        people.push_back(to_wire(session.presence));
    }
    veil(people, *seat.view);
    for (auto& person : people) {
        sessions.add(std::move(person));
    }
    sessions.finish();
    send(wire::SnapshotEnd{});
}

}  // namespace partyline::control
