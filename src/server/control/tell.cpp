// From the room model's events to messages in outboxes.
#include <algorithm>
#include <map>
#include <utility>

#include "server/control/convert.hpp"
#include "server/control/switchboard.hpp"
#include "wire/limits.hpp"

namespace partyline::control {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};

}  // namespace

void Switchboard::publish(const room::Events& events) {
    const auto now = clock_.now();
    for (const auto& event : events) {
        const auto& audience = event.audience;
        std::visit(
            Overloaded{
                [&](const room::Arrived& it) { presence_.arrived(it.presence, now); },
                [&](const room::PresenceChanged& it) {
                    presence_.changed(it.presence, now);
                    if (const auto seat = seats_.find(it.presence.session); seat != seats_.end()) {
                        update_voice(*seat->second);
                        note_recording(*seat->second,
                                       it.presence.recording ? it.presence.channel : ChannelId{});
                    }
                },
                [&](const room::Gone& it) { presence_.gone(it.session, now); },
                [&](const room::MemberJoined& it) {
                    tell(audience, wire::MemberJoined{.channel = it.channel,
                                                      .channel_epoch = it.epoch,
                                                      .member = to_wire(*model_.find(it.session)),
                                                      .frame_ms = frame_ms(it.channel)});
                },
                [&](const room::MemberLeft& it) {
                    tell(audience, wire::MemberLeft{.channel = it.channel,
                                                    .channel_epoch = it.epoch,
                                                    .session = it.session,
                                                    .frame_ms = frame_ms(it.channel)});
                },
                [&](const room::Text& it) {
                    if (it.message.direct) {
                        tell(audience, wire::Direct{direct_text(it.message)});
                    } else {
                        tell(audience, to_wire(it.message, it.session));
                    }
                },
                [&](const room::TextChanged& it) {
                    if (it.message.direct) {
                        tell(audience, wire::DirectChanged{direct_text(it.message)});
                    } else {
                        tell(audience, wire::TextChanged{to_wire(it.message, SessionId{})});
                    }
                },
                [&](const room::TreeChanged&) { refresh_tree(); },
                [&](const room::KeyRequested& it) {
                    tell(audience,
                         wire::KeyRequested{.from = it.from, .kid = it.kid, .stream = it.stream});
                },
                [&](const room::WhisperChanged& it) { tell_whisperer(it); },
                [&](const room::WhisperOpened& it) { tell_whispered_to(audience, it); },
                [&](const room::WhisperClosed& it) {
                    tell(audience,
                         wire::WhisperClosed{.session = it.whisperer, .stream = it.stream});
                },
            },
            event.body);
    }
}

std::uint32_t Switchboard::frame_ms(ChannelId channel) const {
    const auto* state = model_.find(channel);
    return state != nullptr && state->crowded ? long_frame_ms : short_frame_ms;
}

void Switchboard::tell(const room::Audience& audience, const wire::ServerBody& body) {
    wire::EncodedEvent event(body);
    std::vector<SessionId> told;
    std::visit(Overloaded{
                   [&](room::ToSession to) { told.push_back(to.session); },
                   [&](room::ToMembers to) {
                       // A room may go with its last member.
                       if (const auto* state = model_.find(to.channel)) {
                           told = state->members;
                           std::erase(told, to.except);
                       }
                   },
                   [&](const room::ToPeople& to) {
                       told = model_.sessions_of(to.one);
                       if (to.other != to.one) {
                           const auto others = model_.sessions_of(to.other);
                           told.insert(told.end(), others.begin(), others.end());
                       }
                   },
                   [&](const room::ToThese& to) { told = to.sessions; },
                   [&](room::ToEverybody) {},
               },
               audience);
    if (std::holds_alternative<room::ToEverybody>(audience)) {
        for (const auto& [session, seat] : seats_) {
            deliver(session, event);
        }
        log_.add_for_all(std::move(event));
    } else {
        for (const auto session : told) {
            deliver(session, event);
        }
        log_.add(std::move(event), std::move(told));
    }
}

void Switchboard::tell(Seat& seat, const wire::ServerBody& body, Outbox::Bound bound) {
    if (bound == Outbox::Bound::counted) {
        tell(room::ToSession{seat.session}, body);
        return;
    }
    seat.snapshot_seq = ++seat.seq;
    send(*seat.peer, {.seq = seat.seq, .body = body}, bound);
}

void Switchboard::deliver(SessionId session, const wire::EncodedEvent& event) {
    const auto found = seats_.find(session);
    if (found == seats_.end()) {
        return;  // is just departing
    }
    auto& seat = *found->second;
    ++seat.seq;
    if (seat.peer != nullptr) {
        seat.peer->send_event(event, seat.seq);
        note_if_behind(*seat.peer);
    }
}

void Switchboard::deliver(SessionId session, wire::KeyShare share) {
    const auto found = seats_.find(session);
    if (found == seats_.end()) {
        return;
    }
    auto& seat = *found->second;
    if (seat.peer == nullptr) {
        seat.shares.add(std::move(share));
        return;
    }
    seat.peer->send_event(wire::EncodedEvent(share), 0);
    note_if_behind(*seat.peer);
}

void Switchboard::send(Peer& peer, const wire::ServerMessage& message, Outbox::Bound bound) {
    peer.send(message, bound);
    note_if_behind(peer);
}

void Switchboard::introduce(Seat& to, std::span<const SessionId> people) {
    std::vector<wire::Presence> news;
    for (const auto person : people) {
        const auto* session = model_.find(person);
        if (session != nullptr && person != to.session && presence_.waits(person)) {
            news.push_back(to_wire(session->presence));
        }
    }
    veil(news, *to.view);
    for (auto rest = std::span<wire::Presence>(news); !rest.empty();) {
        const auto page = rest.first(std::min(rest.size(), wire::page_entries_max));
        tell(to, wire::PresenceChanged{.sessions = {page.begin(), page.end()}},
             Outbox::Bound::counted);
        rest = rest.subspan(page.size());
    }
}

void Switchboard::tell_presence_early(Seat& joiner, std::span<const SessionId> members) {
    introduce(joiner, members);
    const auto& presence = model_.find(joiner.session)->presence;
    tell(room::ToMembers{.channel = presence.channel, .except = joiner.session},
         wire::PresenceChanged{.sessions = {to_wire(presence)}});
}

void Switchboard::flush_presence() {
    const auto pages = presence_.take();
    // Encoded once for all who see the same rooms: as a rule, for all.
    std::map<const room::View*, std::vector<SessionId>> viewers;
    for (const auto& [session, seat] : seats_) {
        viewers[seat->view.get()].push_back(session);
    }
    for (const auto& [view, sessions] : viewers) {
        for (auto page : pages) {
            veil(page.sessions, *view);
            wire::EncodedEvent event(page);
            for (const auto session : sessions) {
                deliver(session, event);
            }
            if (viewers.size() == 1) {
                log_.add_for_all(std::move(event));
            } else {
                log_.add(std::move(event), sessions);
            }
        }
    }
}

}  // namespace partyline::control
