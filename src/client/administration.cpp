// Administrative commands, as a session sends them and takes their answers.
#include "client/administration.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "client/ascii_case.hpp"
#include "client/moderation_wire.hpp"
#include "client/session.hpp"
#include "wire/permission_names.hpp"

namespace partyline::client {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};

RoleInfo to_info(const wire::Role& role) {
    RoleInfo info{.role = role.role, .name = role.settings.name, .rank = role.settings.rank};
    for (std::size_t i = 0; i < wire::permission_names.size(); ++i) {
        if ((role.settings.grants >> i & 1U) != 0) {
            info.grants.push_back(wire::permission_names[i]);
        }
    }
    return info;
}

wire::EditChannel to_wire(const EditRoom& edit) {
    return {.channel = edit.channel,
            .name = edit.name,
            .topic = edit.topic,
            .order = edit.order,
            .icon = edit.icon,
            .bitrate_bps_max = edit.bitrate_bps_max,
            .seats_max = edit.seats_max,
            .slow_mode_s = edit.slow_mode_s,
            .retention = edit.retention.transform([](const TextRetention& retention) {
                return wire::Retention{.keep = retention.keep, .days = retention.days};
            }),
            .password = edit.password};
}

}  // namespace

std::string_view word_for(const Administration& command) {
    return std::visit(Overloaded{[](const ListRoles&) -> std::string_view { return "roles"; },
                                 [](const GiveRole& it) -> std::string_view {
                                     return it.give ? "grant" : "revoke";
                                 },
                                 [](const AskWhy&) -> std::string_view { return "explain"; },
                                 [](const Kick&) -> std::string_view { return "kick"; },
                                 [](const Ban&) -> std::string_view { return "ban"; },
                                 [](const LiftBan&) -> std::string_view { return "unban"; },
                                 [](const ListBans&) -> std::string_view { return "bans"; },
                                 [](const Silence&) -> std::string_view { return "server-mute"; },
                                 [](const MovePerson&) -> std::string_view { return "move-user"; },
                                 [](const ReadAudit&) -> std::string_view { return "audit"; },
                                 [](const auto&) -> std::string_view { return "room"; }},
                      command);
}

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

void Session::administer(Administration command) {
    const Request asked{.asked = Asked::administration, .command = word_for(command)};
    std::visit(Overloaded{
        [&](const ListRoles&) { request(wire::GetRoles{}, asked); },
        [&](GiveRole& it) {
            // Roles are asked for by number, which the answer to this tells.
            auto first = asked;
            first.give = std::move(it);
            request(wire::GetRoles{}, std::move(first));
        },
        [&](AskWhy& it) {
            request(wire::Explain{.account = std::move(it.account),
                                  .channel = it.channel,
                                  .permission = it.permission},
                    asked);
        },
        [&](MakeRoom& it) {
            request(wire::CreateChannel{.parent = it.parent,
                                        .name = std::move(it.name),
                                        .topic = {},
                                        .preset = static_cast<wire::Preset>(it.preset),
                                        .temporary = it.temporary},
                    asked);
        },
        [&](const EditRoom& it) { request(to_wire(it), asked); },
        [&](const MoveRoom& it) {
            request(
                wire::MoveChannel{.channel = it.channel, .parent = it.parent, .order = it.order},
                asked);
        },
        [&](const DeleteRoom& it) { request(wire::DeleteChannel{it.channel}, asked); },
        [&]<class Moderation>(Moderation& it)
            requires requires { to_wire(std::move(it)); }
        { request(to_wire(std::move(it)), asked); }},
        command);
}

void Session::on_answer(const Request& asked, const wire::Roles& roles) {
    if (asked.invite) {
        make_invite(*asked.invite, roles);
        return;
    }
    if (!asked.give) {
        RolesReceived received;
        for (const auto& role : roles.roles) {
            received.roles.push_back(to_info(role));
        }
        port_.emit(received);
        return;
    }
    const auto& give = *asked.give;
    const auto found = std::ranges::find_if(roles.roles, [&](const wire::Role& role) {
        return same_but_for_case(role.settings.name, give.role);
    });
    if (found == roles.roles.end()) {
        refuse(asked, {.code = ErrorCode::unknown_role,
                       .message = std::format("There is no role \"{}\".", give.role)});
        return;
    }
    const Request next{.asked = Asked::administration, .command = asked.command};
    if (give.give) {
        request(wire::GrantRole{.account = give.account, .role = found->role}, next);
    } else {
        request(wire::RevokeRole{.account = give.account, .role = found->role}, next);
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

void Session::on_answer(const Request& asked, const wire::ChannelCreated&) {
    port_.emit(Administered{std::string(asked.command)});
}

}  // namespace partyline::client
