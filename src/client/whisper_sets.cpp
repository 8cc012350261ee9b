#include "client/whisper_sets.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace partyline::client {
namespace {

std::string joined(const std::vector<std::string>& path) {
    std::string out;
    for (const auto& name : path) {
        out += (out.empty() ? "" : "/") + name;
    }
    return out;
}

}  // namespace

void WhisperSets::accepted(const wire::SetWhisper& set) {
    if (set.sessions.empty() && set.channels.empty()) {
        sets_.erase(set.stream);
        return;
    }
    sets_[set.stream] = {.sessions = set.sessions,
                         .channels = set.channels,
                         .missing = {},
                         .identities = {},
                         .due = false};
}

void WhisperSets::session_gone(SessionId session) {
    for (auto& [stream, set] : sets_) {
        std::erase(set.sessions, session);
        set.identities.erase(session);
    }
}

// --- from one seat to the next ---------------------------------------------------------------

std::vector<WishedSet> WhisperSets::wishes(const Model& model,
                                           const IdentityOf& identity_of) const {
    std::vector<WishedSet> wishes;
    for (const auto& [stream, set] : sets_) {
        WishedSet wish{.stream = stream, .people = set.missing, .rooms = {}};
        for (const auto session : set.sessions) {
            const auto person = model.person(session);
            if (!person) {
                continue;
            }
            const auto* identity = person->account.empty() ? identity_of(session) : nullptr;
            wish.people.push_back(
                {.name = person->name,
                 .account = person->account,
                 .identity = identity != nullptr ? to_bytes(*identity) : Bytes{}});
        }
        for (const auto channel : set.channels) {
            if (auto path = model.path_of(channel); !path.empty()) {
                wish.rooms.push_back(std::move(path));
            }
        }
        if (!wish.people.empty() || !wish.rooms.empty()) {
            wishes.push_back(std::move(wish));
        }
    }
    return wishes;
}

std::vector<std::string> WhisperSets::take_up(std::vector<WishedSet> wishes, const Model& model) {
    std::vector<std::string> lost;
    for (auto& wish : wishes) {
        Set set{.sessions = {},
                .channels = {},
                .missing = std::move(wish.people),
                .identities = {},
                .due = false};
        for (const auto& path : wish.rooms) {
            if (const auto channel = model.room_at(path)) {
                set.channels.push_back(channel);
                set.due = true;
            } else {
                lost.push_back(joined(path));
            }
        }
        if (set.due || !set.missing.empty()) {
            sets_[wish.stream] = std::move(set);
        }
    }
    return lost;
}

void WhisperSets::ask_again() {
    for (auto& [stream, set] : sets_) {
        set.due = true;
    }
}

void WhisperSets::ask_again(StreamId stream) {
    if (const auto at = sets_.find(stream); at != sets_.end()) {
        at->second.due = true;
    }
}

bool WhisperSets::is_due() const {
    return std::ranges::any_of(sets_, [](const auto& one) { return one.second.due; });
}

void WhisperSets::find_missing(const Model& model) {
    const bool anybody =
        std::ranges::any_of(sets_, [](const auto& one) { return !one.second.missing.empty(); });
    const auto people = anybody ? model.people() : std::vector<Person>{};
    for (auto& [stream, set] : sets_) {
        find_missing(set, people);
    }
}

void WhisperSets::find_missing(Set& set, const std::vector<Person>& people) {
    std::erase_if(set.missing, [&](WishedPerson& wished) {
        const auto found = std::ranges::find_if(people, [&](const Person& person) {
            return person.name == wished.name && person.account == wished.account;
        });
        if (found == people.end()) {
            return false;
        }
        set.sessions.push_back(found->session);
        if (!wished.identity.empty()) {
            set.identities.emplace(found->session, std::move(wished.identity));
        }
        set.due = true;
        return true;
    });
}

std::vector<wire::SetWhisper> WhisperSets::take_due(const Model& model) {
    std::vector<wire::SetWhisper> due;
    for (auto& [stream, set] : sets_) {
        if (!std::exchange(set.due, false)) {
            continue;
        }
        // Who has gone meanwhile would have the whole set refused.
        std::erase_if(set.sessions, [&](SessionId session) { return !model.shows(session); });
        std::erase_if(set.channels,
                      [&](ChannelId channel) { return model.path_of(channel).empty(); });
        due.push_back({.stream = stream, .sessions = set.sessions, .channels = set.channels});
    }
    return due;
}

bool WhisperSets::is_meant(StreamId stream, SessionId session,
                           const crypto::PublicKey* identity) const {
    const auto set = sets_.find(stream);
    if (set == sets_.end()) {
        return true;
    }
    const auto known = set->second.identities.find(session);
    return known == set->second.identities.end() ||
           (identity != nullptr && std::ranges::equal(known->second, *identity));
}

}  // namespace partyline::client
