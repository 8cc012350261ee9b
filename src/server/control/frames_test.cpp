// Requests that come together or in pieces, whatever the size of the buffer that they are read into.
#include <utility>
#include <vector>

#include "server/control/server_fixture.hpp"

namespace partyline::control {
namespace {

class FramesTest : public ServerTest {
protected:
    /// What is written at once has so many bytes. Each request is answered, in their order.
    net::task<> at_once(std::size_t bytes) {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        co_await ada.ask<wire::Joined>(wire::Join{lobby});
        auto [frames, ids] = texts(bytes);
        EXPECT_EQ(frames.size(), bytes);
        co_await ada.send_bytes(std::move(frames));
        for (const auto id : ids) {
            co_await ada.answer<wire::TextAccepted>(id);
        }
        co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
    }

private:
    static Bytes text(std::uint64_t id, std::size_t bytes) {
        Bytes frame;
        wire::append_frame(
            frame, wire::encode(wire::ClientMessage{
                       .request_id = id,
                       .body = wire::SendText{.channel = lobby, .text = std::string(bytes, 'x')}}))
            .value();
        return frame;
    }
    /// Requests whose frames have so many bytes together, and their numbers.
    static std::pair<Bytes, std::vector<std::uint64_t>> texts(std::size_t bytes) {
        Bytes frames;
        std::vector<std::uint64_t> ids;
        std::uint64_t id = 1000;  // above those that the caller has used
        while (bytes - frames.size() > wire::text_bytes_max) {
            append(frames, text(++id, wire::text_bytes_max / 2));
            ids.push_back(id);
        }
        const auto left = bytes - frames.size();
        const auto overhead = text(++id, left).size() - left;
        append(frames, text(id, left - overhead));
        ids.push_back(id);
        return {std::move(frames), std::move(ids)};
    }
};

TEST_F(FramesTest, NothingIsLostAtTheEndOfTheBuffer) {
    config.limits.messages = {.per_second = 1, .burst = 1e6};
    config.limits.texts = config.limits.messages;
    for (const auto bytes : {read_buffer_bytes - 1, read_buffer_bytes, read_buffer_bytes + 1,
                             2 * read_buffer_bytes + 1}) {
        play(at_once(bytes));
    }
}

}  // namespace
}  // namespace partyline::control
