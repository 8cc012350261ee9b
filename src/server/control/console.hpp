// One connection of the admin socket: requests as on the control lane, without TLS and without a login.
// Who may open the socket's file is the machine's owner, and so the server's.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "net/local.hpp"
#include "net/loop.hpp"
#include "server/control/peer.hpp"
#include "server/control/switchboard.hpp"
#include "wire/frame.hpp"

namespace partyline::control {

/// Takes one request after the other, and answers each before it reads the next. Lives in the
/// coroutine that runs it. One thread.
class Console final : private Transport {
public:
    Console(net::Loop& loop, const Clock& clock, Switchboard& switchboard, net::LocalStream stream);

    /// To the end of the connection.
    net::task<> run();
    /// Ends it now.
    void hang_up() override;

private:
    void wake() override { wake_.set(); }

    net::task<bool> serve_some(Peer& peer, ByteView bytes);
    net::task<bool> write_answer(Peer& peer);

    const Clock& clock_;
    Switchboard& switchboard_;
    net::LocalStream stream_;
    wire::FrameReader frames_;
    net::Event wake_;
    bool hung_up_ = false;
};

}  // namespace partyline::control
