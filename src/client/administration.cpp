// Administrative commands, as a session sends them and takes their answers.
#include "client/administration.hpp"

#include <concepts>
#include <utility>

#include "client/moderation_wire.hpp"
#include "client/session.hpp"

namespace partyline::client {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};

/// Is asked for once we know the role's number.
template <class Command>
concept OfARole = std::same_as<Command, GiveRole> || std::same_as<Command, EditRole> ||
                  std::same_as<Command, DeleteRole> || std::same_as<Command, SetRoomRule> ||
                  std::same_as<Command, ListRoomRules>;

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
                                 [](const MakeRole&) -> std::string_view { return "role"; },
                                 [](const EditRole&) -> std::string_view { return "role"; },
                                 [](const DeleteRole&) -> std::string_view { return "role"; },
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

void Session::administer(Administration command) {
    const Request asked{.asked = Asked::administration, .command = word_for(command)};
    std::visit(Overloaded{
        [&](const ListRoles&) { request(wire::GetRoles{}, asked); },
        [&](MakeRole& it) { ask(std::move(it), asked); },
        [&]<OfARole Command>(Command& it) { ask_with_roles(std::move(it), asked); },
        [&](AskWhy& it) {
            request(wire::Explain{.session = it.session,
                                  .account = std::move(it.account),
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

void Session::on_answer(const Request& asked, const wire::ChannelCreated&) {
    port_.emit(Administered{std::string(asked.command)});
}

}  // namespace partyline::client
