#include "demo/wire_check.hpp"

#include <algorithm>
#include <optional>

#include "crypto/keys.hpp"
#include "crypto/sender_key.hpp"
#include "crypto/sframe.hpp"
#include "demo/analysis.hpp"
#include "demo/codec_reference.hpp"
#include "demo/opacity.hpp"
#include "demo/targets.hpp"
#include "wire/datagram.hpp"

namespace partyline::demo {
namespace {

constexpr std::size_t records_min = 1'000;
constexpr int random_keys = 1'000;

struct Captured {
    std::vector<wire::Record> records;
    std::vector<ByteView> ciphertexts;  // without SFrame's header, which is not secret
};

Captured take_records(const std::vector<Bytes>& datagrams) {
    Captured out;
    const auto take = [&out](const wire::Record& record) {
        if (const auto header = crypto::parse_sframe_header(record.sealed)) {
            out.records.push_back(record);
            out.ciphertexts.push_back(record.sealed.subspan(header->bytes));
        }
    };
    for (const auto& datagram : datagrams) {
        if (auto down = wire::DownlinkRecords::parse(datagram)) {
            while (const auto record = down->next()) {
                take(*record);
            }
        } else if (const auto up = wire::parse_header(datagram);
                   up && up->header.kind == wire::DatagramKind::voice) {
            if (const auto record = wire::parse_record(up->body)) {
                take(*record);
            }
        }
    }
    return out;
}

std::vector<ByteView> views(const std::vector<Bytes>& packets) {
    return {packets.begin(), packets.end()};
}

/// The most that any talk has in common with what the ciphertexts decode to.
double likeness_of_noise(const Evidence& evidence, const std::vector<ByteView>& ciphertexts) {
    const auto noise = decode_anything(ciphertexts);
    double most = 0;
    for (const auto& talk : evidence.talks) {
        const auto speaker = std::ranges::find(evidence.speakers, talk.speaker, &Speaker::name);
        const auto said = Samples(speaker->said.samples).subspan(talk.first, talk.samples);
        // Anywhere: a sniffer need not know when something was said.
        for (std::size_t at = 0; at + window_samples <= said.size(); at += window_samples) {
            const auto window = said.subspan(at, window_samples);
            const auto places = std::min<std::size_t>(noise.size(), window_samples);
            most = std::max(most, find(window, noise, 0, places).correlation);
        }
    }
    return most;
}

std::size_t open_by_chance(const Captured& captured, const crypto::PublicKey& server_id) {
    std::array<std::byte, 32> key{};
    std::size_t opened = 0;
    for (int i = 0; i < random_keys; ++i) {
        crypto::fill_random(key);
        opened += opens(captured.records.front(), server_id, key) ? 1U : 0U;
    }
    return opened;
}

}  // namespace

bool opens(const wire::Record& record, const crypto::PublicKey& server_id, ByteView sender_key) {
    const auto header = crypto::parse_sframe_header(record.sealed);
    if (!header) {
        return false;
    }
    const auto metadata = crypto::frame_metadata({.server_id = server_id,
                                                  .speaker = record.speaker,
                                                  .stream_and_flags = record.stream_and_flags});
    Bytes out(record.sealed.size());
    crypto::SFrameKey key(sender_key, header->header.kid);
    return key.open(record.sealed, metadata, out).has_value();
}

WireCheck check_wire(const Evidence& evidence) {
    const auto captured = take_records(evidence.captured);
    WireCheck out{.records = captured.records.size()};
    if (out.records < records_min) {
        return out;
    }
    std::vector<Bytes> plain;
    for (const auto& speaker : evidence.speakers) {
        const auto packets = through_codec(speaker.said.samples).packets;
        plain.insert(plain.end(), packets.begin(), packets.end());
    }
    out.entropy_bits = entropy_bits(captured.ciphertexts);
    out.deviations = chi_squared_deviations(captured.ciphertexts);
    out.repeated_runs = repeated_runs(captured.ciphertexts, views(plain));
    out.decoded_correlation = likeness_of_noise(evidence, captured.ciphertexts);
    out.opened_by_chance = open_by_chance(captured, evidence.server_id);
    out.opaque = std::abs(out.deviations) < noise_deviations_max && out.repeated_runs == 0 &&
                 out.decoded_correlation < noise_correlation_max && out.opened_by_chance == 0;
    return out;
}

}  // namespace partyline::demo
