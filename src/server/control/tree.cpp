// What becomes of people when rooms or rules change: where they go, what they see, whether they are
// heard.
#include <algorithm>
#include <iterator>
#include <utility>

#include "server/control/convert.hpp"
#include "server/control/switchboard.hpp"
#include "wire/limits.hpp"

namespace partyline::control {

void Switchboard::carry_out(const room::Changes& changes) {
    const auto people = whom_bans_may_hit(changes);
    auto applied = model_.apply(changes);
    tree_.refresh();
    bool rooms_changed = false;
    for (const auto& change : changes) {
        if (const auto* ban = std::get_if<room::Ban>(&change)) {
            new_bans_.push_back(*ban);
        } else if (const auto* room = std::get_if<room::ChannelRecord>(&change)) {
            relay_.set_bitrate(room->channel.id, room->channel.bitrate_bps_max);
            rooms_changed = true;
        } else if (const auto* gone = std::get_if<room::DropChannel>(&change)) {
            relay_.set_bitrate(gone->id, 0);
            rooms_changed = true;
        }
    }
    if (rooms_changed) {
        away_room_.look(directory_);
    }
    note_false_names(changes);
    for (const auto session : people) {
        if (const auto may = check_bans(visitor(*seats_.at(session))); !may) {
            dismissals_.push_back({.session = session, .why = may.error()});
        }
    }
    std::ranges::move(applied.events, std::back_inserter(untold_));
    std::ranges::move(applied.relocations, std::back_inserter(relocations_));
}

void Switchboard::tell_changes() {
    dismiss_banned();
    // Whoever is to go is gone before others hear of rooms that are not there any more.
    for (const auto& relocation : std::exchange(relocations_, {})) {
        relocate(relocation);
    }
    publish(std::exchange(untold_, {}));
    for (const auto& relocation : std::exchange(called_in_, {})) {
        relocate(relocation);
    }
    publish(model_.sweep());
    publish(model_.judge_whispers());
}

void Switchboard::relocate(room::Relocation relocation) {
    const auto found = seats_.find(relocation.session);
    if (found == seats_.end()) {
        return;
    }
    auto& seat = *found->second;
    const auto events = model_.relocate(relocation);
    if (events.empty()) {
        return;
    }
    const auto channel = model_.find(seat.session)->presence.channel;
    // Out first: whoever is not to be there any more is heard there no more, even if their talkie does not heed it,
    // and even if they may speak where they go.
    seat.route = relay_.move(seat.voice, ChannelId{});
    update_voice(seat);
    if (channel) {
        seat.route = relay_.move(seat.voice, channel);
    }
    update_view(seat);
    wire::Moved moved{.channel = channel, .route = seat.route};
    if (channel) {
        const auto& state = *model_.find(channel);
        moved.channel_epoch = state.epoch;
        moved.frame_ms = frame_ms(channel);
        moved.members = static_cast<std::uint32_t>(state.members.size());
        tell_presence_early(seat, state.members);
    }
    tell(seat, moved, Outbox::Bound::counted);
    if (channel) {
        tell_members(seat);
    }
    publish(events);
}

void Switchboard::move_idle(TimePoint now) {
    const auto away = away_room_.id();
    if (!away) {
        return;
    }
    for (const auto& [session, seat] : seats_) {
        const auto at = model_.find(session)->presence.channel;
        if (at && at != away && now - seat->active >= config_.away_after &&
            model_.may_join(session, away)) {
            relocate({.session = session, .to = away});
        }
    }
}

void Switchboard::update_voice(Seat& seat) {
    const auto& presence = model_.find(seat.session)->presence;
    const relay::VoiceFlags flags{.muted = presence.self_mute || presence.server_mute,
                                  .deafened = presence.self_deafen || presence.server_deafen};
    if (flags != std::exchange(seat.flags, flags)) {
        relay_.set_flags(seat.voice, flags);
    }
}

// --- views ---------------------------------------------------------------------------------------

TreeBoard::ViewPtr Switchboard::view_of(SessionId session) {
    return tree_.view(model_.subject(session), model_.find(session)->presence.channel);
}

std::vector<wire::ServerBody> Switchboard::view_news(const room::View& before,
                                                     const room::View& now,
                                                     const std::set<ChannelId>& changed) const {
    std::vector<wire::ServerBody> news;
    for (auto& page : tree_.difference(before, now, changed)) {
        news.emplace_back(std::move(page));
    }
    // Those in rooms that have come into view, and in rooms that have gone out of it.
    std::vector<wire::Presence> people;
    for (const auto& [id, session] : model_.sessions()) {
        const auto at = session.presence.channel;
        if (at && before.contains(at) != now.contains(at)) {
            people.push_back(to_wire(session.presence));
        }
    }
    veil(people, now);
    for (auto rest = std::span(people); !rest.empty();) {
        const auto page = rest.first(std::min(rest.size(), wire::page_entries_max));
        news.emplace_back(wire::PresenceChanged{.sessions = {page.begin(), page.end()}});
        rest = rest.subspan(page.size());
    }
    return news;
}

void Switchboard::update_view(Seat& seat) {
    const auto now = view_of(seat.session);
    if (now == seat.view) {
        return;
    }
    const auto before = std::exchange(seat.view, now);
    for (const auto& body : view_news(*before, *now, {})) {
        tell(seat, body, Outbox::Bound::counted);
    }
}

void Switchboard::refresh_tree() {
    tree_.refresh();
    const auto changed = tree_.take_changed();
    struct News {
        TreeBoard::ViewPtr before, now;  // keep the keys below alive
        std::vector<wire::EncodedEvent> events;
        std::vector<SessionId> told;
    };
    std::map<std::pair<const room::View*, const room::View*>, News> all;
    for (const auto& [session, seat] : seats_) {
        if (model_.find(session) == nullptr) {
            continue;  // is just departing
        }
        auto now = view_of(session);
        auto before = std::exchange(seat->view, now);
        auto [entry, fresh] = all.try_emplace({before.get(), now.get()});
        auto& news = entry->second;
        if (fresh) {
            for (const auto& body : view_news(*before, *now, changed)) {
                news.events.emplace_back(body);
            }
            news.before = std::move(before);
            news.now = std::move(now);
        }
        for (const auto& event : news.events) {
            deliver(session, event);
        }
        news.told.push_back(session);
    }
    for (auto& [views, news] : all) {
        for (auto& event : news.events) {
            log_.add(std::move(event), news.told);
        }
    }
}

}  // namespace partyline::control
