// Whatever of a datagram is accepted is written again as the same bytes: one datagram has one meaning
// and one meaning has one datagram.
#include "fuzz/property.hpp"
#include "wire/datagram.hpp"

namespace {

using namespace partyline;
using fuzz::must;

void check_header(ByteView datagram) {
    const auto parsed = wire::parse_header(datagram);
    if (!parsed) {
        return;
    }
    Bytes again(wire::uplink_header_bytes);
    wire::write_header(again, parsed->header);
    append(again, parsed->body);
    must(fuzz::equal(again, datagram), "header and body are the datagram");
    must(datagram.size() <= wire::datagram_bytes_max, "not above the largest datagram");
}

void check_record(ByteView bytes) {
    std::size_t taken = 0;
    const auto record = wire::parse_record(bytes, &taken);
    must(record.has_value() == wire::parse_record(bytes).has_value(), "taken is only told");
    if (!record) {
        return;
    }
    Bytes again;
    wire::append_record(again, *record);
    must(fuzz::equal(again, bytes.first(taken)), "the record is the bytes it took");
    must(wire::parse_record(bytes.first(taken)).has_value(), "it needs no byte more");
    must(!wire::parse_record(bytes.first(taken - 1)).has_value(), "and no byte less");
}

void check_downlink(ByteView datagram) {
    auto records = wire::DownlinkRecords::parse(datagram);
    if (!records) {
        return;
    }
    Bytes again{wire::downlink_voice_lead};
    while (const auto record = records->next()) {
        must(!record->sealed.empty(), "a record has a frame");
        wire::append_record(again, *record);
    }
    must(fuzz::equal(again, datagram), "the records are the datagram");
    must(again.size() > 1, "there is a record");
    must(!records->next(), "the end stays the end");
}

void check_probes(ByteView body) {
    if (const auto ping = wire::parse_ping(body)) {
        must(fuzz::equal(wire::encode(*ping), body), "a ping is its bytes");
    }
    if (const auto pong = wire::parse_pong(body)) {
        must(fuzz::equal(wire::encode(*pong), body), "a pong is its bytes");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto datagram = fuzz::input(data, size);
    check_header(datagram);
    check_record(datagram);
    check_downlink(datagram);
    check_probes(datagram);
    if (const auto parsed = wire::parse_header(datagram)) {
        check_record(parsed->body);
        check_probes(parsed->body);
    }
    return 0;
}
