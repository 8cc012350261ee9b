#include "server/config/rooms.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <set>
#include <utility>

#include "server/config/complaint.hpp"
#include "server/room/limits.hpp"
#include "server/room/names.hpp"

namespace partyline::config {
namespace {

struct RoomKey {
    std::string_view name;
    std::string_view meaning;  // one line
};
constexpr std::array keys{
    RoomKey{.name = "name", .meaning = "what it is called; the one key that must be there"},
    RoomKey{.name = "topic", .meaning = "what it is about, in a line"},
    RoomKey{.name = "keep_texts", .meaning = "false: what is written there is not kept at all"},
    RoomKey{.name = "keep_days", .meaning = "for how many days it is kept; left out: for good"},
    RoomKey{.name = "keep_mebibytes", .meaning = "up to which size it is kept; left out: any"},
    RoomKey{.name = "room", .meaning = "the rooms inside it, each as [[room.room]] after it"},
};
constexpr auto room_keys = [] {
    std::array<std::string_view, keys.size()> names;
    std::ranges::transform(keys, names.begin(), &RoomKey::name);
    return names;
}();

/// Walks the tables and collects what it finds, or the first thing that is wrong.
class RoomReader {
public:
    explicit RoomReader(const std::string& file) : file_(file) {}

    // At most room::channel_depth_max deep.
    // NOLINTNEXTLINE(misc-no-recursion)
    Result<void> read(const toml::node& list, ChannelId parent, const std::string& path,
                      std::size_t depth) {
        const auto* tables = list.as_array();
        if (tables == nullptr || !tables->is_array_of_tables()) {
            return complain(file_, list, path, "must be written as [[" + path_in_file(path) + "]]");
        }
        if (depth > room::channel_depth_max) {
            return complain(file_, list, path,
                            std::format("is nested deeper than {} rooms", room::channel_depth_max));
        }
        std::uint32_t order = 0;
        for (const auto& entry : *tables) {
            const auto here = std::format("{}[{}]", path, order);
            const auto read =
                read_room(*entry.as_table(), {.parent = parent, .order = order}, here, depth);
            if (!read) {
                return read;
            }
            ++order;
        }
        return {};
    }

    std::vector<room::Channel> take() { return std::move(channels_); }

private:
    // NOLINTNEXTLINE(misc-no-recursion)
    Result<void> read_room(const toml::table& table, room::Channel channel, const std::string& path,
                           std::size_t depth) {
        if (const auto known = refuse_unknown_keys(file_, table, path, room_keys); !known) {
            return known;
        }
        const auto* name = table.get("name");
        if (name == nullptr) {
            return complain(file_, table, path, "has no name; add name = \"...\"");
        }
        auto given_name = text(*name, path + ".name", room::check_channel_name);
        if (!given_name) {
            return std::unexpected(given_name.error());
        }
        channel.name = std::move(*given_name);
        if (const auto* topic = table.get("topic")) {
            auto given_topic = text(*topic, path + ".topic", room::check_topic);
            if (!given_topic) {
                return std::unexpected(given_topic.error());
            }
            channel.topic = std::move(*given_topic);
        }
        if (const auto read = read_retention(table, channel.retention, path); !read) {
            return read;
        }
        if (const auto unique = refuse_twin(*name, channel, path); !unique) {
            return unique;
        }
        if (channels_.size() == room::channels_max) {
            return complain(
                file_, table, path,
                std::format("is one room too many; there may be {}", room::channels_max));
        }
        channel.id = ChannelId{static_cast<std::uint32_t>(channels_.size() + 1)};
        channels_.push_back(channel);
        const auto* inner = table.get("room");
        return inner == nullptr ? Result<void>{}
                                : read(*inner, channel.id, path + ".room", depth + 1);
    }

    Result<void> read_retention(const toml::table& table, room::Retention& retention,
                                const std::string& path) const {
        if (const auto* keep = table.get("keep_texts")) {
            const auto given = keep->value_exact<bool>();
            if (!given) {
                return complain(file_, *keep, path + ".keep_texts", "must be true or false");
            }
            retention.keep = *given;
        }
        const auto number = [&](std::string_view key, std::int64_t max) -> Result<std::int64_t> {
            const auto* node = table.get(key);
            if (node == nullptr) {
                return 0;
            }
            const auto given = node->value_exact<std::int64_t>();
            if (!given || *given < 1 || *given > max) {
                return std::unexpected(
                    complain(
                        file_, *node, std::format("{}.{}", path, key),
                        std::format("must be a whole number from 1 to {}; leave it out to keep "
                                    "texts for good, or say keep_texts = false",
                                    max))
                        .error());
            }
            return *given;
        };
        const auto days = number("keep_days", room::retention_days_max);
        const auto mebibytes = number("keep_mebibytes", room::retention_mebibytes_max);
        if (!days || !mebibytes) {
            return std::unexpected(days ? mebibytes.error() : days.error());
        }
        retention.days = static_cast<std::uint32_t>(*days);
        retention.bytes = static_cast<std::uint64_t>(*mebibytes) * 1024 * 1024;
        return {};
    }

    Result<std::string> text(const toml::node& value, const std::string& path,
                             Result<void> (*check)(std::string_view)) const {
        const auto given = value.value_exact<std::string>();
        if (!given) {
            return std::unexpected(
                complain(file_, value, path, "must be a text in quotes").error());
        }
        if (const auto checked = check(*given); !checked) {
            return std::unexpected(complain(file_, value, path, checked.error().message).error());
        }
        return *given;
    }

    Result<void> refuse_twin(const toml::node& name, const room::Channel& channel,
                             const std::string& path) {
        if (names_.emplace(channel.parent, room::fold_name(channel.name)).second) {
            return {};
        }
        return complain(file_, name, path + ".name",
                        std::format("\"{}\" is the name of another room beside it", channel.name));
    }

    /// "room[0].room" as a heading: "room.room".
    static std::string path_in_file(const std::string& path) {
        std::string heading;
        bool inside = false;
        for (const char c : path) {
            inside = c == '[' || (inside && c != ']');
            if (!inside && c != ']') {
                heading += c;
            }
        }
        return heading;
    }

    const std::string& file_;
    std::vector<room::Channel> channels_;
    std::set<std::pair<ChannelId, std::string>> names_;  // folded, by parent
};

std::string heading_of(const std::vector<room::Channel>& channels, const room::Channel& channel) {
    std::string heading = "room";
    for (auto parent = channel.parent; parent;) {
        heading += ".room";
        parent = channels[parent.value - 1].parent;
    }
    return heading;
}

}  // namespace

Result<std::vector<room::Channel>> read_rooms(const toml::node& list, const std::string& file) {
    RoomReader reader(file);
    if (const auto read = reader.read(list, ChannelId{}, "room", 1); !read) {
        return std::unexpected(read.error());
    }
    return reader.take();
}

std::vector<room::Channel> default_rooms() {
    return {
        {.id = ChannelId{1}, .name = "Lobby", .topic = "Come in and say hello", .order = 0},
        {.id = ChannelId{2}, .name = "Games", .order = 1},
        {.id = ChannelId{3}, .parent = ChannelId{2}, .name = "Red team", .order = 0},
        {.id = ChannelId{4}, .parent = ChannelId{2}, .name = "Blue team", .order = 1},
        {.id = ChannelId{5}, .name = "Quiet corner", .order = 2},
    };
}

std::vector<std::string_view> names_of_room_keys() { return {room_keys.begin(), room_keys.end()}; }

std::string explain_rooms(const std::vector<room::Channel>& channels) {
    std::string text = "# The rooms, in this order. What each may say:\n";
    for (const auto& key : keys) {
        text += std::format("#   {:<14}  {}\n", key.name, key.meaning);
    }
    for (const auto& channel : channels) {
        text += std::format("[[{}]]\nname = \"{}\"\n", heading_of(channels, channel), channel.name);
        if (!channel.topic.empty()) {
            text += std::format("topic = \"{}\"\n", channel.topic);
        }
    }
    return text;
}

}  // namespace partyline::config
