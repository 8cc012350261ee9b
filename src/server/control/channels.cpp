// Rooms that are made, edited, moved and deleted while people are in them.
#include <cstdint>
#include <format>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "server/control/switchboard.hpp"
#include "server/room/channel_plans.hpp"
#include "server/room/names.hpp"
#include "wire/limits.hpp"

namespace partyline::control {
namespace {

static_assert(room::icon_bytes_max == wire::icon_bytes_max);
static_assert(static_cast<int>(room::Preset::members_only) ==
              static_cast<int>(wire::Preset::members_only));
static_assert(static_cast<int>(room::Preset::staff_only) ==
              static_cast<int>(wire::Preset::staff_only));

room::NewChannel to_room(const wire::CreateChannel& create) {
    return {.parent = create.parent,
            .name = create.name,
            .topic = create.topic,
            .order = create.order,
            .preset = static_cast<room::Preset>(create.preset),
            .temporary = create.temporary};
}

room::ChannelEdit to_room(const wire::EditChannel& edit) {
    return {.name = edit.name,
            .topic = edit.topic,
            .order = edit.order,
            .icon = edit.icon,
            .bitrate_bps_max = edit.bitrate_bps_max,
            .seats_max = edit.seats_max,
            .slow_mode_s = edit.slow_mode_s,
            .retention = edit.retention.transform([](const wire::Retention& retention) {
                return room::Retention{
                    .keep = retention.keep, .days = retention.days, .bytes = retention.bytes};
            })};
}

std::string in_words(const room::Retention& retention) {
    if (!retention.keep) {
        return "texts not kept";
    }
    std::string words = retention.days == 0 ? "texts kept for good"
                                            : std::format("texts kept for {} days", retention.days);
    return retention.bytes == 0 ? words : std::format("{}, up to {} bytes", words, retention.bytes);
}

/// What is changed to what, for the audit log.
std::string in_words(const room::ChannelEdit& edit) {
    std::string words;
    const auto add = [&words](const std::string& more) {
        words += words.empty() ? more : ", " + more;
    };
    const auto add_number = [&add](const char* what, const std::optional<std::uint32_t>& number) {
        if (number) {
            add(std::format("{} {}", what, *number));
        }
    };
    if (edit.name) {
        add(std::format("now \"{}\"", *edit.name));
    }
    if (edit.topic) {
        add("another topic");
    }
    if (edit.icon) {
        add("another icon");
    }
    add_number("place", edit.order);
    add_number("bits a second", edit.bitrate_bps_max);
    add_number("seats", edit.seats_max);
    add_number("seconds of slow mode", edit.slow_mode_s);
    if (edit.retention) {
        add(in_words(*edit.retention));
    }
    if (edit.password_hash) {
        add(edit.password_hash->empty() ? "no password" : "a new password");
    }
    return words;
}

std::string name_of(const room::Directory& directory, ChannelId id) {
    const auto* record = directory.find(id);
    return record == nullptr ? std::string() : record->channel.name;
}

}  // namespace

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::CreateChannel& create) {
    const auto made = std::make_shared<ChannelId>();
    return change_rules(
        call, seat,
        [this, create, made, session = seat.session](room::Subject actor, room::AuditEntry& entry) {
            // Members may make temporary ones, as many as they like one after the other: in the log
            // these would leave room for nothing else.
            if (!create.temporary) {
                entry.action = "room_created";
                entry.target = room::normal_name(create.name);
            }
            const auto now = clock_.now();
            const auto person = model_.person(session);
            // The plan looks at what everybody may do in all rooms: first whether it is wanted at all. Only
            // a room that is made is counted.
            return (create.temporary ? rates_.check(person, Doing::temporary_room, now)
                                     : Result<void>{})
                .and_then(
                    [&] { return room::plan_create_channel(directory_, actor, to_room(create)); })
                .transform([&](room::Changes changes) {
                    if (create.temporary) {
                        std::ignore = rates_.take(person, Doing::temporary_room, now);
                    }
                    *made = std::get<room::ChannelRecord>(changes.front()).channel.id;
                    return changes;
                });
        },
        [this, made, temporary = create.temporary, session = seat.session] {
            // An empty one would be there for good.
            if (temporary) {
                called_in_.push_back({.session = session, .to = *made});
            }
            return wire::ChannelCreated{*made};
        });
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::EditChannel& edit) {
    auto change = to_room(edit);
    if (!edit.password || edit.password->empty()) {
        change.password_hash = edit.password;  // nothing, or that there is none from now on
        return change_rules(call, seat, edit_room(edit.channel, std::move(change)));
    }
    return may_do(seat, Doing::change).and_then([&] {
        return set_room_password(call, seat, edit.channel, *edit.password, std::move(change));
    });
}

RulesPlan Switchboard::edit_room(ChannelId channel, room::ChannelEdit edit) const {
    return [this, channel, edit = std::move(edit)](room::Subject actor, room::AuditEntry& entry) {
        entry.action = "room_changed";
        entry.target = name_of(directory_, channel);
        entry.detail = in_words(edit);
        return room::plan_edit_channel(directory_, actor, channel, edit);
    };
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::MoveChannel& move) {
    return change_rules(call, seat, [this, move](room::Subject actor, room::AuditEntry& entry) {
        entry.action = "room_moved";
        entry.target = name_of(directory_, move.channel);
        entry.detail = name_of(directory_, move.parent);
        return room::plan_move_channel(directory_, actor, move.channel, move.parent, move.order);
    });
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::DeleteChannel& gone) {
    return change_rules(call, seat, [this, gone](room::Subject actor, room::AuditEntry& entry) {
        entry.action = "room_deleted";
        entry.target = name_of(directory_, gone.channel);
        return room::plan_delete_channel(directory_, actor, gone.channel);
    });
}

}  // namespace partyline::control
