#include "cli/invites.hpp"

#include <charconv>
#include <format>
#include <limits>
#include <optional>

namespace partyline::cli {
namespace {

constexpr std::uint32_t day_s = 86'400;
constexpr std::uint32_t days_max = std::numeric_limits<std::uint32_t>::max() / day_s;

std::unexpected<Error> malformed(std::string message) {
    return fail(ErrorCode::malformed, std::move(message));
}

std::optional<std::uint64_t> number_of(std::string_view text) {
    text.remove_prefix(text.starts_with('#') ? 1 : 0);
    std::uint64_t number = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    return error == std::errc{} && end == last ? std::optional(number) : std::nullopt;
}

Result<Invites> parse_create(const std::vector<std::string>& words) {
    InviteCreate create;
    if (words.size() % 2 == 0) {
        return malformed(
            "\"invite create\" takes role NAME, room ROOM, uses N and days N, each if you like");
    }
    for (std::size_t i = 1; i < words.size(); i += 2) {
        const auto& what = words[i];
        const auto& value = words[i + 1];
        const auto number = number_of(value);
        if (what == "role") {
            create.role = value;
        } else if (what == "room") {
            create.room = value;
        } else if (what == "uses" && number && *number > 0 &&
                   *number <= std::numeric_limits<std::uint32_t>::max()) {
            create.uses = static_cast<std::uint32_t>(*number);
        } else if (what == "days" && number && *number > 0 && *number <= days_max) {
            create.days = static_cast<std::uint32_t>(*number);
        } else {
            return malformed(
                std::format("\"{} {}\" says nothing about an invite: there are role, "
                            "room, uses and days, the last two with a number",
                            what, value));
        }
    }
    return create;
}

struct Resolver {
    const std::vector<client::Room>& rooms;
    using Resolved = Result<client::InviteCommand>;

    Resolved operator()(const InviteCreate& it) const {
        client::MakeInvite make{
            .role = it.role, .channel = {}, .uses = it.uses, .seconds = it.days * day_s};
        if (!it.room.empty()) {
            const auto found = client::find_room(rooms, it.room);
            if (!found) {
                return std::unexpected(found.error());
            }
            make.channel = *found;
        }
        return make;
    }
    Resolved operator()(const InviteList& it) const { return client::ListInvites{it.after}; }
    Resolved operator()(const InviteDelete& it) const { return client::TakeBackInvite{it.invite}; }
    Resolved operator()(const InviteRedeem& it) const { return client::UseInvite{it.token}; }
};

}  // namespace

Result<Invites> parse_invite(const std::vector<std::string>& words) {
    const auto verb = words.empty() ? std::string() : words.front();
    const auto id = words.size() == 2 ? number_of(words[1]) : std::nullopt;
    if (verb == "create") {
        return parse_create(words);
    }
    if (verb == "list" && (words.size() == 1 || id)) {
        return InviteList{InviteId{id.value_or(0)}};
    }
    if (verb == "delete" && id) {
        return InviteDelete{InviteId{*id}};
    }
    if (verb == "redeem" && words.size() == 2) {
        return InviteRedeem{words[1]};
    }
    return malformed(
        "\"invite\" takes create, list, delete and the number of an invite, or redeem and a token");
}

Result<client::InviteCommand> resolve(const Invites& command,
                                      const std::vector<client::Room>& rooms) {
    return std::visit(Resolver{rooms}, command);
}

}  // namespace partyline::cli
