// All control messages of both directions. Input: one byte whose lowest bit says who sends (0: the
// talkie), then the message. The mutator works on protobuf fields, and on plain bytes now and then.
#include <algorithm>
#include <span>

#include "fuzz/property.hpp"
#include "fuzz/proto_fields.hpp"
#include "wire/control.hpp"
#include "wire/frame.hpp"
#include "wire/limits.hpp"

// libFuzzer's own mutation of plain bytes.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

namespace {

using namespace partyline;
using fuzz::must;

Result<wire::ClientMessage> decode_again(const wire::ClientMessage&, ByteView bytes) {
    return wire::decode_client(bytes);
}
Result<wire::ServerMessage> decode_again(const wire::ServerMessage&, ByteView bytes) {
    return wire::decode_server(bytes);
}

void check_refusal(const Error& error) {
    must(error.code == ErrorCode::malformed || error.code == ErrorCode::too_large,
         "a refusal is malformed or too_large");
    must(!error.message.empty(), "a refusal says why");
    must(error.message.size() <= wire::error_message_bytes_max, "a refusal can be sent");
}

template <class Message>
void check(const Result<Message>& decoded) {
    if (!decoded) {
        check_refusal(decoded.error());
        return;
    }
    const auto bytes = wire::encode(*decoded);
    const auto again = decode_again(*decoded, bytes);
    must(again.has_value(), "what was accepted is accepted again");
    must(*again == *decoded, "and is the same message");
    must(fuzz::equal(wire::encode(*again), bytes), "and the same bytes");
    must(!wire::name_of(decoded->body).empty(), "each body has a name");
}

/// An event that is encoded once for all is the message that encode() makes.
void check_event(const wire::ServerMessage& message) {
    const wire::ServerMessage event{.seq = message.seq, .body = message.body};
    const auto bytes = wire::encode(event);
    if (bytes.empty() || bytes.size() > wire::frame_bytes_max) {
        return;
    }
    Bytes frame;
    wire::EncodedEvent(message.body).append_event(frame, message.seq);
    must(fuzz::equal(ByteView(frame).subspan(wire::frame_length_bytes), bytes),
         "an event is encoded alike");
}

void mutate_bytes(Bytes& bytes) {
    constexpr std::size_t growth_max = 64;
    const auto size = bytes.size();
    bytes.resize(size + growth_max);
    bytes.resize(
        LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(bytes.data()), size, bytes.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const auto message = fuzz::input(data, size).subspan(1);
    if ((data[0] & 1U) == 0) {
        check(wire::decode_client(message));
        return 0;
    }
    const auto decoded = wire::decode_server(message);
    check(decoded);
    if (decoded) {
        check_event(*decoded);
    }
    return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
    Random random(seed);
    const auto message = fuzz::input(data, size).subspan(std::min<std::size_t>(size, 1));
    auto fields = fuzz::parse_fields(message);
    if (!fields || random.chance(0.1)) {
        return LLVMFuzzerMutate(data, size, size_max);
    }
    fuzz::mutate(*fields, random, mutate_bytes);
    const auto mutant = fuzz::write_fields(*fields);
    if (mutant.size() + 1 > size_max) {
        return LLVMFuzzerMutate(data, size, size_max);
    }
    data[0] = static_cast<std::uint8_t>(size == 0 ? random.below(2) : data[0] & 1U);
    std::ranges::copy(mutant, std::as_writable_bytes(std::span(data, size_max)).begin() + 1);
    return mutant.size() + 1;
}
