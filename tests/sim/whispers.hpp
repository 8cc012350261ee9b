// Who whispers to whom in a party: sets that follow moves and permissions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "server/relay/relay.hpp"
#include "sim/talkie.hpp"

namespace partyline::sim {

/// Does by hand what the room rules and the keys for whispers would: whoever a set was made of is in it
/// while whispering is allowed where they are, and each who comes or goes makes a fresh key, which only those
/// in the set are given. Owned by Party. One thread.
class Whispers {
public:
    struct Given {
        Random& random;
        const Clock& clock;
        relay::Relay& relay;
        const std::vector<std::unique_ptr<Talkie>>& talkies;
        std::uint32_t rooms = 0;
        /// `from` has a fresh key for this stream, which `to` is to get.
        std::function<void(const Talkie& from, Talkie& to, StreamId stream)> share;
    };
    explicit Whispers(Given given);

    /// A first set, to which they whisper.
    void begin(Talkie& whisperer);
    /// Another set, perhaps of nobody, or another place for what they say.
    void change(Talkie& whisperer);
    /// A room begins to forbid whispering to those in it, or to allow it.
    void change_rules();
    /// Somebody has moved.
    void follow();

    /// Who was given the key of that stream last.
    [[nodiscard]] const std::set<SessionId>& audience(SessionId whisperer, StreamId stream) const;
    /// Who is to hear it, as people and rules are now, whatever was done about it.
    [[nodiscard]] std::set<SessionId> entitled(SessionId whisperer, StreamId stream) const;
    /// Whether somebody who may be heard can whisper to this one.
    [[nodiscard]] bool reach(const Talkie& listener) const;

private:
    /// Whom a set was made of.
    struct Wish {
        std::set<SessionId> people;
        ChannelId room{};  // and whoever is in it; zero: nobody
    };
    struct Set {
        Wish wish;
        std::set<SessionId> audience;
    };

    [[nodiscard]] Wish random_wish(const Talkie& whisperer);
    [[nodiscard]] std::set<SessionId> audience_of(const Wish& wish, SessionId whisperer) const;
    void update(Talkie& whisperer, StreamId stream);
    [[nodiscard]] Talkie& talkie(SessionId session) const;

    // Given.
    const Given given_;

    // Owned.
    std::map<std::pair<SessionId, StreamId>, Set> sets_;
    std::set<ChannelId> forbidding_;
};

}  // namespace partyline::sim
