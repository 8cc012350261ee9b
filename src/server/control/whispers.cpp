// Whispering: to people and rooms that somebody names, on a voice stream of its own. The model says who
// is in which set; here it is told, and handed to the relay.
#include <algorithm>
#include <span>
#include <utility>

#include "server/control/convert.hpp"
#include "server/control/switchboard.hpp"
#include "wire/limits.hpp"

namespace partyline::control {
namespace {

// A talkie that comes back after long may name all its sets at once.
static_assert(wire::stream_max * (1.0 + room::whisper_members_max) <= Limits{}.whispers.burst);

using Span = std::span<const SessionId>;

/// In pages of what one message holds; one empty page for nobody.
std::vector<Span> pages_of(Span people) {
    std::vector<Span> pages;
    do {
        pages.push_back(people.first(std::min(people.size(), wire::page_entries_max)));
        people = people.subspan(pages.back().size());
    } while (!people.empty());
    return pages;
}

}  // namespace

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::SetWhisper& set) {
    const room::WhisperKey key{.whisperer = seat.session, .stream = set.stream};
    const auto plan = model_.plan_whisper(key, set.sessions, set.channels);
    if (!plan) {
        return std::unexpected(plan.error());
    }
    // To take one's own back is never refused: people are whispered to by it.
    const bool takes_back = plan->targets.empty();
    const auto cost = takes_back ? 0 : 1 + static_cast<double>(plan->members.size());
    if (takes_back) {
        // as often as any message
    } else if (const auto may = seat.whispers.take(clock_.now(), cost); !may) {
        return may;
    }
    const auto events = model_.set_whisper(*plan);
    update_whisper(key);
    answer_whisper(call, seat, key);
    publish(events);
    return {};
}

void Switchboard::answer_whisper(Call& call, Seat& seat, const room::WhisperKey& key) {
    const auto* set = model_.whispers().find(key);
    const auto members = set == nullptr
                             ? std::vector<SessionId>{}
                             : std::vector<SessionId>(set->members.begin(), set->members.end());
    introduce(seat, members);
    const auto pages = pages_of(members);
    const auto page = [&](Span people) {
        return wire::WhisperMembers{.stream = key.stream,
                                    .epoch = model_.whispers().epoch(key),
                                    .members = wire_members(people),
                                    .more = people.data() != pages.back().data()};
    };
    for (const auto& earlier : std::span(pages).first(pages.size() - 1)) {
        tell(seat, page(earlier), Outbox::Bound::counted);
    }
    answer(call, page(pages.back()));
}

std::vector<wire::Member> Switchboard::wire_members(std::span<const SessionId> people) const {
    std::vector<wire::Member> members;
    for (const auto person : people) {
        if (const auto* session = model_.find(person)) {
            members.push_back(to_wire(*session));
        }
    }
    return members;
}

void Switchboard::update_whisper(const room::WhisperKey& key) {
    const auto whisperer = seats_.find(key.whisperer);
    if (whisperer == seats_.end()) {
        return;  // is just departing
    }
    std::vector<relay::SeatPtr> listeners;
    if (const auto* set = model_.whispers().find(key)) {
        for (const auto member : set->members) {
            if (const auto seat = seats_.find(member); seat != seats_.end()) {
                listeners.push_back(seat->second->voice);
            }
        }
    }
    relay_.set_whisper(whisperer->second->voice, key.stream, std::move(listeners));
}

void Switchboard::update_whisper_soon(const room::WhisperKey& key) {
    if (whispers_updated_ < config_.limits.whispers_at_once) {
        ++whispers_updated_;
        update_whisper(key);
    } else {
        whispers_to_update_.insert(key);
    }
}

void Switchboard::update_late_whispers() {
    whispers_updated_ = 0;
    for (const auto& key : std::exchange(whispers_to_update_, {})) {
        update_whisper(key);
    }
}

std::size_t Switchboard::charge_whispers(Seat& seat, const room::Events& events) {
    std::size_t turnover = 0;
    for (const auto& event : events) {
        if (const auto* change = std::get_if<room::WhisperChanged>(&event.body)) {
            turnover += change->joined.size() + change->left.size();
        }
    }
    if (turnover == 0) {
        return 0;
    }
    const auto now = clock_.now();
    seat.whispers.spend(now, static_cast<double>(turnover));
    const bool in_debt = !seat.whispers.take(now, 0);
    if (in_debt && !model_.find(seat.session)->kept_from_whispers) {
        model_.keep_from_whispers(seat.session);
        kept_from_whispers_.push_back(seat.session);
    }
    return turnover;
}

void Switchboard::let_into_whispers() {
    const auto now = clock_.now();
    std::size_t turnover = 0;  // a crowd whose time is over comes a few at a time
    for (const auto session : std::exchange(kept_from_whispers_, {})) {
        const auto found = seats_.find(session);
        if (found == seats_.end()) {
            continue;  // has gone
        }
        auto& seat = *found->second;
        if (turnover >= config_.limits.whispers_at_once || !seat.whispers.take(now, 0)) {
            kept_from_whispers_.push_back(session);
            continue;
        }
        const auto events = model_.let_into_whispers(session);
        turnover += charge_whispers(seat, events);
        publish(events);
    }
}

void Switchboard::tell_whisperer(const room::WhisperChanged& change) {
    // Renewals may come by the hundred, and each is told to all who whisper to that person: the relay
    // has nothing to learn of them.
    if (!change.renewed) {
        update_whisper_soon({.whisperer = change.whisperer, .stream = change.stream});
    }
    const auto whisperer = seats_.find(change.whisperer);
    if (whisperer == seats_.end()) {
        return;
    }
    auto& seat = *whisperer->second;
    introduce(seat, change.joined);
    const auto joined = pages_of(change.joined);
    const auto left = pages_of(change.left);
    for (std::size_t i = 0; i < std::max(joined.size(), left.size()); ++i) {
        wire::WhisperChanged page{
            .stream = change.stream, .epoch = change.epoch, .joined = {}, .left = {}};
        if (i < joined.size()) {
            page.joined = wire_members(joined[i]);
        }
        if (i < left.size()) {
            page.left.assign(left[i].begin(), left[i].end());
        }
        tell(seat, page, Outbox::Bound::counted);
    }
}

void Switchboard::tell_whispered_to(const room::Audience& audience,
                                    const room::WhisperOpened& opened) {
    const auto* whisperer = model_.find(opened.whisperer);
    if (whisperer == nullptr) {
        return;  // is just departing
    }
    if (const auto* to = std::get_if<room::ToThese>(&audience);
        to != nullptr && presence_.waits(opened.whisperer)) {
        for (const auto person : to->sessions) {
            if (const auto seat = seats_.find(person); seat != seats_.end()) {
                introduce(*seat->second, std::array{opened.whisperer});
            }
        }
    }
    tell(audience, wire_opened({.whisperer = opened.whisperer, .stream = opened.stream}));
}

wire::WhisperOpened Switchboard::wire_opened(const room::WhisperKey& key) const {
    const auto& whisperer = *model_.find(key.whisperer);
    return {.whisperer = to_wire(whisperer), .name = whisperer.presence.name, .stream = key.stream};
}

void Switchboard::tell_whispers_heard(Seat& seat) {
    for (const auto& key : model_.whispers().heard_by(seat.session)) {
        tell(seat, wire_opened(key), Outbox::Bound::exempt);
    }
}

}  // namespace partyline::control
