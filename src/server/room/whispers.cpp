#include "server/room/whispers.hpp"

#include <utility>

namespace partyline::room {
namespace {

template <class Id>
const Whispers::Keys& look_up(const std::map<Id, Whispers::Keys>& map, Id id) {
    static const Whispers::Keys none;
    const auto found = map.find(id);
    return found == map.end() ? none : found->second;
}

template <class Id>
void strike(std::map<Id, Whispers::Keys>& map, Id id, const WhisperKey& key) {
    const auto found = map.find(id);
    if (found != map.end() && found->second.erase(key) != 0 && found->second.empty()) {
        map.erase(found);
    }
}

}  // namespace

const WhisperSet* Whispers::find(const WhisperKey& key) const {
    const auto found = sets_.find(key);
    return found == sets_.end() ? nullptr : &found->second;
}

std::vector<WhisperKey> Whispers::of(SessionId whisperer) const {
    std::vector<WhisperKey> keys;
    for (auto at = sets_.lower_bound({.whisperer = whisperer});
         at != sets_.end() && at->first.whisperer == whisperer; ++at) {
        keys.push_back(at->first);
    }
    return keys;
}

const Whispers::Keys& Whispers::naming(SessionId person) const {
    return look_up(by_person_, person);
}

const Whispers::Keys& Whispers::naming(ChannelId channel) const {
    return look_up(by_channel_, channel);
}

const Whispers::Keys& Whispers::heard_by(SessionId person) const { return look_up(heard_, person); }

ChannelEpoch Whispers::epoch(const WhisperKey& key) const {
    const auto found = epochs_.find(key);
    return found == epochs_.end() ? ChannelEpoch{} : found->second;
}

void Whispers::name(const WhisperKey& key, WhisperTargets targets) {
    auto& set = sets_[key];
    unlist(key, set.named);
    for (const auto person : targets.sessions) {
        by_person_[person].insert(key);
    }
    for (const auto channel : targets.channels) {
        by_channel_[channel].insert(key);
    }
    set.named = std::move(targets);
}

void Whispers::take_back(const WhisperKey& key) {
    const auto node = sets_.extract(key);
    if (!node.empty()) {
        unlist(key, node.mapped().named);
    }
}

void Whispers::unlist(const WhisperKey& key, const WhisperTargets& named) {
    for (const auto person : named.sessions) {
        strike(by_person_, person, key);
    }
    for (const auto channel : named.channels) {
        strike(by_channel_, channel, key);
    }
}

void Whispers::add(const WhisperKey& key, SessionId person) {
    sets_.at(key).members.insert(person);
    heard_[person].insert(key);
}

void Whispers::remove(const WhisperKey& key, SessionId person) {
    sets_.at(key).members.erase(person);
    strike(heard_, person, key);
}

void Whispers::forget(ChannelId channel) {
    const auto node = by_channel_.extract(channel);
    if (!node.empty()) {
        for (const auto& key : node.mapped()) {
            sets_.at(key).named.channels.erase(channel);
        }
    }
}

void Whispers::forget(SessionId person) {
    const auto node = by_person_.extract(person);
    if (!node.empty()) {
        for (const auto& key : node.mapped()) {
            sets_.at(key).named.sessions.erase(person);
        }
    }
    auto at = epochs_.lower_bound({.whisperer = person});
    while (at != epochs_.end() && at->first.whisperer == person) {
        at = epochs_.erase(at);
    }
}

}  // namespace partyline::room
