#include "client/whisperers.hpp"

#include "client/limits.hpp"

namespace partyline::client {

void Whisperers::opened(const wire::WhisperOpened& opened) {
    const auto session = opened.whisperer.session;
    const Key key{session, opened.stream};
    const bool room_for_one = whisperers_.contains(key) || whisperers_.size() < whisperers_max;
    if (session == own_.session || !opened.stream || opened.stream.value >= streams_max ||
        !room_for_one) {
        return;
    }
    const auto [at, added] = whisperers_.try_emplace(key);
    auto& whisperer = at->second;
    whisperer.name = opened.name;
    if (added) {
        outputs_.emplace_back(WhispererEntered{.session = session, .stream = opened.stream});
    }
    if (book_.admit(opened.whisperer)) {
        whisperer.refused = false;
    } else if (book_.pair(session) == nullptr && !std::exchange(whisperer.refused, true)) {
        outputs_.emplace_back(DeviceRefused{session});
    }
}

void Whisperers::closed(const wire::WhisperClosed& closed) {
    if (const auto at = whisperers_.find({closed.session, closed.stream});
        at != whisperers_.end()) {
        remove(at);
    }
}

Whisperers::Map::iterator Whisperers::remove(Map::iterator whisperer) {
    note_heard(*whisperer, false);
    const auto& [session, stream] = whisperer->first;
    outputs_.emplace_back(WhispererGone{.session = session, .stream = stream});
    return whisperers_.erase(whisperer);
}

void Whisperers::session_gone(SessionId session) {
    for (auto at = whisperers_.lower_bound({session, StreamId{}});
         at != whisperers_.end() && at->first.first == session;) {
        at = remove(at);
    }
}

void Whisperers::forget_all() {
    for (auto at = whisperers_.begin(); at != whisperers_.end();) {
        at = remove(at);
    }
}

void Whisperers::key_share(const wire::KeyShare& share) {
    const auto* pair =
        whisperers_.contains({share.from, share.stream}) ? book_.pair(share.from) : nullptr;
    if (pair == nullptr || share.channel) {
        ++shares_dropped_;
        return;
    }
    auto material = pair->open({.channel = {},
                                .from = share.from,
                                .to = own_.session,
                                .stream = share.stream,
                                .generation = share.generation,
                                .step = share.step},
                               share.sealed);
    if (!material) {
        ++shares_dropped_;
        return;
    }
    outputs_.emplace_back(UseSpeakerKey{
        {.speaker = share.from, .stream = share.stream, .material = std::move(*material)}});
}

void Whisperers::key_needed(const KeyNeed& need) {
    if (whisperers_.contains({need.speaker, need.stream})) {
        outputs_.emplace_back(
            ToServer{.body = wire::KeyRequest{
                         .speaker = need.speaker, .kid = need.kid, .stream = need.stream}});
    }
}

void Whisperers::set_heard(SessionId session, StreamId stream, bool whispering) {
    if (const auto at = whisperers_.find({session, stream}); at != whisperers_.end()) {
        note_heard(*at, whispering);
    }
}

void Whisperers::note_heard(Map::value_type& whisperer, bool heard) {
    auto& [key, one] = whisperer;
    if (std::exchange(one.heard, heard) != heard) {
        outputs_.emplace_back(WhisperingChange{
            .session = key.first, .name = one.name, .stream = key.second, .whispering = heard});
    }
}

void Whisperers::hush() {
    for (auto& whisperer : whisperers_) {
        note_heard(whisperer, false);
    }
}

}  // namespace partyline::client
