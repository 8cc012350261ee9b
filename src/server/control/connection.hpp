// One TLS connection: a coroutine that reads, one that writes, and one end for both.
#pragma once

#include <optional>
#include <utility>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "net/loop.hpp"
#include "net/tls.hpp"
#include "server/control/admission.hpp"
#include "server/control/peer.hpp"
#include "server/control/switchboard.hpp"
#include "wire/frame.hpp"

namespace partyline::control {

/// Lives in the coroutine that runs it. One thread.
class Connection final : private Transport {
public:
    struct Given {
        net::Loop& loop;
        const Clock& clock;
        Switchboard& switchboard;
        MutableByteView read_buffer;  // shared: used only between two suspensions
    };
    Connection(Given given, net::TlsStream stream, Admission::Slot slot);

    /// Before run(): whoever it is, is told this instead of being let in.
    void turn_away(Error why) { turned_away_ = std::move(why); }
    /// From the handshake to the end of both coroutines.
    net::task<> run();
    /// Ends it now.
    void hang_up() override { stream_.close(); }
    /// Whether there is somebody to say good-bye to.
    [[nodiscard]] bool greeted() const { return greeted_; }

private:
    void wake() override { wake_.set(); }

    [[nodiscard]] Result<Handshake> exported() const;
    net::task<> serve(Peer& peer);
    [[nodiscard]] Duration patience(const Peer& peer) const;
    net::task<> read_all(Peer& peer);
    net::task<> write_all(Peer& peer);
    void take(Peer& peer, ByteView bytes);

    const Given given_;
    net::TlsStream stream_;
    Admission::Slot slot_;  // until there is a peer to hold it
    std::optional<Error> turned_away_;
    wire::FrameReader frames_;
    net::Event wake_;
    net::Event written_;
    bool greeted_ = false;
    bool read_to_end_ = false;
};

}  // namespace partyline::control
