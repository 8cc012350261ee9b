#include "server/control/tree_board.hpp"

#include <algorithm>

#include "server/control/convert.hpp"
#include "server/room/limits.hpp"
#include "wire/limits.hpp"

namespace partyline::control {

TreeBoard::TreeBoard(const room::Directory& directory, std::uint32_t talker_bps_max)
    : directory_(directory), talker_bps_max_(talker_bps_max) {
    refresh();
}

TreeBoard::ViewPtr TreeBoard::view(room::Subject subject, ChannelId own) {
    const auto key = room::view_key(directory_, subject);
    auto& usual = known_[{key, ChannelId{}}];
    if (!usual) {
        usual = shared(room::view_of(directory_, subject, {}));
    }
    if (!own || usual->contains(own)) {
        return usual;
    }
    auto& exceptional = known_[{key, own}];
    if (!exceptional) {
        exceptional = shared(room::view_of(directory_, subject, own));
    }
    return exceptional;
}

TreeBoard::ViewPtr TreeBoard::shared(room::View view) {
    std::erase_if(views_, [](const auto& weak) { return weak.expired(); });
    for (const auto& weak : views_) {
        if (auto known = weak.lock(); *known == view) {
            return known;
        }
    }
    auto made = std::make_shared<const room::View>(std::move(view));
    views_.push_back(made);
    return made;
}

void TreeBoard::refresh() {
    known_.clear();
    const auto before = std::exchange(shown_, {});
    for (const auto& [id, record] : directory_.channels()) {
        auto channel = to_wire(record.channel);
        channel.parent = {};  // as each sees it
        // Talkies keep to it by themselves, once they are told.
        if (talker_bps_max_ < room::bitrate_bps_max) {
            auto& cap = channel.bitrate_bps_max;
            cap = cap == 0 ? talker_bps_max_ : std::min(cap, talker_bps_max_);
        }
        const auto was = before.find(id);
        if (was != before.end() && was->second != channel) {
            changed_.insert(id);
        }
        shown_.emplace(id, std::move(channel));
    }
}

std::vector<wire::Channel> TreeBoard::channels(const room::View& view) const {
    std::vector<wire::Channel> channels;
    for (const auto& [id, parent] : view) {
        if (const auto shown = shown_.find(id); shown != shown_.end()) {
            channels.push_back(shown->second);
            channels.back().parent = parent;
        }
    }
    return channels;
}

std::vector<wire::ChannelsChanged> TreeBoard::difference(const room::View& before,
                                                         const room::View& now,
                                                         const std::set<ChannelId>& changed) const {
    std::vector<wire::ChannelsChanged> pages;
    const auto page = [&](auto list) -> auto& {
        if (pages.empty() || (pages.back().*list).size() == wire::page_entries_max) {
            pages.emplace_back();
        }
        return pages.back().*list;
    };
    room::View news;
    for (const auto& [id, parent] : now) {
        const auto was = before.find(id);
        if (was == before.end() || was->second != parent || changed.contains(id)) {
            news.emplace(id, parent);
        }
    }
    for (auto& channel : channels(news)) {
        page(&wire::ChannelsChanged::channels).push_back(std::move(channel));
    }
    for (const auto& [id, parent] : before) {
        if (!now.contains(id)) {
            page(&wire::ChannelsChanged::gone).push_back(id);
        }
    }
    return pages;
}

void veil(std::vector<wire::Presence>& sessions, const room::View& view) {
    for (auto& presence : sessions) {
        if (presence.channel && !view.contains(presence.channel)) {
            presence.channel = {};
            presence.speaking = false;
            presence.server_mute = false;
            presence.server_deafen = false;
            presence.recording = false;
            presence.priority = false;
        }
    }
}

}  // namespace partyline::control
