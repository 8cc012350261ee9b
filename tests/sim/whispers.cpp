#include "sim/whispers.hpp"

#include <algorithm>

namespace partyline::sim {

Whispers::Whispers(Given given) : given_(std::move(given)) {
    for (const auto& whisperer : given_.talkies) {
        for (const auto stream : whisper_streams) {
            sets_[{whisperer->session(), stream}] = {};
        }
    }
}

Talkie& Whispers::talkie(SessionId session) const {
    return **std::ranges::find(given_.talkies, session,
                               [](const auto& one) { return one->session(); });
}

void Whispers::begin(Talkie& whisperer) {
    const auto stream = whisper_streams.front();
    sets_[{whisperer.session(), stream}].wish = random_wish(whisperer);
    update(whisperer, stream);
    whisperer.whisper(stream);
}

void Whispers::change(Talkie& whisperer) {
    auto& random = given_.random;
    const auto stream = whisper_streams[random.below(whisper_streams.size())];
    if (random.chance(0.5)) {
        whisperer.whisper(random.chance(0.3) ? StreamId{} : stream);
        return;
    }
    sets_[{whisperer.session(), stream}].wish = random_wish(whisperer);
    update(whisperer, stream);
}

Whispers::Wish Whispers::random_wish(const Talkie& whisperer) {
    auto& random = given_.random;
    Wish wish;
    for (const auto& other : given_.talkies) {
        if (other.get() != &whisperer && random.chance(0.5)) {
            wish.people.insert(other->session());
        }
    }
    if (random.chance(0.3)) {
        wish.room = ChannelId{static_cast<std::uint32_t>(1 + random.below(given_.rooms))};
    }
    return wish;
}

void Whispers::change_rules() {
    const ChannelId room{static_cast<std::uint32_t>(1 + given_.random.below(given_.rooms))};
    if (forbidding_.erase(room) == 0) {
        forbidding_.insert(room);
    }
    follow();
}

void Whispers::follow() {
    for (const auto& whisperer : given_.talkies) {
        for (const auto stream : whisper_streams) {
            update(*whisperer, stream);
        }
    }
}

std::set<SessionId> Whispers::audience_of(const Wish& wish, SessionId whisperer) const {
    std::set<SessionId> audience;
    for (const auto& other : given_.talkies) {
        const bool meant =
            wish.people.contains(other->session()) || (wish.room && other->room() == wish.room);
        if (meant && other->session() != whisperer && !forbidding_.contains(other->room())) {
            audience.insert(other->session());
        }
    }
    return audience;
}

void Whispers::update(Talkie& whisperer, StreamId stream) {
    auto& set = sets_.at({whisperer.session(), stream});
    auto now = audience_of(set.wish, whisperer.session());
    if (now == set.audience) {
        return;
    }
    std::vector<relay::SeatPtr> listeners;
    for (const auto session : now) {
        auto& listener = talkie(session);
        listener.receiver.add_whisperer(whisperer.session(), stream);
        listeners.push_back(listener.seat());
    }
    for (const auto session : set.audience) {
        if (!now.contains(session)) {
            talkie(session).receiver.remove_whisperer(whisperer.session(), stream,
                                                      given_.clock.now());
        }
    }
    set.audience = std::move(now);
    // First the key: not a word reaches somebody new under one that had been in use.
    whisperer.fresh_whisper_key(stream);
    for (const auto session : set.audience) {
        given_.share(whisperer, talkie(session), stream);
    }
    given_.relay.set_whisper(whisperer.seat(), stream, std::move(listeners));
    whisperer.set_whisper_open(stream, !set.audience.empty());
}

const std::set<SessionId>& Whispers::audience(SessionId whisperer, StreamId stream) const {
    return sets_.at({whisperer, stream}).audience;
}

std::set<SessionId> Whispers::entitled(SessionId whisperer, StreamId stream) const {
    return audience_of(sets_.at({whisperer, stream}).wish, whisperer);
}

bool Whispers::reach(const Talkie& listener) const {
    return std::ranges::any_of(sets_, [&](const auto& entry) {
        return entry.second.audience.contains(listener.session()) &&
               !talkie(entry.first.first).flags().muted;
    });
}

}  // namespace partyline::sim
