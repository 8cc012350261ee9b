// What is unread, and how far somebody has read.
#include <algorithm>
#include <utility>

#include "server/control/later.hpp"
#include "server/control/switchboard.hpp"
#include "server/room/limits.hpp"
#include "wire/limits.hpp"

namespace partyline::control {
namespace {

static_assert(room::channels_max <= wire::unread_rooms_max);

wire::RoomUnread to_wire(const store::RoomState& state) {
    return {.channel = state.channel,
            .unread = state.unread,
            .mentions = state.mentions,
            .read_to = state.read_to};
}

}  // namespace

wire::PersonUnread Switchboard::wire_state(const store::ConversationState& state) const {
    return {.with = wire_person(state.with),
            .name = state.name,
            .unread = state.unread,
            .read_to = state.read_to,
            .last = state.last};
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::GetUnread&) {
    if (const auto may = may_do(seat, Doing::history); !may) {
        return may;
    }
    const auto reply = will_reply(call, seat);
    store::UnreadQuery query{
        .who = model_.person(seat.session), .rooms = {}, .people_max = wire::unread_people_max};
    for (const auto& [id, state] : model_.channels()) {
        if (model_.may_follow(seat.session, id)) {
            query.rooms.push_back(id);
        }
    }
    flush_read_marks();
    if (seat.counted == query.who) {
        count_unread(reply, std::move(query));
        return {};
    }
    // Whoever is counted for the first time has nothing unread in rooms yet.
    store_.mark_read({{.who = query.who,
                       .channel = {},
                       .with = {},
                       .to = last_settled(),
                       .unix_ms = clock_.unix_ms()}},
                     then<void>([this, reply, query](const Result<void>& kept) {
                         if (!kept) {
                             refuse_later(reply, kept.error());
                             return;
                         }
                         if (auto* asking = seat_of(reply)) {
                             asking->counted = query.who;
                         }
                         count_unread(reply, query);
                     }));
    return {};
}

void Switchboard::count_unread(Reply reply, store::UnreadQuery query) {
    store_.unread(std::move(query),
                  then<store::Unread>([this, reply](const Result<store::Unread>& found) {
                      if (!found) {
                          refuse_later(reply, found.error());
                          return;
                      }
                      wire::Unread unread;
                      for (const auto& room : found->rooms) {
                          if (room.unread > 0) {
                              unread.rooms.push_back(to_wire(room));
                          }
                      }
                      for (const auto& person : found->people) {
                          unread.people.push_back(wire_state(person));
                      }
                      answer_later(reply, std::move(unread));
                  }));
}

Result<void> Switchboard::on(Call&, Seat& seat, const wire::MarkRead& mark) {
    store::ReadMarker marker{.who = model_.person(seat.session),
                             .channel = mark.channel,
                             .with = {},
                             .to = last_settled(),
                             .unix_ms = clock_.unix_ms()};
    if (mark.id) {
        marker.to = std::min(marker.to, mark.id);
    }
    if (!mark.channel) {
        const auto with = recipient(mark.with);
        if (!with) {
            return std::unexpected(with.error());
        }
        marker.with = with->person;
    } else if (mark.with != wire::Person{}) {
        return fail(ErrorCode::unknown_channel, "Either a room or a person has been read.");
    } else if (!model_.may_follow(seat.session, mark.channel)) {
        return fail(ErrorCode::unknown_channel, "There is no such room that you may read.");
    }
    read_marks_.add(std::move(marker), seat.session);
    if (read_marks_.waiting() >= read_marks_waiting_max) {
        flush_read_marks();
    }
    return {};
}

void Switchboard::flush_read_marks() {
    const auto marks = read_marks_.take();
    if (marks.empty()) {
        return;
    }
    std::vector<store::ReadMarker> markers;
    for (const auto& mark : marks) {
        markers.push_back(mark.marker);
    }
    // One that is lost is read again: that is no reason to bother anybody.
    store_.mark_read(std::move(markers), [](const Result<void>&) {});
    for (const auto& mark : marks) {
        tell_read(mark);
    }
}

void Switchboard::tell_read(const ReadMarks::Mark& mark) {
    const auto& marker = mark.marker;
    auto others = model_.sessions_of(marker.who);
    std::erase(others, mark.by);
    if (others.empty()) {
        return;
    }
    store::UnreadQuery query{.who = marker.who, .rooms = {}, .with = marker.with};
    if (marker.channel) {
        query.rooms.push_back(marker.channel);
    }
    store_.unread(
        std::move(query),
        then<store::Unread>([this, others = std::move(others)](const Result<store::Unread>& now) {
            if (!now || (now->rooms.empty() && now->people.empty())) {
                return;
            }
            wire::ReadChanged changed;
            if (now->rooms.empty()) {
                changed.person = wire_state(now->people.front());
            } else {
                changed.room = to_wire(now->rooms.front());
            }
            for (const auto session : others) {
                tell(room::ToSession{session}, changed);
            }
        }));
}

}  // namespace partyline::control
