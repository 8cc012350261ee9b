#include "cli/administration.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

#include "cli/words.hpp"

namespace partyline::cli {
namespace {

std::unexpected<Error> malformed(std::string message) {
    return fail(ErrorCode::malformed, std::move(message));
}

std::optional<std::uint32_t> number_of(std::string_view text) {
    std::uint32_t number = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    return error == std::errc{} && end == last ? std::optional(number) : std::nullopt;
}

Result<Administer> parse_create(const std::vector<std::string>& words) {
    RoomCreate create;
    if (words.empty()) {
        return malformed("\"room create\" needs the room's path, \"Room/New room\"");
    }
    create.path = words[0];
    for (const auto& word : words | std::views::drop(1)) {
        if (word == "temporary") {
            create.temporary = true;
        } else if (word == "members") {
            create.preset = client::RoomPreset::members_only;
        } else if (word == "staff") {
            create.preset = client::RoomPreset::staff_only;
        } else if (word != "open") {
            return malformed(std::format(
                "\"{}\" is no kind of room; there are open, members, staff and temporary", word));
        }
    }
    return create;
}

constexpr std::array edited{"name", "topic",   "icon", "order",   "seats",
                            "slow", "bitrate", "keep", "password"};

Result<Administer> parse_edit(const std::vector<std::string>& words) {
    if (words.size() != 3 || !std::ranges::contains(edited, words[1])) {
        return malformed(
            "\"room edit\" takes a room, one of name, topic, icon, order, seats, slow, bitrate, "
            "keep or password, and its new value, in quotes if it has spaces");
    }
    const bool number =
        words[1] == "order" || words[1] == "seats" || words[1] == "slow" || words[1] == "bitrate";
    if (number && !number_of(words[2])) {
        return malformed(std::format("\"{}\" takes a whole number", words[1]));
    }
    if (words[1] == "keep" && words[2] != "forever" && words[2] != "never" &&
        !number_of(words[2])) {
        return malformed("\"keep\" takes a number of days, \"forever\" or \"never\"");
    }
    return RoomEdit{.room = words[0], .what = words[1], .value = words[2]};
}

Result<Administer> parse_room(std::vector<std::string> words) {
    const auto verb = words.empty() ? std::string() : words.front();
    words.erase(words.begin(), words.begin() + (words.empty() ? 0 : 1));
    if (verb == "create") {
        return parse_create(words);
    }
    if (verb == "edit") {
        return parse_edit(words);
    }
    if (verb == "move") {
        const auto order = words.size() == 3 ? number_of(words[2]) : std::optional(0U);
        if (words.size() < 2 || words.size() > 3 || !order) {
            return malformed(
                "\"room move\" takes a room, the room to put it in (\"\" for the top), and its "
                "place there as a number");
        }
        return RoomMove{.room = words[0], .parent = words[1], .order = *order};
    }
    if (verb == "delete" && words.size() == 1) {
        return RoomDelete{words[0]};
    }
    return malformed(
        "\"room\" takes create, edit, move, delete, allow, deny, inherit or rules, and a room");
}

Result<ChannelId> room_or_none(const std::vector<client::Room>& rooms, const std::string& path) {
    return path.empty() ? Result<ChannelId>(ChannelId{}) : client::find_room(rooms, path);
}

client::EditRoom edit_of(ChannelId channel, const RoomEdit& edit) {
    client::EditRoom out{.channel = channel};
    const auto number = number_of(edit.value).value_or(0);
    if (edit.what == "name") {
        out.name = edit.value;
    } else if (edit.what == "topic") {
        out.topic = edit.value;
    } else if (edit.what == "icon") {
        out.icon = edit.value;
    } else if (edit.what == "order") {
        out.order = number;
    } else if (edit.what == "seats") {
        out.seats_max = number;
    } else if (edit.what == "slow") {
        out.slow_mode_s = number;
    } else if (edit.what == "bitrate") {
        out.bitrate_bps_max = number;
    } else if (edit.what == "password") {
        out.password = edit.value;
    } else {
        out.retention = client::TextRetention{.keep = edit.value != "never", .days = number};
    }
    return out;
}

struct Resolver {
    const std::vector<client::Room>& rooms;
    const std::vector<client::Person>& people;
    using Resolved = Result<client::Administration>;

    Resolved operator()(const RoomCreate& it) const {
        const auto slash = it.path.rfind('/');
        const bool inside = slash != std::string::npos;
        return room_or_none(rooms, inside ? it.path.substr(0, slash) : "")
            .transform([&](ChannelId parent) {
                return client::Administration(
                    client::MakeRoom{.parent = parent,
                                     .name = inside ? it.path.substr(slash + 1) : it.path,
                                     .preset = it.preset,
                                     .temporary = it.temporary});
            });
    }
    Resolved operator()(const RoomEdit& it) const {
        return client::find_room(rooms, it.room).transform([&](ChannelId channel) {
            return client::Administration(edit_of(channel, it));
        });
    }
    Resolved operator()(const RoomMove& it) const {
        return client::find_room(rooms, it.room).and_then([&](ChannelId channel) {
            return room_or_none(rooms, it.parent).transform([&](ChannelId parent) {
                return client::Administration(
                    client::MoveRoom{.channel = channel, .parent = parent, .order = it.order});
            });
        });
    }
    Resolved operator()(const RoomDelete& it) const {
        return client::find_room(rooms, it.room).transform([](ChannelId channel) {
            return client::Administration(client::DeleteRoom{channel});
        });
    }
    Resolved operator()(const RoleCommand& it) const { return cli::resolve(it, rooms, people); }
    Resolved operator()(const Moderate& it) const { return cli::resolve(it, rooms, people); }
};

}  // namespace

bool is_administration(std::string_view word) {
    return word == "room" || parse_roles(word, {}) || parse_moderation(word, {});
}

Result<Administer> parse_administration(std::string_view word, std::string_view rest) {
    auto words = words_of(rest);
    if (!words) {
        return std::unexpected(words.error());
    }
    const auto as_administer = [](auto command) { return Administer(std::move(command)); };
    if (auto moderation = parse_moderation(word, *words)) {
        return moderation->transform(as_administer);
    }
    if (auto roles = parse_roles(word, *words)) {
        return roles->transform(as_administer);
    }
    return parse_room(*std::move(words));
}

Result<client::Administration> resolve(const Administer& command,
                                       const std::vector<client::Room>& rooms,
                                       const std::vector<client::Person>& people) {
    return std::visit(Resolver{.rooms = rooms, .people = people}, command);
}

}  // namespace partyline::cli
