// One SFrame header has one spelling: what parses is written again as the same bytes, needs each of
// them and no more, and what is written parses to the same.
#include <array>

#include "crypto/sframe.hpp"
#include "fuzz/property.hpp"

namespace {

using namespace partyline;
using fuzz::must;

void check_bytes(ByteView bytes) {
    const auto parsed = crypto::parse_sframe_header(bytes);
    if (!parsed) {
        return;
    }
    must(parsed->bytes >= 1 && parsed->bytes <= crypto::sframe_header_bytes_max, "1 to 17 bytes");
    must(parsed->bytes <= bytes.size(), "within what is there");
    std::array<std::byte, crypto::sframe_header_bytes_max> again{};
    const auto written = crypto::write_sframe_header(again, parsed->header);
    must(fuzz::equal(ByteView(again).first(written), bytes.first(parsed->bytes)),
         "written again it is the same");
    for (std::size_t size = 0; size < parsed->bytes; ++size) {
        must(!crypto::parse_sframe_header(bytes.first(size)), "cut short it is none");
    }
}

/// The input's first bytes as KID and counter, each cut to a length that the input chooses, so that
/// short ones are as likely as long ones.
void check_values(ByteView bytes) {
    if (bytes.size() < 17) {
        return;
    }
    const auto lengths = std::to_integer<unsigned>(bytes[0]);
    const crypto::SFrameHeader header{
        .kid = load_be<std::uint64_t>(bytes.subspan(1)) >> (lengths & 0x38U),
        .counter = load_be<std::uint64_t>(bytes.subspan(9)) >> ((lengths & 0x7U) * 8),
    };
    std::array<std::byte, crypto::sframe_header_bytes_max> out{};
    const auto written = crypto::write_sframe_header(out, header);
    const auto parsed = crypto::parse_sframe_header(ByteView(out).first(written));
    must(parsed.has_value(), "what is written parses");
    must(parsed->header == header, "to the same values");
    must(parsed->bytes == written, "from all its bytes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = fuzz::input(data, size);
    check_bytes(bytes);
    check_values(bytes);
    return 0;
}
