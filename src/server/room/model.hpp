// The blueprint: every channel, every session, and the rules for what one may do to the other.
//
// A Session is a seat, not a connection: the model neither knows nor asks what carries it, so a
// seat may later outlive its connection. Commands return what is to be told; nothing is sent from
// here. A refused command has changed nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "server/room/events.hpp"
#include "server/room/limits.hpp"
#include "server/room/recent_texts.hpp"
#include "server/room/types.hpp"

namespace partyline::room {

struct Session {
    Presence presence;
    PeerKeys keys;
    RecentTexts texts;
};

struct ChannelState {
    Channel channel;
    ChannelEpoch epoch{};            // counts the joins and leaves
    std::vector<SessionId> members;  // in the order of joining
    bool crowded = false;            // so many that they had better send fewer packets
};

struct Options {
    std::size_t sessions_max = room::sessions_max;
    MessageId last_message{};  // no text gets this id, nor one below it
};

struct LoggedIn {
    SessionId session{};
    Events events;
};

struct Joined {
    ChannelEpoch epoch{};
    std::size_t members = 0;
    Events events;
};

struct SelfState {
    bool mute = false;
    bool deafen = false;  // implies mute
};

struct NewText {
    ChannelId channel{};
    std::string text;
    std::uint64_t nonce = 0;  // zero: the talkie gave none, and a repeat is another text
    std::int64_t unix_ms = 0;
};

struct ShareScope {
    ChannelId channel{};
    ChannelEpoch epoch{};  // the membership that the shares cover
};

/// Owned by the control lane, and used on its executor alone. Every SessionId passed to a command
/// is that of a session that is here (a broken program throws), except where a
/// peer named it.
class Model {
public:
    /// Fails with config for channels that make no tree: ids used twice or zero, a parent that
    /// does not come before its child, names that are wrong or taken by a sibling, too many.
    static Result<Model> create(const std::vector<Channel>& channels, Options options);

    // Commands.
    /// Whether somebody may come in under this name, taking the place of the session `older`, which
    /// goes before they come.
    [[nodiscard]] Result<void> may_log_in(std::string_view name,
                                          std::optional<SessionId> older) const;
    Result<LoggedIn> log_in(std::string name, PeerKeys keys);
    Events log_out(SessionId session);
    /// To join the room one is in changes nothing and is not refused.
    Result<Joined> join(SessionId session, ChannelId channel);
    Result<Events> leave(SessionId session);
    Events set_self_state(SessionId session, SelfState state);
    /// Nobody speaks who is muted or in no room.
    Events set_speaking(SessionId session, bool speaking);

    // A text is judged, then stored by whoever asks, then told: three commands, as the disk takes
    // its time and anything may happen meanwhile.
    /// Gives it an id above all before. Nobody is told yet.
    Result<Message> compose(SessionId session, NewText text);
    /// It is stored: those who are in the room now hear of it, whether its author is still here or
    /// not.
    Events said(SessionId session, const Message& message);
    /// How a text of that session was taken, so that a repeat is answered as the first time.
    void remember(SessionId session, std::uint64_t nonce, AcceptedText accepted);
    /// Whether that session may edit or delete this text: its author may, from the room it is in.
    [[nodiscard]] Result<void> may_change(SessionId session, const Message& message) const;
    [[nodiscard]] static Events text_changed(Message message);

    Events renew_device(SessionId session, DeviceKey device);
    Result<Events> request_key(SessionId session, SessionId speaker, std::uint64_t kid) const;

    // Questions.
    /// How a text with this nonce was taken before; nothing when there was none, or for zero.
    [[nodiscard]] std::optional<AcceptedText> find_text(SessionId session,
                                                        std::uint64_t nonce) const;
    /// Which of `to` a key share is to be handed to: the others have left since the epoch it
    /// names. Fails with bad_key_share for somebody who cannot have been there.
    [[nodiscard]] Result<std::vector<SessionId>> share_receivers(
        SessionId session, ShareScope scope, std::span<const SessionId> to) const;
    /// The newest session that logged in with this identity.
    [[nodiscard]] std::optional<SessionId> session_of(const PeerKeys& keys) const;
    [[nodiscard]] const Session* find(SessionId session) const;
    [[nodiscard]] const ChannelState* find(ChannelId channel) const;
    /// Who online bears that name, in any spelling that counts as the same.
    [[nodiscard]] std::optional<SessionId> find(std::string_view name) const;
    /// Whether both are in the same room.
    [[nodiscard]] bool together(SessionId a, SessionId b) const;
    [[nodiscard]] const std::map<SessionId, Session>& sessions() const { return sessions_; }
    [[nodiscard]] const std::map<ChannelId, ChannelState>& channels() const { return channels_; }

private:
    explicit Model(Options options) : options_(options), last_message_(options.last_message) {}

    Result<void> add_channel(const Channel& channel);
    [[nodiscard]] std::size_t depth(ChannelId channel) const;
    void enter(Session& session, ChannelState& to, Events& events);
    /// Takes the session out of its room, if it is in one.
    void exit(Session& session, Events& events);

    Options options_;
    std::map<ChannelId, ChannelState> channels_;
    std::map<SessionId, Session> sessions_;
    std::unordered_map<std::string, SessionId> names_;  // folded, of those online
    // Ordered, as whoever picks the keys could pick them to collide.
    std::map<std::array<std::byte, 32>, SessionId> identities_;
    SessionId last_session_{};
    MessageId last_message_{};
};

}  // namespace partyline::room
