// Who is given the keys to what we whisper, and when: the policy of docs/protocol.md.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "client/device_book.hpp"
#include "client/key_exchange.hpp"
#include "client/key_receiver.hpp"
#include "crypto/sender_key.hpp"
#include "wire/control.hpp"

namespace partyline::client {

using WhisperKeyOutput = std::variant<ToServer, UseSenderKey, DeviceRefused>;

/// One key for each set that we whisper to. It goes to those whom the server says are in the set, who
/// are shown on our screen, and whose device verifies: the *audience*. Whenever that changes, there is
/// a fresh key for all of it, at most one a second, used as soon as the server has handed it to all,
/// or after rotation_confirm_max. So whoever comes opens nothing of what was said before, and whoever
/// has gone nothing of what is said after. The keys are made with the set, not with the first word.
///
/// No thread, no socket; call tick() at next_tick() and whenever the screen has changed, and take what
/// has come out after every call. Owned by the session. [control]
class WhisperKeys {
public:
    /// Whether the screen shows them, as somebody meant by that set.
    using Shown = std::function<bool(StreamId, SessionId)>;
    struct Given {
        const OwnDevice& own;  // this and the next two outlive us
        DeviceBook& book;
        const Clock& clock;
        std::size_t shares_per_message = 0;
        Shown shown;
    };
    explicit WhisperKeys(Given given);

    // What the server says.
    void members(const wire::WhisperMembers& page);
    void changed(const wire::WhisperChanged& change);
    void session_gone(SessionId session);
    void key_requested(const wire::KeyRequested& request);
    void answered(std::uint64_t ticket, const std::optional<Error>& error);

    /// As KeyExchange has them.
    void go_away();
    void come_back();

    void tick();
    [[nodiscard]] std::optional<TimePoint> next_tick() const;
    [[nodiscard]] std::vector<WhisperKeyOutput> take_outputs() {
        return std::exchange(outputs_, {});
    }

    /// In ascending order; none for a set that is not there.
    [[nodiscard]] std::vector<SessionId> audience(StreamId stream) const;
    /// Whether somebody would hear what is said now.
    [[nodiscard]] bool is_heard(StreamId stream) const;

private:
    struct Member : KeyReceiver {
        bool entitled = false;  // to the newest key: nothing was said under it before they came
        bool holds = false;     // was sent the key that we seal with
    };
    using Members = std::map<SessionId, Member>;
    struct Set {
        StreamId stream{};
        ChannelEpoch epoch{};
        Members members;
        std::vector<wire::Member> pages;  // of an answer that is not whole yet
        crypto::SenderKey newest;
        bool in_use = false;  // we seal with the newest key
        bool rotation_due = false;
        std::optional<TimePoint> offered_since{};  // the newest key, which is not in use yet
        std::optional<TimePoint> last_rotation{};
        TimePoint share_not_before{};
    };

    Set& set_of(StreamId stream);
    void admit(Set& set, const wire::Member& member);
    static Members::iterator remove(Set& set, Members::iterator member);
    [[nodiscard]] bool is_in_audience(const Set& set, const Members::value_type& member) const;
    [[nodiscard]] bool has_audience(const Set& set) const;
    void entitle(Set& set, TimePoint now) const;
    void start_rotation(Set& set, TimePoint now) const;
    void share_key(Set& set, TimePoint now);
    void send_shares(Set& set, std::span<Members::value_type* const> to);
    void finish_rotation(Set& set, TimePoint now);
    [[nodiscard]] bool all_confirmed(const Set& set) const;

    // Given.
    const Given given_;

    // Owned.
    std::map<StreamId, Set> sets_;  // for good, as a stream's generations never fall
    struct Shared {
        StreamId stream{};
        ChannelEpoch epoch{};
    };
    std::map<std::uint64_t, Shared> outstanding_;  // by ticket: what the shares covered
    std::uint64_t last_ticket_ = 0;
    std::vector<WhisperKeyOutput> outputs_;
    bool away_ = false;
    TimePoint ticked_at_{};
};

}  // namespace partyline::client
