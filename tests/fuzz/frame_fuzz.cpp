// A stream in pieces gives what the same stream gives at once, and nothing that was not in it.
// Input: one byte that seeds the sizes of the pieces, then the stream.
#include <algorithm>
#include <optional>
#include <vector>

#include "base/random.hpp"
#include "fuzz/property.hpp"
#include "wire/frame.hpp"

namespace {

using namespace partyline;
using fuzz::must;

struct Outcome {
    std::vector<Bytes> messages;
    std::optional<Error> failure;
    std::size_t buffered = 0;
};

void drain(wire::FrameReader& reader, Outcome& outcome) {
    while (!outcome.failure) {
        const auto next = reader.next();
        if (!next) {
            outcome.failure = next.error();
        } else if (*next) {
            outcome.messages.push_back(to_bytes(**next));
        } else {
            break;
        }
    }
    outcome.buffered = reader.buffered();
}

Outcome read_at_once(ByteView stream) {
    wire::FrameReader reader;
    Outcome outcome;
    reader.feed(stream);
    drain(reader, outcome);
    return outcome;
}

Outcome read_in_pieces(ByteView stream, Random random) {
    wire::FrameReader reader;
    Outcome outcome;
    const auto longest = std::size_t{1} << random.below(10);
    while (!stream.empty()) {
        const auto piece = std::min<std::size_t>(stream.size(), 1 + random.below(longest));
        reader.feed(stream.first(piece));
        stream = stream.subspan(piece);
        drain(reader, outcome);
    }
    drain(reader, outcome);
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const auto stream = fuzz::input(data, size).subspan(1);
    const auto whole = read_at_once(stream);
    const auto pieces = read_in_pieces(stream, Random(data[0]));
    must(pieces.messages == whole.messages, "pieces give the same messages");
    must(pieces.failure == whole.failure, "pieces fail in the same way");

    Bytes again;
    for (const auto& message : whole.messages) {
        must(wire::append_frame(again, message).has_value(), "a message can be framed again");
    }
    must(fuzz::equal(again, stream.first(again.size())), "the messages are the stream's beginning");
    if (!whole.failure) {
        must(whole.buffered == stream.size() - again.size(), "the rest waits");
        must(pieces.buffered == whole.buffered, "the same rest waits");
        must(whole.buffered < wire::frame_length_bytes + wire::frame_bytes_max,
             "never more than a frame waits");
    }
    return 0;
}
