// Who is in which set of those who are whispered to. A set follows the people: whoever moves, comes,
// goes, or may be whispered to no more where they are, is out of it or in it at once.
#include <algorithm>
#include <format>
#include <utility>

#include "server/room/model.hpp"

namespace partyline::room {
namespace {

// Who comes back within one command has never left, and the other way round.
void note(std::vector<SessionId>& here, std::vector<SessionId>& otherwise, SessionId person) {
    if (std::erase(otherwise, person) == 0) {
        here.push_back(person);
    }
}

}  // namespace

// --- naming --------------------------------------------------------------------------------------

Result<void> Model::may_name(SessionId id, SessionId person) const {
    const auto* named = find(person);
    if (named == nullptr) {
        return fail(ErrorCode::unknown_session, "Somebody of those is not here any more.");
    }
    if (!may(id, named->presence.channel, Permission::whisper)) {
        return fail(ErrorCode::not_permitted,
                    std::format("You may not whisper to {} where they are.", named->presence.name));
    }
    return {};
}

Result<void> Model::may_name(SessionId id, ChannelId channel) const {
    const auto* state = find(channel);
    if (state == nullptr || state->closed || !may(id, channel, Permission::see)) {
        return fail(ErrorCode::unknown_channel, "There is no such room.");
    }
    if (!may(id, channel, Permission::whisper)) {
        return fail(ErrorCode::not_permitted,
                    std::format("You may not whisper to the room \"{}\".", state->channel.name));
    }
    return {};
}

Result<WhisperPlan> Model::plan_whisper(WhisperKey key, std::span<const SessionId> sessions,
                                        std::span<const ChannelId> channels) const {
    const auto* before = whispers_.find(key);
    const auto named = before == nullptr ? WhisperTargets{} : before->named;
    WhisperPlan plan{.key = key, .targets = {}, .members = {}};
    // Whom it has named is not judged again: who says once more what holds is not refused because
    // somebody has gone to where they cannot be whispered to.
    for (const auto person : sessions) {
        if (person == key.whisperer || !plan.targets.sessions.insert(person).second ||
            named.sessions.contains(person)) {
            continue;
        }
        if (const auto may = may_name(key.whisperer, person); !may) {
            return std::unexpected(may.error());
        }
    }
    for (const auto channel : channels) {
        if (!plan.targets.channels.insert(channel).second || named.channels.contains(channel)) {
            continue;
        }
        if (const auto may = may_name(key.whisperer, channel); !may) {
            return std::unexpected(may.error());
        }
    }
    plan.members = wanted(key.whisperer, plan.targets);
    if (plan.members.size() > options_.whisper_members_max) {
        return fail(ErrorCode::too_large,
                    std::format("That is {} people; one whispers to at most {}.",
                                plan.members.size(), options_.whisper_members_max));
    }
    return plan;
}

Events Model::set_whisper(const WhisperPlan& plan) {
    const auto& key = plan.key;
    Turnovers news;
    std::vector<SessionId> freed;
    if (const auto* before = whispers_.find(key)) {
        for (const auto person : std::set(before->members)) {
            if (!plan.members.contains(person)) {
                drop(key, person, news, freed);
            }
        }
    }
    if (plan.targets.empty()) {
        whispers_.take_back(key);
    } else {
        whispers_.name(key, plan.targets);
        fill(key, news);
    }
    for (const auto person : freed) {
        seek(person, news);
    }
    fill_vacated(news);
    // Who asked for it is answered, and so needs no event.
    Events events;
    tell_members(key, std::exchange(news[key], {}), {}, events);
    news.erase(key);
    whispers_.rise(key);
    tell(news, {}, events);
    return events;
}

// --- judging -------------------------------------------------------------------------------------

bool Model::is_wanted(const WhisperKey& key, SessionId person) const {
    const auto at = sessions_.at(person).presence.channel;
    const auto& named = whispers_.find(key)->named;
    return (named.sessions.contains(person) || named.channels.contains(at)) &&
           may(key.whisperer, at, Permission::whisper);
}

std::set<SessionId> Model::wanted(SessionId whisperer, const WhisperTargets& named) const {
    std::map<ChannelId, bool> known;
    const auto may_reach = [&](ChannelId at) {
        const auto [entry, is_new] = known.try_emplace(at);
        if (is_new) {
            entry->second = may(whisperer, at, Permission::whisper);
        }
        return entry->second;
    };
    std::set<SessionId> people;
    for (const auto person : named.sessions) {
        const auto* session = find(person);
        if (session != nullptr && may_reach(session->presence.channel)) {
            people.insert(person);
        }
    }
    for (const auto channel : named.channels) {
        const auto* state = find(channel);
        if (state != nullptr && may_reach(channel)) {
            people.insert(state->members.begin(), state->members.end());
        }
    }
    people.erase(whisperer);
    return people;
}

bool Model::is_full(const WhisperKey& key) const {
    return whispers_.find(key)->members.size() >= options_.whisper_members_max;
}

bool Model::hears_enough(SessionId person) const {
    return whispers_.heard_by(person).size() >= options_.whispers_heard_max;
}

Model::Ear Model::ear_of(SessionId person) const {
    Ear ear{.is_full = hears_enough(person), .last = {}};
    if (!ear.is_full) {
        return ear;  // nobody has to give way, so it does not matter who would
    }
    std::size_t count = 0;
    SessionId of{};
    // Those of one whisperer stand next to each other.
    for (const auto& key : whispers_.heard_by(person)) {
        count = key.whisperer == of ? count + 1 : 1;
        of = key.whisperer;
        if (count > ear.most) {
            ear.most = count;
            ear.last = key;
        }
    }
    return ear;
}

bool Model::has_room(const Ear& ear, SessionId person, SessionId whisperer) const {
    if (!ear.is_full) {
        return true;
    }
    const auto& heard = whispers_.heard_by(person);
    std::size_t own = 0;
    for (auto at = heard.lower_bound({.whisperer = whisperer});
         at != heard.end() && at->whisperer == whisperer; ++at) {
        ++own;
    }
    return ear.most > own + 1;
}

void Model::admit(const WhisperKey& key, SessionId person, Turnovers& news) {
    if (const auto ear = ear_of(person); ear.is_full) {
        const auto leaving = ear.last;
        if (is_full(leaving)) {
            vacated_.push_back(leaving);
        }
        whispers_.remove(leaving, person);
        auto& turnover = news[leaving];
        note(turnover.left, turnover.joined, person);
    }
    whispers_.add(key, person);
    auto& turnover = news[key];
    note(turnover.joined, turnover.left, person);
}

void Model::fill_vacated(Turnovers& news) {
    // It ends: whoever has to hear another hears more whisperers than before, or one set has more people.
    while (!vacated_.empty()) {
        const auto key = vacated_.back();
        vacated_.pop_back();
        fill(key, news);
    }
}

void Model::drop(const WhisperKey& key, SessionId person, Turnovers& news,
                 std::vector<SessionId>& freed) {
    if (hears_enough(person)) {
        freed.push_back(person);
    }
    whispers_.remove(key, person);
    auto& turnover = news[key];
    note(turnover.left, turnover.joined, person);
}

void Model::fill(const WhisperKey& key, Turnovers& news) {
    const auto& set = *whispers_.find(key);
    if (is_full(key)) {
        return;
    }
    for (const auto person : wanted(key.whisperer, set.named)) {
        if (is_full(key)) {
            return;
        }
        if (!set.members.contains(person) && !sessions_.at(person).kept_from_whispers &&
            has_room(ear_of(person), person, key.whisperer)) {
            admit(key, person, news);
        }
    }
}

void Model::seek(SessionId person, Turnovers& news) {
    if (sessions_.at(person).kept_from_whispers) {
        return;
    }
    const auto at = sessions_.at(person).presence.channel;
    auto ear = ear_of(person);
    const auto join = [&](const Whispers::Keys& keys) {
        for (const auto& key : keys) {
            if (ear.is_full && ear.most <= 1) {
                return;  // nobody gives way to anybody
            }
            // What is cheap to know goes first.
            if (key.whisperer != person && has_room(ear, person, key.whisperer) && !is_full(key) &&
                !whispers_.find(key)->members.contains(person) &&
                may(key.whisperer, at, Permission::whisper)) {
                admit(key, person, news);
                ear = ear_of(person);
            }
        }
    };
    join(whispers_.naming(person));
    join(whispers_.naming(at));
}

// --- what changes --------------------------------------------------------------------------------

void Model::update_whispers(SessionId person, Events& events) {
    if (whispers_.empty()) {
        return;
    }
    Turnovers news;
    std::vector<SessionId> freed;
    std::vector<WhisperKey> with_room;
    for (const auto& key : std::set(whispers_.heard_by(person))) {
        if (!is_wanted(key, person)) {
            if (is_full(key)) {
                with_room.push_back(key);
            }
            drop(key, person, news, freed);
        }
    }
    seek(person, news);
    for (const auto& key : with_room) {
        fill(key, news);
    }
    fill_vacated(news);
    tell(news, {}, events);
}

void Model::keep_from_whispers(SessionId session) {
    sessions_.at(session).kept_from_whispers = true;
}

Events Model::let_into_whispers(SessionId session) {
    sessions_.at(session).kept_from_whispers = false;
    Turnovers news;
    seek(session, news);
    fill_vacated(news);
    Events events;
    tell(news, {}, events);
    return events;
}

void Model::end_whispers(SessionId person, Events& events) {
    Turnovers news;
    std::vector<SessionId> freed;
    std::vector<WhisperKey> with_room;
    for (const auto& key : whispers_.of(person)) {
        for (const auto member : std::set(whispers_.find(key)->members)) {
            drop(key, member, news, freed);
        }
        whispers_.take_back(key);
    }
    for (const auto& key : std::set(whispers_.heard_by(person))) {
        if (is_full(key)) {
            with_room.push_back(key);
        }
        whispers_.remove(key, person);
        news[key].left.push_back(person);
    }
    whispers_.forget(person);
    for (const auto& key : with_room) {
        fill(key, news);
    }
    for (const auto member : freed) {
        seek(member, news);
    }
    fill_vacated(news);
    tell(news, person, events);
}

Events Model::judge_whispers() {
    Events events;
    if (!std::exchange(rules_changed_, false) || whispers_.empty()) {
        return events;
    }
    Turnovers news;
    std::vector<SessionId> freed;  // all are looked at anyway
    for (const auto& [key, set] : whispers_.sets()) {
        const auto people = wanted(key.whisperer, set.named);
        for (const auto person : std::set(set.members)) {
            if (!people.contains(person)) {
                drop(key, person, news, freed);
            }
        }
    }
    for (const auto& [key, set] : whispers_.sets()) {
        fill(key, news);
    }
    fill_vacated(news);
    tell(news, {}, events);
    return events;
}

void Model::tell(const Turnovers& news, SessionId gone, Events& events) {
    for (const auto& [key, turnover] : news) {
        tell_members(key, turnover, gone, events);
        if (key.whisperer == gone || (turnover.joined.empty() && turnover.left.empty())) {
            continue;
        }
        events.push_back({.audience = ToSession{key.whisperer},
                          .body = WhisperChanged{.whisperer = key.whisperer,
                                                 .stream = key.stream,
                                                 .epoch = whispers_.rise(key),
                                                 .joined = turnover.joined,
                                                 .left = turnover.left}});
    }
}

void Model::tell_members(const WhisperKey& key, Turnover turnover, SessionId gone, Events& events) {
    std::erase(turnover.left, gone);
    if (!turnover.left.empty()) {
        events.push_back({.audience = ToThese{std::move(turnover.left)},
                          .body = WhisperClosed{.whisperer = key.whisperer, .stream = key.stream}});
    }
    if (!turnover.joined.empty()) {
        events.push_back({.audience = ToThese{std::move(turnover.joined)},
                          .body = WhisperOpened{.whisperer = key.whisperer, .stream = key.stream}});
    }
}

void Model::tell_renewed(SessionId person, Events& events) const {
    for (const auto& key : whispers_.heard_by(person)) {
        events.push_back({.audience = ToSession{key.whisperer},
                          .body = WhisperChanged{.whisperer = key.whisperer,
                                                 .stream = key.stream,
                                                 .epoch = whispers_.epoch(key),
                                                 .joined = {person},
                                                 .left = {},
                                                 .renewed = true}});
    }
    for (const auto& key : whispers_.of(person)) {
        const auto& members = whispers_.find(key)->members;
        if (!members.empty()) {
            events.push_back({.audience = ToThese{{members.begin(), members.end()}},
                              .body = WhisperOpened{.whisperer = person, .stream = key.stream}});
        }
    }
}

// --- keys ----------------------------------------------------------------------------------------

bool Model::whispers_to(const WhisperKey& key, SessionId person) const {
    return whispers_.heard_by(person).contains(key);
}

Result<std::vector<SessionId>> Model::whisper_receivers(const WhisperKey& key, ChannelEpoch epoch,
                                                        std::span<const SessionId> to) const {
    if (whispers_.find(key) == nullptr) {
        return fail(ErrorCode::bad_key_share, "You whisper to nobody on that stream.");
    }
    if (epoch > whispers_.epoch(key)) {
        return fail(ErrorCode::bad_key_share, "A key share names an epoch that is yet to come.");
    }
    if (const auto checked = check_receivers(key.whisperer, to); !checked) {
        return std::unexpected(checked.error());
    }
    std::vector<SessionId> receivers;
    std::ranges::copy_if(to, std::back_inserter(receivers),
                         [&](SessionId person) { return whispers_to(key, person); });
    return receivers;
}

}  // namespace partyline::room
