// Those who may whisper to us: who they are, their keys, and whether they do.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "client/device_book.hpp"
#include "client/key_exchange.hpp"
#include "client/voice_receiver.hpp"
#include "client/whisper.hpp"
#include "wire/control.hpp"

namespace partyline::client {

// --- what it wants done, in this order -------------------------------------------------------

struct WhispererEntered {
    SessionId session{};
    StreamId stream{};
};
struct WhispererGone {
    SessionId session{};
    StreamId stream{};
};

using WhispererOutput = std::variant<ToServer, UseSpeakerKey, WhispererEntered, WhispererGone,
                                     DeviceRefused, WhisperingChange>;

/// The server says who has us in a set; whose key we take is then as in a room: their device must
/// verify. Which of them is in our room is of no account here. No thread, no clock. Owned by the
/// session. [control]
class Whisperers {
public:
    /// Both outlive it.
    Whisperers(const OwnDevice& own, DeviceBook& book) : own_(own), book_(book) {}

    // What the server says.
    void opened(const wire::WhisperOpened& opened);
    void closed(const wire::WhisperClosed& closed);
    void key_share(const wire::KeyShare& share);
    void session_gone(SessionId session);
    /// What was told of them may have been lost: all are told again.
    void forget_all();

    // What this side says.
    void key_needed(const KeyNeed& need);
    void set_heard(SessionId session, StreamId stream, bool whispering);
    /// The connection is lost: nobody is heard any more.
    void hush();

    [[nodiscard]] std::vector<WhispererOutput> take_outputs() {
        return std::exchange(outputs_, {});
    }
    [[nodiscard]] std::size_t size() const { return whisperers_.size(); }
    /// Shares that came from nobody who may whisper to us, or did not open.
    [[nodiscard]] std::uint64_t shares_dropped() const { return shares_dropped_; }

private:
    struct Whisperer {
        std::string name;
        bool refused = false;  // its device does not verify
        bool heard = false;    // whispers now
    };
    using Key = std::pair<SessionId, StreamId>;
    using Map = std::map<Key, Whisperer>;

    void note_heard(Map::value_type& whisperer, bool heard);
    Map::iterator remove(Map::iterator whisperer);

    // Given.
    const OwnDevice& own_;
    DeviceBook& book_;

    // Owned.
    Map whisperers_;
    std::vector<WhispererOutput> outputs_;
    std::uint64_t shares_dropped_ = 0;
};

}  // namespace partyline::client
