// Lines of input about invites.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "client/talkie.hpp"

namespace partyline::cli {

struct InviteCreate {
    std::string role;  // empty: none
    std::string room;  // empty: none
    std::uint32_t uses = 1;
    std::uint32_t days = 0;  // 0: for good
    bool operator==(const InviteCreate&) const = default;
};
struct InviteList {
    InviteId after{};
    bool operator==(const InviteList&) const = default;
};
struct InviteDelete {
    InviteId invite{};
    bool operator==(const InviteDelete&) const = default;
};
struct InviteRedeem {
    std::string token;
    bool operator==(const InviteRedeem&) const = default;
};

using Invites = std::variant<InviteCreate, InviteList, InviteDelete, InviteRedeem>;

/// The words after "invite". Fails with malformed, saying what it could have been.
Result<Invites> parse_invite(const std::vector<std::string>& words);
/// With rooms looked up in the tree as it is. Fails with unknown_channel.
Result<client::InviteCommand> resolve(const Invites& command,
                                      const std::vector<client::Room>& rooms);

}  // namespace partyline::cli
