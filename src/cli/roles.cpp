#include "cli/roles.hpp"

#include <algorithm>
#include <charconv>
#include <format>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "cli/people.hpp"

namespace partyline::cli {
namespace {

using Words = std::vector<std::string>;
using Rest = std::span<const std::string>;

std::unexpected<Error> malformed(std::string message) {
    return fail(ErrorCode::malformed, std::move(message));
}

std::optional<std::uint16_t> rank_of(std::string_view text) {
    std::uint16_t rank = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, rank);
    return error == std::errc{} && end == last ? std::optional(rank) : std::nullopt;
}

Result<std::uint8_t> permission_of(std::string_view word) {
    if (const auto permission = client::permission_named(word)) {
        return *permission;
    }
    std::string known;
    for (const auto name : client::permission_names()) {
        known += std::format("{}{}", known.empty() ? "" : ", ", name);
    }
    return malformed(std::format("there is no permission \"{}\"; there are {}", word, known));
}

Result<Permissions> permissions_of(Rest words) {
    Permissions permissions;
    for (const auto& word : words) {
        const auto permission = permission_of(word);
        if (!permission) {
            return std::unexpected(permission.error());
        }
        permissions.push_back(*permission);
    }
    return permissions;
}

std::unexpected<Error> no_rank() {
    return malformed("a rank is a whole number, 0 to 65535; the highest of their roles is theirs");
}

// --- parsing -------------------------------------------------------------------------------------

Result<RoleCommand> parse_role_create(Rest words) {
    if (words.size() < 2) {
        return malformed(
            "\"role create\" takes a name, a rank, and the permissions that the role grants");
    }
    const auto rank = rank_of(words[1]);
    if (!rank) {
        return no_rank();
    }
    return permissions_of(words.subspan(2)).transform([&](Permissions grants) {
        return RoleCommand(
            RoleCreate{.name = words[0], .rank = *rank, .grants = std::move(grants)});
    });
}

Result<RoleCommand> parse_role_edit(Rest words) {
    constexpr auto usage =
        "\"role edit\" takes a role, and what is to change: name and a new one, rank and a number, "
        "or "
        "grant or withdraw and permissions";
    if (words.size() < 3) {
        return malformed(usage);
    }
    RoleEdit edit{.role = words[0], .name = {}, .rank = {}, .grant = {}, .withdraw = {}};
    const auto& what = words[1];
    if (what == "grant" || what == "withdraw") {
        return permissions_of(words.subspan(2)).transform([&](Permissions permissions) {
            (what == "grant" ? edit.grant : edit.withdraw) = std::move(permissions);
            return RoleCommand(std::move(edit));
        });
    }
    if (words.size() != 3 || (what != "name" && what != "rank")) {
        return malformed(usage);
    }
    if (what == "name") {
        edit.name = words[2];
    } else if (edit.rank = rank_of(words[2]); !edit.rank) {
        return no_rank();
    }
    return edit;
}

Result<RoleCommand> parse_role(const Words& words) {
    const Rest rest = words.empty() ? Rest() : Rest(words).subspan(1);
    const auto verb = words.empty() ? std::string() : words.front();
    if (verb == "create") {
        return parse_role_create(rest);
    }
    if (verb == "edit") {
        return parse_role_edit(rest);
    }
    if (verb == "delete" && rest.size() == 1) {
        return RoleDelete{rest[0]};
    }
    return malformed("\"role\" takes create, edit or delete, and the name of a role");
}

/// What a room says of a role; nothing for other things about rooms.
std::optional<Result<RoleCommand>> parse_room_rule(const Words& words) {
    const auto verb = words.empty() ? std::string() : words.front();
    if (verb == "rules") {
        return words.size() == 2 ? Result<RoleCommand>(RoomRules{words[1]})
                                 : malformed("\"room rules\" takes the name of a room");
    }
    if (verb != "allow" && verb != "deny" && verb != "inherit") {
        return std::nullopt;
    }
    if (words.size() < 4) {
        return malformed(std::format("\"room {}\" takes a room, a role, and permissions", verb));
    }
    const auto ruling = verb == "allow"  ? client::Ruling::allow
                        : verb == "deny" ? client::Ruling::deny
                                         : client::Ruling::inherit;
    return permissions_of(Rest(words).subspan(3)).transform([&](Permissions permissions) {
        return RoleCommand(RoomRule{.room = words[1],
                                    .role = words[2],
                                    .permissions = std::move(permissions),
                                    .ruling = ruling});
    });
}

// Whoever is called as a permission is has to be asked about as #12, with a permission behind it.
Result<RoleCommand> parse_explain(const Words& words) {
    const bool of_somebody = words.size() > 1 && client::permission_named(words[1]).has_value();
    const Rest rest = Rest(words).subspan(of_somebody ? 1 : 0);
    if (rest.empty() || rest.size() > 2) {
        return malformed(
            "\"explain\" takes, if you like, somebody's name, then a permission, and, if you like, "
            "a "
            "room");
    }
    return permission_of(rest[0]).transform([&](std::uint8_t permission) {
        return RoleCommand(Explain{.permission = permission,
                                   .room = rest.size() > 1 ? rest[1] : "",
                                   .who = of_somebody ? words[0] : ""});
    });
}

/// Of whoever is here by that name, or else the name itself.
Result<std::string> account_of(const std::vector<client::Person>& people, const std::string& who) {
    const auto session = somebody(people, who);
    if (!session) {
        return who.starts_with('#')
                   ? Result<std::string>(std::unexpected(somebody_here(people, who).error()))
                   : who;
    }
    const auto& person = *std::ranges::find(people, *session, &client::Person::session);
    if (person.account.empty()) {
        return fail(
            ErrorCode::unknown_account,
            std::format("\"{}\" is a guest: roles are given to accounts, which \"claim\" makes",
                        person.name));
    }
    return person.account;
}

// --- looking up ----------------------------------------------------------------------------------

struct Resolver {
    const std::vector<client::Room>& rooms;
    const std::vector<client::Person>& people;
    using Resolved = Result<client::Administration>;

    Resolved operator()(const Roles&) const { return client::ListRoles{}; }
    Resolved operator()(const Grant& it) const {
        return account_of(people, it.who).transform([&](std::string account) {
            return client::Administration(
                client::GiveRole{.account = std::move(account), .role = it.role, .give = it.give});
        });
    }
    Resolved operator()(const RoleCreate& it) const {
        return client::MakeRole{.name = it.name, .rank = it.rank, .grants = it.grants};
    }
    Resolved operator()(const RoleEdit& it) const {
        return client::EditRole{.role = it.role,
                                .name = it.name,
                                .rank = it.rank,
                                .grant = it.grant,
                                .withdraw = it.withdraw};
    }
    Resolved operator()(const RoleDelete& it) const { return client::DeleteRole{it.role}; }
    Resolved operator()(const RoomRule& it) const {
        return client::find_room(rooms, it.room).transform([&](ChannelId channel) {
            return client::Administration(client::SetRoomRule{.channel = channel,
                                                              .role = it.role,
                                                              .permissions = it.permissions,
                                                              .ruling = it.ruling});
        });
    }
    Resolved operator()(const RoomRules& it) const {
        return client::find_room(rooms, it.room).transform([](ChannelId channel) {
            return client::Administration(client::ListRoomRules{channel});
        });
    }
    Resolved operator()(const Explain& it) const {
        client::AskWhy ask{
            .permission = it.permission, .channel = {}, .session = {}, .account = {}};
        if (const auto session = somebody(people, it.who); session && !it.who.empty()) {
            ask.session = *session;
        } else if (it.who.starts_with('#')) {
            return std::unexpected(somebody_here(people, it.who).error());
        } else {
            ask.account = it.who;
        }
        if (it.room.empty()) {
            return ask;
        }
        return client::find_room(rooms, it.room).transform([&](ChannelId channel) {
            ask.channel = channel;
            return client::Administration(ask);
        });
    }
};

std::string joined(const std::vector<std::string_view>& names) {
    std::string all;
    for (const auto name : names) {
        all += std::format(" {}", name);
    }
    return all;
}

}  // namespace

std::optional<Result<RoleCommand>> parse_roles(std::string_view word, const Words& words) {
    if (word == "roles") {
        return words.empty() ? Result<RoleCommand>(Roles{})
                             : malformed("\"roles\" takes nothing after it");
    }
    if (word == "role") {
        return parse_role(words);
    }
    if (word == "room") {
        return parse_room_rule(words);
    }
    if (word == "explain") {
        return parse_explain(words);
    }
    if (word != "grant" && word != "revoke") {
        return std::nullopt;
    }
    if (words.size() != 2) {
        return malformed(
            std::format("\"{}\" takes somebody's name, or that of an account, and a role's", word));
    }
    return Grant{.who = words[0], .role = words[1], .give = word == "grant"};
}

Result<client::Administration> resolve(const RoleCommand& command,
                                       const std::vector<client::Room>& rooms,
                                       const std::vector<client::Person>& people) {
    return std::visit(Resolver{.rooms = rooms, .people = people}, command);
}

std::string sentence_for(const client::Explained::Step& step, std::string_view room) {
    const auto& role = step.role;
    switch (step.rule) {
        case 1: return "yes: the owner may do everything";
        case 2: return std::format("yes: {} may do everything, everywhere", role);
        case 3: return std::format("yes: {} grants it", role);
        case 4: return "no: no role grants it";
        case 5: return std::format("yes: \"{}\" allows it to {}", room, role);
        case 6: return std::format("no: \"{}\" denies it to {}", room, role);
        case 7: return "no: who may not see a room may do nothing in it";
        case 8: return "no: who may not enter a room may do nothing in it";
        case 9: return "no: there is no such room";
        default:
            return std::format("{}: by a rule that this program does not know",
                               step.holds ? "yes" : "no");
    }
}

std::string lines_of(const client::RoomRulesReceived& rules, std::string_view room) {
    std::string lines;
    for (const auto& rule : rules.rules) {
        auto line = rule.role + ":";
        line += rule.allows.empty() ? "" : " allowed" + joined(rule.allows);
        line += rule.allows.empty() || rule.denies.empty() ? "" : ";";
        line += rule.denies.empty() ? "" : " denied" + joined(rule.denies);
        lines += (lines.empty() ? "" : "\n") + to_plain_line(line);
    }
    return lines.empty() ? std::format("\"{}\" says nothing of any role", to_plain_line(room))
                         : lines;
}

}  // namespace partyline::cli
