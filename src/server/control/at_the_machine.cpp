// Whoever asks over the admin socket: no session, the owner's rights, and accounts to look after.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "server/control/switchboard.hpp"
#include "server/room/names.hpp"
#include "wire/limits.hpp"

namespace partyline::control {

// --- a console's life ----------------------------------------------------------------------------

void Switchboard::open_console(Peer& peer) {
    peer.console = ++last_console_;
    auto seat = std::make_unique<Seat>(SessionId{}, peer, relay::Relay::Seated{}, config_.limits,
                                       clock_.now());
    seat->connection = peer.console;
    seat->view = tree_.view(room::at_the_machine, ChannelId{});
    auto channels = tree_.channels(*seat->view);
    consoles_.emplace(peer.console, std::move(seat));
    for (std::size_t i = 0; i < channels.size(); i += wire::page_entries_max) {
        const auto end = std::min(channels.size(), i + wire::page_entries_max);
        send(peer,
             {.body = wire::ChannelPage{{channels.begin() + static_cast<std::ptrdiff_t>(i),
                                         channels.begin() + static_cast<std::ptrdiff_t>(end)}}},
             Outbox::Bound::exempt);
    }
    send(peer, {.body = wire::SnapshotEnd{}}, Outbox::Bound::exempt);
}

void Switchboard::close_console(Peer& peer) { consoles_.erase(peer.console); }

// --- who asks ------------------------------------------------------------------------------------

std::optional<Switchboard::Actor> Switchboard::actor_of(SessionId session) const {
    if (!session) {
        return Actor{.subject = room::at_the_machine,
                     .name = std::string(room::at_the_machine_name)};
    }
    const auto* found = model_.find(session);
    if (found == nullptr) {
        return std::nullopt;
    }
    const auto* account = account_of(session);
    return Actor{.subject = model_.subject(session),
                 .name = account != nullptr ? account->name : found->presence.name};
}

room::Subject Switchboard::subject_of(SessionId session) const {
    return session ? model_.subject(session) : room::at_the_machine;
}

Seat* Switchboard::seat_of(Reply reply) const {
    if (!reply.session) {
        const auto console = consoles_.find(reply.connection);
        return console == consoles_.end() ? nullptr : console->second.get();
    }
    const auto seat = seats_.find(reply.session);
    return seat == seats_.end() ? nullptr : seat->second.get();
}

// --- accounts ------------------------------------------------------------------------------------

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::ListAccounts& list) {
    if (!room::decide(directory_, subject_of(seat.session), ChannelId{},
                      room::Permission::manage_accounts)) {
        return fail(ErrorCode::not_permitted, "You may not manage other people's accounts.");
    }
    std::unordered_map<AccountId, std::uint32_t> devices;
    for (const auto& [identity, device] : directory_.devices()) {
        ++devices[device.account];
    }
    wire::Accounts page;
    const auto& accounts = directory_.accounts();
    for (auto at = accounts.upper_bound(list.after); at != accounts.end(); ++at) {
        if (page.accounts.size() == wire::moderation_page_entries_max) {
            page.more = true;
            break;
        }
        const auto& account = at->second;
        page.accounts.push_back({.id = account.id,
                                 .name = account.name,
                                 .owner = account.owner,
                                 .roles = account.roles,
                                 .devices = devices[account.id],
                                 .created_unix_ms = account.created_unix_ms});
    }
    answer(call, std::move(page));
    return {};
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::DeleteAccount& gone) {
    if (gone.name.empty()) {
        return fail(ErrorCode::unknown_account, "Say whose account is to be deleted.");
    }
    const auto account = account_meant(seat.session, gone.name);
    if (!account) {
        return std::unexpected(account.error());
    }
    return administer(
        call, seat,
        {.plan =
             [this, name = gone.name](SessionId session) {
                 return account_meant(session, name).and_then([&](const room::Account* meant) {
                     return room::plan_delete_account(directory_, meant->id, deed_of(session));
                 });
             },
         .answer = {}});
}

}  // namespace partyline::control
