// What each seat has been told of the tree of rooms, and what is to be told when that changes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "server/room/view.hpp"
#include "wire/control.hpp"

namespace partyline::control {

/// Owned by the Switchboard. One thread.
class TreeBoard {
public:
    using ViewPtr = std::shared_ptr<const room::View>;

    /// `talker_bps_max`: what no room allows more than, whatever it says.
    TreeBoard(const room::Directory& directory, std::uint32_t talker_bps_max);

    /// What somebody in the room `own`, or in none, is shown now. Equal views are one object, so
    /// that what goes to all who have it is encoded once.
    ViewPtr view(room::Subject subject, ChannelId own);
    /// The tree, or who may see what of it, has changed: from here on it is as it is now.
    void refresh();
    /// The rooms that look different since this was last asked.
    std::set<ChannelId> take_changed() { return std::exchange(changed_, {}); }

    [[nodiscard]] std::vector<wire::Channel> channels(const room::View& view) const;
    /// What leads from one view to the other, in pages; rooms that are in both only where they are
    /// `changed`, or shown to lie elsewhere.
    [[nodiscard]] std::vector<wire::ChannelsChanged> difference(
        const room::View& before, const room::View& now, const std::set<ChannelId>& changed) const;

private:
    ViewPtr shared(room::View view);

    const room::Directory& directory_;
    const std::uint32_t talker_bps_max_;
    std::map<ChannelId, wire::Channel> shown_;
    std::set<ChannelId> changed_;
    std::map<std::pair<room::ViewKey, ChannelId>, ViewPtr> known_;
    std::vector<std::weak_ptr<const room::View>> views_;
};

/// Whoever is in a room that one may not see is, to one, in no room.
void veil(std::vector<wire::Presence>& sessions, const room::View& view);

}  // namespace partyline::control
