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
    const auto who = model_.person(seat.session);
    const auto [asked, first] = unread_asked_.try_emplace(who);
    asked->second.push_back(will_reply(call, seat));
    if (first) {
        count_next_unread(who);
    }
    return {};
}

void Switchboard::count_next_unread(const room::Person& who) {
    auto& asked = unread_asked_.at(who);
    std::erase_if(asked, [this](const Reply& reply) { return peer_of(reply) == nullptr; });
    if (asked.empty()) {
        unread_asked_.erase(who);
        return;
    }
    // What one session sees may be more than another does.
    const auto session = asked.front().session;
    Replies replies;
    for (const auto& reply : asked) {
        if (reply.session == session) {
            replies.push_back(reply);
        }
    }
    std::erase_if(asked, [&](const Reply& reply) { return reply.session == session; });
    store::UnreadQuery query{
        .who = model_.person(session), .rooms = {}, .people_max = wire::unread_people_max};
    for (const auto& [id, state] : model_.channels()) {
        if (model_.may_follow(session, id)) {
            query.rooms.push_back(id);
        }
    }
    flush_read_marks();
    if (seat_of(replies.front())->counted == query.who) {
        count_unread(who, std::move(replies), std::move(query));
        return;
    }
    // Whoever is counted for the first time has nothing unread in rooms yet.
    store_.mark_read({{.who = query.who,
                       .channel = {},
                       .with = {},
                       .to = last_settled(),
                       .unix_ms = clock_.unix_ms()}},
                     then<void>([this, who, replies, query](const Result<void>& kept) {
                         if (!kept) {
                             refuse_unread(who, replies, kept.error());
                             return;
                         }
                         if (auto* asking = seat_of(replies.front())) {
                             asking->counted = query.who;
                         }
                         count_unread(who, replies, query);
                     }));
}

void Switchboard::count_unread(const room::Person& who, Replies replies, store::UnreadQuery query) {
    store_.unread(std::move(query), then<store::Unread>([this, who, replies = std::move(replies)](
                                                            const Result<store::Unread>& found) {
                      if (!found) {
                          refuse_unread(who, replies, found.error());
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
                      for (const auto& reply : replies) {
                          answer_later(reply, unread);
                      }
                      count_next_unread(who);
                  }));
}

void Switchboard::refuse_unread(const room::Person& who, const Replies& replies, const Error& why) {
    for (const auto& reply : replies) {
        refuse_later(reply, why);
    }
    count_next_unread(who);
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
    read_marks_.add(marker, seat.session);
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
