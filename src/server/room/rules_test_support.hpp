// For tests: a server with rooms, roles and people, put together in a few words.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "server/room/built_in.hpp"
#include "server/room/decide.hpp"

namespace partyline::room {

/// Give it what it is to have, then look at `directory`.
class RulesHouse {
public:
    Directory directory;

    RoleId role(std::string name, std::uint16_t rank, PermissionSet grants) {
        const auto id = directory.next_role();
        directory.apply(Role{.id = id, .name = std::move(name), .rank = rank, .grants = grants});
        return id;
    }
    Subject person(std::string name, std::vector<RoleId> roles, bool owner = false) {
        const auto id = directory.next_account();
        directory.apply(Account{.id = id,
                                .name = std::move(name),
                                .password_hash = {},
                                .recovery_hash = {},
                                .roles = std::move(roles),
                                .owner = owner});
        return {id};
    }
    ChannelId room(std::string name, ChannelId parent = {},
                   std::map<RoleId, Override> overrides = {}) {
        const auto id = directory.next_channel();
        directory.apply(
            ChannelRecord{.channel = {.id = id, .parent = parent, .name = std::move(name)},
                          .password_hash = {},
                          .overrides = std::move(overrides)});
        return id;
    }
    void say(ChannelId room, RoleId role, Override override) {
        auto record = *directory.find(room);
        record.overrides[role] = override;
        directory.apply(std::move(record));
    }
};

}  // namespace partyline::room
