// What is bound into every frame of a connection.
#pragma once

#include "base/ids.hpp"
#include "crypto/keys.hpp"

namespace partyline::client {

struct VoiceIdentity {
    crypto::PublicKey server_id{};
    SessionId session{};  // ours
};

}  // namespace partyline::client
