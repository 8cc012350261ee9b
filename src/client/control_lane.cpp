#include "client/control_lane.hpp"

#include <utility>

#include "base/log.hpp"
#include "client/limits.hpp"

namespace partyline::client {

ControlLane::ControlLane(net::Loop& loop, const Clock& clock, const net::TlsContext& tls)
    : loop_(loop), clock_(clock), stream_(loop, tls), gate_(loop), queued_(loop), drained_(loop) {}

net::task<Result<void>> ControlLane::connect(std::string host, std::uint16_t port) {
    auto connected = co_await stream_.connect(std::move(host), port, connect_time_max);
    if (connected) {
        if (auto pass = gate_.enter()) {
            writer_done_ = false;
            loop_.spawn(write_all(std::move(*pass)));
        }
    }
    co_return connected;
}

net::task<Result<wire::ServerMessage>> ControlLane::receive() {
    while (true) {
        const auto message = reader_.next();
        if (!message) {
            co_return std::unexpected(message.error());
        }
        if (*message) {
            co_return wire::decode_server(**message);
        }
        const auto got = co_await stream_.read_some(read_buffer_);
        if (!got) {
            co_return std::unexpected(got.error());
        }
        reader_.feed(ByteView(read_buffer_).first(*got));
    }
}

void ControlLane::send(const wire::ClientMessage& message) {
    if (closing_) {
        return;
    }
    append(message);
    if (outgoing_.size() > outgoing_bytes_max) {
        log::warning("The server reads nothing: hanging up.");
        hang_up();
    }
    queued_.set();
}

void ControlLane::append(const wire::ClientMessage& message) {
    if (const auto framed = wire::append_frame(outgoing_, wire::encode(message)); !framed) {
        // What people asked for has been checked (wire/check.hpp), and all else has bounds that fit a
        // frame (wire/limits.hpp): whoever reads this has found a bug.
        log::error("{} could not be sent, which is a bug: {}", wire::name_of(message.body),
                   framed.error().message);
    }
}

void ControlLane::send_voice(ByteView datagram) {
    if (closing_) {
        return;
    }
    voice_.push_back({.since = clock_.now(), .datagram = to_bytes(datagram)});
    voice_bytes_ += datagram.size();
    while (voice_bytes_ > outgoing_voice_bytes_max) {
        drop_oldest_voice();
    }
    queued_.set();
}

void ControlLane::drop_oldest_voice() {
    voice_bytes_ -= voice_.front().datagram.size();
    voice_.pop_front();
}

void ControlLane::append_voice() {
    const auto now = clock_.now();
    while (!voice_.empty()) {
        if (const auto& oldest = voice_.front(); now - oldest.since <= outgoing_voice_time_max) {
            append({.body = wire::VoiceTunnel{oldest.datagram}});
        }
        drop_oldest_voice();
    }
}

net::task<> ControlLane::write_all(net::Gate::Pass) {
    while (stream_.is_open()) {
        if (outgoing_.empty()) {
            append_voice();
        }
        if (outgoing_.empty()) {
            if (closing_) {
                all_written_ = true;
                break;
            }
            co_await queued_.wait();
            continue;
        }
        std::swap(writing_, outgoing_);
        const auto written = co_await stream_.write(writing_);
        writing_.clear();
        if (!written) {
            break;
        }
    }
    writer_done_ = true;
    drained_.set();
}

void ControlLane::hang_up() {
    stream_.break_off();
    queued_.set();  // a writer that waits for work sees that there will be none
}

net::task<bool> ControlLane::say_farewell() {
    closing_ = true;
    queued_.set();
    if (!writer_done_) {
        co_await drained_.wait_for(farewell_time_max);
    }
    co_await stream_.finish(farewell_time_max);
    hang_up();
    co_return all_written_;
}

net::task<> ControlLane::close() {
    hang_up();
    co_await gate_.close();
}

}  // namespace partyline::client
