// Commands about roles, as a session sends them and takes their answers. The wire has roles by number, people
// by name: which is which, the answer to GetRoles tells first.
#include "client/roles.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "client/ascii_case.hpp"
#include "client/session.hpp"
#include "wire/permission_names.hpp"

namespace partyline::client {
namespace {

std::uint64_t bits_of(const std::vector<std::uint8_t>& permissions) {
    std::uint64_t bits = 0;
    for (const auto permission : permissions) {
        bits |= std::uint64_t{1} << permission;
    }
    return bits;
}

std::vector<std::string_view> names_of(std::uint64_t permissions) {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < wire::permission_names.size(); ++i) {
        if ((permissions >> i & 1U) != 0) {
            names.push_back(wire::permission_names[i]);
        }
    }
    return names;
}

wire::RoleSettings edited(wire::RoleSettings settings, const EditRole& edit) {
    settings.name = edit.name.value_or(std::move(settings.name));
    settings.rank = edit.rank.value_or(settings.rank);
    settings.grants = (settings.grants | bits_of(edit.grant)) & ~bits_of(edit.withdraw);
    return settings;
}

/// What the room says of the role once this is set.
wire::RoleOverride ruled(RoleId role, const wire::Overrides& now, const SetRoomRule& rule) {
    const auto found = std::ranges::find(now.overrides, role, &wire::RoleOverride::role);
    wire::RoleOverride override{.role = role};
    if (found != now.overrides.end()) {
        override = *found;
    }
    const auto bits = bits_of(rule.permissions);
    override.allow &= ~bits;
    override.deny &= ~bits;
    override.allow |= rule.ruling == Ruling::allow ? bits : 0;
    override.deny |= rule.ruling == Ruling::deny ? bits : 0;
    return override;
}

RoomRulesReceived to_rules(const wire::Roles& roles, const wire::Overrides& overrides) {
    RoomRulesReceived received{.channel = overrides.channel, .rules = {}};
    for (const auto& role : roles.roles) {
        const auto found =
            std::ranges::find(overrides.overrides, role.role, &wire::RoleOverride::role);
        if (found != overrides.overrides.end()) {
            received.rules.push_back({.role = role.settings.name,
                                      .allows = names_of(found->allow),
                                      .denies = names_of(found->deny)});
        }
    }
    return received;
}

}  // namespace

std::optional<std::uint8_t> permission_named(std::string_view name) {
    const auto found = std::ranges::find(wire::permission_names, name);
    if (found == wire::permission_names.end()) {
        return std::nullopt;
    }
    return static_cast<std::uint8_t>(found - wire::permission_names.begin());
}

const std::vector<std::string_view>& permission_names() {
    static const std::vector<std::string_view> names(wire::permission_names.begin(),
                                                     wire::permission_names.end());
    return names;
}

// --- asking --------------------------------------------------------------------------------------

void Session::ask(MakeRole make, Request asked) {
    wire::CreateRole create{{.name = make.name, .rank = make.rank, .grants = bits_of(make.grants)}};
    asked.then = std::move(make);
    request(std::move(create), std::move(asked));
}

void Session::ask_with_roles(Administration command, Request asked) {
    asked.then = std::move(command);
    request(wire::GetRoles{}, std::move(asked));
}

void Session::go_on(const Request& asked, const GiveRole& give, const wire::Roles& roles) {
    const auto* role = role_named(asked, roles, give.role);
    if (role == nullptr) {
        return;
    }
    const Request next{.asked = Asked::administration, .command = asked.command};
    if (give.give) {
        request(wire::GrantRole{.account = give.account, .role = role->role}, next);
    } else {
        request(wire::RevokeRole{.account = give.account, .role = role->role}, next);
    }
}

void Session::go_on(const Request& asked, const EditRole& edit, const wire::Roles& roles) {
    if (const auto* role = role_named(asked, roles, edit.role)) {
        request(wire::EditRole{.role = role->role, .settings = edited(role->settings, edit)},
                {.asked = Asked::administration, .command = asked.command});
    }
}

void Session::go_on(const Request& asked, const DeleteRole& gone, const wire::Roles& roles) {
    if (const auto* role = role_named(asked, roles, gone.role)) {
        request(wire::DeleteRole{role->role},
                {.asked = Asked::administration, .command = asked.command});
    }
}

// What a room says of a role is set as a whole: what it says now of other permissions stays. Where somebody
// else changes that in this moment, the later one of us holds.
void Session::go_on(const Request& asked, const SetRoomRule& rule, const wire::Roles& roles) {
    if (const auto* role = role_named(asked, roles, rule.role)) {
        request(wire::GetOverrides{rule.channel}, {.asked = Asked::administration,
                                                   .command = asked.command,
                                                   .then = rule,
                                                   .roles = {{*role}}});
    }
}

void Session::go_on(const Request& asked, const ListRoomRules& list, const wire::Roles& roles) {
    request(
        wire::GetOverrides{list.channel},
        {.asked = Asked::administration, .command = asked.command, .then = list, .roles = roles});
}

// The answer to CreateRole is the new one.
void Session::go_on(const Request& asked, const MakeRole&, const wire::Roles&) {
    port_.emit(Administered{std::string(asked.command)});
}

const wire::Role* Session::role_named(const Request& asked, const wire::Roles& roles,
                                      std::string_view name) {
    const auto found = std::ranges::find_if(roles.roles, [&](const wire::Role& role) {
        return same_but_for_case(role.settings.name, name);
    });
    if (found == roles.roles.end()) {
        refuse(asked, {.code = ErrorCode::unknown_role,
                       .message = std::format("There is no role \"{}\".", name)});
        return nullptr;
    }
    return &*found;
}

// --- being told ----------------------------------------------------------------------------------

void Session::on_answer(const Request& asked, const wire::Roles& roles) {
    if (asked.invite) {
        make_invite(*asked.invite, roles);
        return;
    }
    if (asked.then) {
        std::visit([&](const auto& command) { go_on(asked, command, roles); }, *asked.then);
        return;
    }
    RolesReceived received;
    for (const auto& role : roles.roles) {
        received.roles.push_back({.role = role.role,
                                  .name = role.settings.name,
                                  .rank = role.settings.rank,
                                  .grants = names_of(role.settings.grants)});
    }
    port_.emit(received);
}

void Session::on_answer(const Request& asked, const wire::Overrides& overrides) {
    if (!asked.then) {
        return;
    }
    if (const auto* rule = std::get_if<SetRoomRule>(&*asked.then)) {
        const auto role = asked.roles.roles.front().role;
        request(
            wire::SetOverride{.channel = rule->channel, .override = ruled(role, overrides, *rule)},
            {.asked = Asked::administration, .command = asked.command});
    } else {
        port_.emit(to_rules(asked.roles, overrides));
    }
}

void Session::on_answer(const Request&, const wire::Explanation& explanation) {
    Explained explained{.holds = explanation.holds, .steps = {}};
    for (const auto& step : explanation.steps) {
        explained.steps.push_back({.rule = step.rule,
                                   .role = step.role_name,
                                   .channel = step.channel,
                                   .holds = step.holds});
    }
    port_.emit(explained);
}

}  // namespace partyline::client
