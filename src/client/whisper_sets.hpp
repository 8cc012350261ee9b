// Whom the person wants to whisper to, and how that is found again on another seat.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "client/model.hpp"
#include "crypto/keys.hpp"
#include "wire/whisper.hpp"

namespace partyline::client {

/// Somebody, as they can be told from others after a restart of the server.
struct WishedPerson {
    std::string name;
    std::string account;  // its name; empty for a guest
    Bytes identity;       // of a guest, if we knew it
};

/// A set without the numbers, which another seat may have others of.
struct WishedSet {
    StreamId stream{};
    std::vector<WishedPerson> people;
    std::vector<std::vector<std::string>> rooms;  // the names from the top
};

/// Follows what the server does with the sets of a session: whoever has gone is in none of them any
/// more. Owned by the session. [control]
class WhisperSets {
public:
    /// Null for a session whose keys we have not seen.
    using IdentityOf = std::function<const crypto::PublicKey*(SessionId)>;

    /// The server has taken this one; nobody named: it is gone.
    void accepted(const wire::SetWhisper& set);
    void forget(StreamId stream) { sets_.erase(stream); }
    [[nodiscard]] bool has(StreamId stream) const { return sets_.contains(stream); }
    void session_gone(SessionId session);

    // From one seat to the next.
    [[nodiscard]] std::vector<WishedSet> wishes(const Model& model,
                                                const IdentityOf& identity_of) const;
    /// The paths of rooms that are not there any more.
    std::vector<std::string> take_up(std::vector<WishedSet> wishes, const Model& model);
    /// The server's memory of the sets is to be renewed.
    void ask_again();
    void ask_again(StreamId stream);
    /// Looks who of those who were wished for is here now.
    void find_missing(const Model& model);
    /// Whether somebody was found, or ask_again() called.
    [[nodiscard]] bool is_due() const;
    /// What is to be asked of the server then.
    std::vector<wire::SetWhisper> take_due(const Model& model);
    /// Whether this is the one who was named, as far as anybody can tell. `identity` may be null.
    [[nodiscard]] bool is_meant(StreamId stream, SessionId session,
                                const crypto::PublicKey* identity) const;

private:
    struct Set {
        std::vector<SessionId> sessions;
        std::vector<ChannelId> channels;
        std::vector<WishedPerson> missing;
        std::map<SessionId, Bytes> identities;  // of guests who were found by their name
        bool due = false;
    };

    static void find_missing(Set& set, const std::vector<Person>& people);

    std::map<StreamId, Set> sets_;
};

}  // namespace partyline::client
