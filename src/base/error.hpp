// Expected failures as values. Broken programs assert; start-up failures end in main().
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace partyline {

/// Every kind of refusal that a peer or a person can be told. The numbers are those of
/// `partyline.v1.Error.Code` and never change.
enum class ErrorCode : std::uint16_t {
    unspecified = 0,
    unsupported = 1,        // a request this version does not know
    malformed = 2,          // bytes that are not a valid message; the session is closed
    too_large = 3,          // over a named limit
    wrong_version = 4,      // no common protocol version
    bad_signature = 5,      // a login or device signature that does not verify
    wrong_identity = 6,     // the server is not the one that was pinned or insisted on
    not_logged_in = 7,      // a request before Login was accepted
    already_logged_in = 8,  // a second Login on one connection
    invalid_name = 9,       // empty, too long, or with characters that names may not have
    name_taken = 10,        // somebody online bears this name
    unknown_channel = 11,
    unknown_session = 12,
    not_in_room = 13,   // needs a room, or another room than the one one is in
    rate_limited = 14,  // retry after `retry_ms`
    server_full = 15,
    bad_key_share = 16,  // outside the limits for shares, or for somebody who is not there
    shutting_down = 17,
    timed_out = 18,
    not_permitted = 19,
    unknown_text = 20,     // never was, is deleted, or is kept no longer
    store_failed = 21,     // the server's disk did not take it; nothing was kept
    replaced = 22,         // another connection of the same identity took the place
    kicked = 23,           // somebody who may has sent this session away
    banned = 24,           // this identity, account or address may not come in
    room_full = 25,        // every seat of the room is taken
    bad_password = 26,     // of a room or of an account
    unknown_role = 27,     // never was, or is deleted
    unknown_account = 28,  // never was, or is deleted
    resume_refused = 29,   // the seat is gone, or the token is not its own; log in
    unknown_ban = 30,      // never was, or is lifted
    unknown_invite = 31,   // never was, is used up or has run out
    unknown_person = 32,   // nobody here, and no account
    not_kept = 33,  // it was done; but the server's disk did not take it, and a restart undoes it

    // Never on the wire: what happens on one's own machine.
    io = 1000,      // a file, socket or device failed; the message says which
    closed = 1001,  // the connection has ended
    config = 1002,  // a setting is wrong; the message names file, line and key
};

/// A failure that the caller is expected to handle.
struct Error {
    ErrorCode code = ErrorCode::unspecified;
    /// One sentence for a person: what went wrong and what to do. Never a secret.
    std::string message;
    /// With rate_limited: how long to wait, in ms. Otherwise 0.
    std::uint32_t retry_ms = 0;
    /// With banned: until when, in Unix ms; 0: for good.
    std::int64_t until_unix_ms = 0;
    /// With banned and kicked: what the moderator gave as the reason, maybe nothing.
    std::string reason = {};

    bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

/// Shorthand for returning a failure from a function whose result is a Result.
inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
    return std::unexpected(Error{.code = code, .message = std::move(message)});
}

}  // namespace partyline
