// The control lane's connection: whole messages in and out of one TLS stream.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "net/gate.hpp"
#include "net/loop.hpp"
#include "net/tls.hpp"
#include "wire/control.hpp"
#include "wire/frame.hpp"

namespace partyline::client {

/// Sends what is given in order and never waits for it; reads one message at a time. close() must
/// have finished before it dies. Owned by the talkie; everything on its loop. [control]
class ControlLane {
public:
    /// Loop and clock outlive it.
    ControlLane(net::Loop& loop, const Clock& clock, const net::TlsContext& tls);

    /// As TlsStream::connect().
    net::task<Result<void>> connect(std::string host, std::uint16_t port);
    /// `closed` after hang_up() and when the server has ended; malformed or too_large for bytes
    /// that are no message.
    net::task<Result<wire::ServerMessage>> receive();

    /// Queues the message. A server that reads nothing for long is hung up on.
    void send(const wire::ClientMessage& message);
    /// Queues a datagram for the tunnel, behind all messages. It is dropped once it has waited outgoing_voice_time_max,
    /// or when too much has come after it.
    void send_voice(ByteView datagram);

    /// Everything that waits ends now. Without a word: to the server the connection has broken, and it
    /// keeps our seat.
    void hang_up();
    /// Gives what is queued a moment to go out, says good-bye, and gives the server a moment to hear
    /// it. Nothing is queued from now on. Whether all has gone out. Once.
    net::task<bool> say_farewell();
    /// Hangs up and waits for our own coroutine. The last call, once.
    net::task<> close();

    [[nodiscard]] Result<net::ExportedValue> export_value(std::string_view label) const {
        return stream_.export_value(label);
    }
    [[nodiscard]] net::Endpoint remote() const { return stream_.remote(); }

private:
    struct WaitingVoice {
        TimePoint since;
        Bytes datagram;
    };

    net::task<> write_all(net::Gate::Pass pass);
    void append(const wire::ClientMessage& message);
    /// What is still worth sending.
    void append_voice();
    void drop_oldest_voice();

    static constexpr std::size_t read_bytes = 16 * 1024;

    net::Loop& loop_;
    const Clock& clock_;
    net::TlsStream stream_;
    net::Gate gate_;
    net::Event queued_;
    net::Event drained_;
    wire::FrameReader reader_;
    std::array<std::byte, read_bytes> read_buffer_{};
    Bytes outgoing_;  // queued
    Bytes writing_;   // being written
    std::deque<WaitingVoice> voice_;
    std::size_t voice_bytes_ = 0;
    bool closing_ = false;
    bool writer_done_ = true;  // until connected there is none
    bool all_written_ = false;
};

}  // namespace partyline::client
