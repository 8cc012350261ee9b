#include "server/manage.hpp"

#include <algorithm>
#include <chrono>
#include <format>
#include <iostream>
#include <ranges>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/period.hpp"
#include "crypto/keys.hpp"
#include "net/loop.hpp"
#include "platform/hidden_input.hpp"
#include "server/desk.hpp"
#include "server/room/names.hpp"
#include "wire/limits.hpp"
#include "wire/permission_names.hpp"

namespace partyline::server {
namespace {

using Told = Result<std::string>;

/// Lines with their cells below each other.
class Table {
public:
    explicit Table(std::vector<std::string> head) { add(std::move(head)); }

    void add(std::vector<std::string> cells) {
        widths_.resize(std::max(widths_.size(), cells.size()));
        for (std::size_t i = 0; i < cells.size(); ++i) {
            widths_[i] = std::max(widths_[i], cells[i].size());
        }
        rows_.push_back(std::move(cells));
    }

    /// Just `nothing` when there is no row but the head.
    [[nodiscard]] std::string text(const std::string& nothing) const {
        if (rows_.size() == 1) {
            return nothing;
        }
        std::string text;
        for (const auto& row : rows_) {
            auto line = std::string();
            for (std::size_t i = 0; i < row.size(); ++i) {
                line += std::format("{:<{}}", row[i], widths_[i] + 2);
            }
            line.erase(line.find_last_not_of(' ') + 1);
            text += (text.empty() ? "" : "\n") + line;
        }
        return text;
    }

private:
    std::vector<std::vector<std::string>> rows_;
    std::vector<std::size_t> widths_;
};

/// None: for good, which is 0.
Result<std::uint32_t> seconds_of(const std::string& period) {
    return period.empty() ? Result<std::uint32_t>(0) : parse_period(period);
}

/// In UTC, to the second.
std::string time_of(std::int64_t unix_ms) {
    const std::chrono::sys_seconds time{std::chrono::seconds(unix_ms / 1000)};
    return std::format("{:%Y-%m-%d %H:%M:%S}Z", time);
}

/// Of what was typed here, and is no question to the server.
std::unexpected<Error> wrong_word(std::string message) {
    return fail(ErrorCode::config, std::move(message));
}

std::string until(std::int64_t unix_ms) { return unix_ms == 0 ? "for good" : time_of(unix_ms); }

std::string fingerprint_of(const Bytes& identity) {
    crypto::PublicKey key{};
    std::ranges::copy(identity | std::views::take(key.size()), key.begin());
    return crypto::fingerprint(key);
}

// --- users ---------------------------------------------------------------------------------------

std::string roles_in_words(const Desk& desk, const std::vector<RoleId>& roles) {
    std::string words;
    for (const auto role : roles) {
        words += (words.empty() ? "" : ", ") + desk.name_of(role);
    }
    return words;
}

net::task<Result<std::vector<wire::AccountEntry>>> all_accounts(Desk& desk) {
    std::vector<wire::AccountEntry> all;
    for (bool more = true; more;) {
        auto page = co_await desk.ask<wire::Accounts>(
            wire::ListAccounts{.after = all.empty() ? AccountId{} : all.back().id});
        if (!page) {
            co_return std::unexpected(page.error());
        }
        more = page->more && !page->accounts.empty();
        std::ranges::move(page->accounts, std::back_inserter(all));
    }
    co_return all;
}

net::task<Told> carry_out(Desk& desk, UserList) {
    if (auto roles = co_await desk.roles(); !roles) {
        co_return std::unexpected(roles.error());
    }
    const auto accounts = co_await all_accounts(desk);
    if (!accounts) {
        co_return std::unexpected(accounts.error());
    }
    Table table({"NAME", "ROLES", "DEVICES", "SINCE"});
    for (const auto& account : *accounts) {
        auto roles = roles_in_words(desk, account.roles);
        if (account.owner) {
            roles = roles.empty() ? "owner" : "owner, " + roles;
        }
        table.add({account.name, roles.empty() ? "-" : roles, std::to_string(account.devices),
                   time_of(account.created_unix_ms)});
    }
    co_return table.text("Nobody has an account here yet.");
}

net::task<Told> carry_out(Desk& desk, UserShow show) {
    const auto devices =
        co_await desk.ask<wire::Devices>(wire::ListDevices{.name = std::move(show.name)});
    if (!devices) {
        co_return std::unexpected(devices.error());
    }
    Table table({"DEVICE", "LINKED", "FINGERPRINT"});
    for (const auto& device : devices->devices) {
        table.add({device.label.empty() ? "-" : device.label, time_of(device.linked_unix_ms),
                   fingerprint_of(device.identity)});
    }
    co_return std::format("{}{}\n{}", devices->name, devices->owner ? ", who owns this server" : "",
                          table.text("No device is linked."));
}

net::task<Told> carry_out(Desk& desk, UserDelete gone) {
    auto done = co_await desk.ask<wire::Ok>(wire::DeleteAccount{.name = gone.name});
    co_return std::move(done).transform([&](wire::Ok) {
        return std::format("The account \"{}\" is deleted; its devices are guests' now.",
                           gone.name);
    });
}

net::task<Told> carry_out(Desk& desk, UserPassword change) {
    std::string password;
    const platform::HiddenInput hidden;
    if (hidden.is_terminal()) {
        std::cerr << "New password: " << std::flush;
    }
    if (!std::getline(std::cin, password) || password.empty()) {
        co_return fail(ErrorCode::config,
                       "There is no password in the first line of the standard input.");
    }
    auto done = co_await desk.ask<wire::Account>(wire::ChangePassword{
        .current = {}, .password = std::move(password), .name = std::move(change.name)});
    co_return std::move(done).transform([](const wire::Account& account) {
        return std::format("\"{}\" has a new password.", account.name);
    });
}

net::task<Told> carry_out(Desk& desk, UserUnlink unlink) {
    // How every fingerprint begins.
    if (unlink.device.empty()) {
        co_return wrong_word(
            "Say which device: how its fingerprint begins, as `user show` tells it.");
    }
    const auto devices = co_await desk.ask<wire::Devices>(wire::ListDevices{.name = unlink.name});
    if (!devices) {
        co_return std::unexpected(devices.error());
    }
    std::vector<const wire::Device*> meant;
    for (const auto& device : devices->devices) {
        if (fingerprint_of(device.identity).starts_with(unlink.device)) {
            meant.push_back(&device);
        }
    }
    if (meant.size() != 1) {
        co_return fail(
            ErrorCode::unknown_account,
            std::format("{} device of \"{}\" has a fingerprint that begins with {}; "
                        "`user show` tells them all.",
                        meant.empty() ? "No" : "More than one", unlink.name, unlink.device));
    }
    auto done = co_await desk.ask<wire::Ok>(
        wire::UnlinkDevice{.identity = meant.front()->identity, .name = unlink.name});
    co_return std::move(done).transform(
        [](wire::Ok) { return std::string("The device is unlinked."); });
}

// --- roles ---------------------------------------------------------------------------------------

std::string grants_in_words(std::uint64_t grants) {
    std::string words;
    for (std::size_t i = 0; i < wire::permission_names.size(); ++i) {
        if ((grants >> i & 1U) != 0) {
            words += std::format("{}{}", words.empty() ? "" : " ", wire::permission_names[i]);
        }
    }
    return words.empty() ? "-" : words;
}

net::task<Told> carry_out(Desk& desk, RoleList) {
    const auto roles = co_await desk.roles();
    if (!roles) {
        co_return std::unexpected(roles.error());
    }
    Table table({"ROLE", "RANK", "GRANTS"});
    for (const auto& role : *roles) {
        table.add({role.settings.name, std::to_string(role.settings.rank),
                   grants_in_words(role.settings.grants)});
    }
    co_return table.text("There are no roles.");
}

net::task<Told> carry_out(Desk& desk, RoleGrant grant) {
    const auto role = co_await desk.role_named(grant.role);
    if (!role) {
        co_return std::unexpected(role.error());
    }
    auto done = co_await desk.ask<wire::Ok>(wire::GrantRole{.account = grant.user, .role = *role});
    co_return std::move(done).transform([&](wire::Ok) {
        return std::format("\"{}\" is {} now.", grant.user, desk.name_of(*role));
    });
}

net::task<Told> carry_out(Desk& desk, RoleRevoke revoke) {
    const auto role = co_await desk.role_named(revoke.role);
    if (!role) {
        co_return std::unexpected(role.error());
    }
    auto done =
        co_await desk.ask<wire::Ok>(wire::RevokeRole{.account = revoke.user, .role = *role});
    co_return std::move(done).transform([&](wire::Ok) {
        return std::format("\"{}\" does not have the role {} now.", revoke.user,
                           desk.name_of(*role));
    });
}

// --- bans ----------------------------------------------------------------------------------------

std::string whom(const wire::Ban& ban) {
    std::string words;
    const auto add = [&words](const std::string& more) {
        words += (words.empty() ? "" : ", ") + more;
    };
    if (!ban.account.empty()) {
        add("account " + ban.account);
    }
    if (!ban.range.empty()) {
        add(ban.range);
    }
    if (!ban.identity.empty()) {
        add("identity " + to_base64url(ban.identity));
    }
    return words;
}

net::task<Told> carry_out(Desk& desk, BanList) {
    Table table({"BAN", "WHOM", "NAME", "UNTIL", "BY", "REASON"});
    BanId last{};
    for (bool more = true; more;) {
        const auto page = co_await desk.ask<wire::Bans>(wire::ListBans{.after = last});
        if (!page) {
            co_return std::unexpected(page.error());
        }
        more = page->more && !page->bans.empty();
        for (const auto& ban : page->bans) {
            last = ban.id;
            table.add({std::to_string(ban.id.value), whom(ban), ban.name.empty() ? "-" : ban.name,
                       until(ban.until_unix_ms), ban.by, ban.reason.empty() ? "-" : ban.reason});
        }
    }
    co_return table.text("Nobody is banned.");
}

net::task<Told> carry_out(Desk& desk, BanAdd add) {
    const auto seconds = seconds_of(add.period);
    if (!seconds) {
        co_return std::unexpected(seconds.error());
    }
    auto identity = from_base64url(add.identity);
    if (!identity || (!identity->empty() && identity->size() != wire::public_key_bytes)) {
        co_return fail(
            ErrorCode::malformed,
            std::format("\"{}\" is no identity; `ban list` and `audit` show some.", add.identity));
    }
    const auto bans = co_await desk.ask<wire::Bans>(wire::AddBan{.identity = *std::move(identity),
                                                                 .account = add.user,
                                                                 .range = add.range,
                                                                 .reason = add.reason,
                                                                 .seconds = *seconds});
    if (!bans) {
        co_return std::unexpected(bans.error());
    }
    if (bans->bans.empty()) {
        co_return std::string("Nothing has changed.");
    }
    const auto& ban = bans->bans.front();
    co_return std::format(
        "Ban {}: {}, {}.", ban.id.value, whom(ban),
        ban.until_unix_ms == 0 ? "for good" : "until " + time_of(ban.until_unix_ms));
}

net::task<Told> carry_out(Desk& desk, BanLift lift) {
    auto done = co_await desk.ask<wire::Ok>(
        wire::LiftBan{.ban = BanId{lift.ban}, .reason = std::move(lift.reason)});
    co_return std::move(done).transform(
        [&](wire::Ok) { return std::format("Ban {} is lifted.", lift.ban); });
}

// --- invites -------------------------------------------------------------------------------------

net::task<Told> carry_out(Desk& desk, InviteList) {
    if (auto roles = co_await desk.roles(); !roles) {
        co_return std::unexpected(roles.error());
    }
    Table table({"INVITE", "ROLE", "ROOM", "USES LEFT", "UNTIL", "BY"});
    InviteId last{};
    for (bool more = true; more;) {
        const auto page = co_await desk.ask<wire::Invites>(wire::ListInvites{.after = last});
        if (!page) {
            co_return std::unexpected(page.error());
        }
        more = page->more && !page->invites.empty();
        for (const auto& invite : page->invites) {
            last = invite.id;
            table.add({std::to_string(invite.id.value),
                       invite.role ? desk.name_of(invite.role) : "-",
                       invite.channel ? desk.path_of(invite.channel) : "-",
                       std::to_string(invite.uses_left), until(invite.until_unix_ms), invite.by});
        }
    }
    co_return table.text("There is no invite.");
}

net::task<Told> carry_out(Desk& desk, InviteCreate create) {
    if (create.uses == 0) {
        co_return wrong_word("An invite that nobody may use is none: --uses is at least 1.");
    }
    const auto seconds = seconds_of(create.period);
    const auto room = desk.room_at(create.room);
    if (!seconds || !room) {
        co_return std::unexpected(!seconds ? seconds.error() : room.error());
    }
    RoleId role{};
    if (!create.role.empty()) {
        const auto named = co_await desk.role_named(create.role);
        if (!named) {
            co_return std::unexpected(named.error());
        }
        role = *named;
    }
    auto made = co_await desk.ask<wire::InviteCreated>(wire::CreateInvite{
        .role = role, .channel = *room, .uses = create.uses, .seconds = *seconds});
    co_return std::move(made).transform([](const wire::InviteCreated& invite) {
        return std::format("Invite {}; its token, shown this once: {}", invite.invite.value,
                           invite.token);
    });
}

net::task<Told> carry_out(Desk& desk, InviteDelete gone) {
    auto done = co_await desk.ask<wire::Ok>(wire::DeleteInvite{InviteId{gone.invite}});
    co_return std::move(done).transform(
        [&](wire::Ok) { return std::format("Invite {} is no good any more.", gone.invite); });
}

// --- why, and who did what -----------------------------------------------------------------------

std::string in_words(const Desk& desk, const wire::ExplainedStep& step) {
    const auto role = std::format("the role {}", step.role_name);
    const auto room = step.channel ? std::format("the room \"{}\"", desk.path_of(step.channel))
                                   : std::string("a room");
    switch (step.rule) {
        case 1: return "the owner may do everything";
        case 2: return role + " may do everything";
        case 3: return role + " grants it";
        case 4: return "no role grants it";
        case 5: return room + " allows it to " + role;
        case 6: return room + " denies it to " + role;
        case 7: return "who may not see " + room + " may do nothing in it";
        case 8: return "who may not enter " + room + " may do nothing in it";
        case 9: return "there is no such room";
        default: return "a rule that this program does not know";
    }
}

net::task<Told> carry_out(Desk& desk, WhyMay why) {
    const auto permission = std::ranges::find(wire::permission_names, why.permission);
    if (permission == wire::permission_names.end()) {
        co_return fail(ErrorCode::config,
                       std::format("There is no permission \"{}\"; `role list` shows their names.",
                                   why.permission));
    }
    const auto room = desk.room_at(why.room);
    if (!room) {
        co_return std::unexpected(room.error());
    }
    const auto number = std::ranges::distance(wire::permission_names.begin(), permission);
    const auto answer = co_await desk.ask<wire::Explanation>(wire::Explain{
        .account = why.user, .channel = *room, .permission = static_cast<std::uint8_t>(number)});
    if (!answer && answer.error().code == ErrorCode::unknown_account) {
        co_return fail(
            ErrorCode::unknown_account,
            std::format("There is no account \"{}\". A guest may what the role Guest may: "
                        "`role list` shows it. Of a guest who is here, `explain` of "
                        "partyline-cli tells more.",
                        why.user));
    }
    if (!answer) {
        co_return std::unexpected(answer.error());
    }
    auto text = std::format("{}, \"{}\" {} {}{}.", answer->holds ? "Yes" : "No", why.user,
                            answer->holds ? "may" : "may not", why.permission,
                            why.room.empty() ? "" : std::format(" in \"{}\"", why.room));
    for (const auto& step : answer->steps) {
        text += std::format("\n  {:<4}{}", step.holds ? "yes" : "no", in_words(desk, step));
    }
    co_return text;
}

net::task<Told> carry_out(Desk& desk, ShowAudit show) {
    if (show.entries == 0) {
        co_return wrong_word("There is nothing to show: --entries is at least 1.");
    }
    Table table({"WHEN", "WHO", "WHAT", "WHOM", "DETAIL", "REASON"});
    std::uint64_t before = 0;
    std::uint32_t shown = 0;
    for (bool more = true; more && shown < show.entries;) {
        const auto page = co_await desk.ask<wire::Audit>(
            wire::GetAudit{.before = before, .entries = show.entries - shown});
        if (!page) {
            co_return std::unexpected(page.error());
        }
        more = page->more && !page->entries.empty();
        for (const auto& entry : page->entries) {
            before = entry.id;
            ++shown;
            table.add({time_of(entry.unix_ms), entry.actor, entry.action, entry.target,
                       entry.detail, entry.reason});
        }
    }
    co_return table.text("Nothing is in the audit log yet.");
}

net::task<> run(const config::Config& config, Management what, net::Loop& loop, Told& told) {
    auto desk = co_await Desk::open(loop, config.data_folder);
    if (!desk) {
        told = std::unexpected(desk.error());
        co_return;
    }
    told = co_await std::visit(
        [&](auto&& it) { return carry_out(*desk, std::forward<decltype(it)>(it)); },
        std::move(what));
}

}  // namespace

Result<std::string> manage(const config::Config& config, Management what) {
    net::Loop loop;
    Told told = std::string();
    loop.run_until_done(run(config, std::move(what), loop, told));
    return told;
}

}  // namespace partyline::server
