#include "audio/ogg_opus_writer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <concepts>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <format>
#include <functional>
#include <span>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "dsp/format.hpp"
#include "dsp/opus.hpp"

namespace partyline::audio {
namespace {

constexpr std::size_t packet_samples = dsp::packet_samples_max;
constexpr unsigned bitrate_bps_each_channel = 60'000;  // as libsndfile has it
constexpr unsigned encoder_complexity = 9;
/// What the codec makes of digital silence, once it has come to rest.
constexpr std::size_t silent_bytes_max = 3;
/// So often in a row.
constexpr unsigned resting_packets_min = 3;

// RFC 3533
constexpr unsigned flag_first = 0x02;
constexpr unsigned flag_last = 0x04;
constexpr std::size_t crc_at = 22;
constexpr std::size_t segment_bytes = 255;
/// RFC 7845 asks for no more than a second in a page.
constexpr std::size_t page_packets_max = dsp::sample_rate_hz / packet_samples;
/// A page's table has 255 places, and a packet is never divided.
static_assert(page_packets_max * (dsp::opus_bytes_max / segment_bytes + 1) <= 255);

template <std::unsigned_integral T>
void append_le(Bytes& out, T value) {
    std::uint64_t rest = value;
    for (std::size_t i = 0; i < sizeof(T); ++i, rest >>= 8U) {
        out.push_back(static_cast<std::byte>(rest & 0xFFU));
    }
}

constexpr auto crc_table = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t value = i << 24U;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value << 1U) ^ ((value & 0x8000'0000U) != 0 ? 0x04C1'1DB7U : 0U);
        }
        table[i] = value;
    }
    return table;
}();

std::uint32_t crc_of(ByteView page) {
    std::uint32_t crc = 0;
    for (const auto byte : page) {
        crc = (crc << 8U) ^ crc_table[(crc >> 24U) ^ std::to_integer<std::uint32_t>(byte)];
    }
    return crc;
}

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// The pages of one Ogg stream, on their way to a file.
class OggPages {
public:
    OggPages(File file, std::uint32_t serial) : file_(std::move(file)), serial_(serial) {}

    /// `granule` counts all samples up to this packet's end.
    void add(ByteView packet, std::uint64_t granule) {
        if (packets_ == page_packets_max) {
            end_page();
        }
        auto left = packet.size();
        for (; left >= segment_bytes; left -= segment_bytes) {
            table_.push_back(std::byte{segment_bytes});
        }
        table_.push_back(static_cast<std::byte>(left));
        append(body_, packet);
        granule_ = granule;
        ++packets_;
    }
    void end_page(unsigned flags = 0) {
        if (packets_ == 0) {
            return;
        }
        page_.clear();
        append(page_, as_bytes("OggS"));
        append_le<std::uint8_t>(page_, 0);
        append_le(page_, static_cast<std::uint8_t>(flags));
        append_le(page_, granule_);
        append_le(page_, serial_);
        append_le(page_, pages_++);
        append_le<std::uint32_t>(page_, 0);  // the sum's place
        append_le(page_, static_cast<std::uint8_t>(table_.size()));
        append(page_, table_);
        append(page_, body_);
        auto crc = crc_of(page_);
        for (std::size_t i = 0; i < sizeof crc; ++i, crc >>= 8U) {
            page_[crc_at + i] = static_cast<std::byte>(crc & 0xFFU);
        }
        note(std::fwrite(page_.data(), 1, page_.size(), file_.get()) == page_.size());
        table_.clear();
        body_.clear();
        packets_ = 0;
    }
    void flush() {
        end_page();
        note(std::fflush(file_.get()) == 0);
    }
    /// The last packet ends at `granule`, though it may hold more.
    void close(std::uint64_t granule) {
        granule_ = granule;
        end_page(flag_last);
        note(std::fclose(file_.release()) == 0);
    }
    [[nodiscard]] bool is_open() const { return file_ != nullptr; }
    [[nodiscard]] const std::string& failure() const { return failure_; }

private:
    void note(bool done) {
        if (!done && failure_.empty()) {
            failure_ = std::strerror(errno);
        }
    }

    File file_;
    const std::uint32_t serial_;
    std::uint32_t pages_ = 0;
    Bytes table_;
    Bytes body_;
    Bytes page_;
    std::size_t packets_ = 0;
    std::uint64_t granule_ = 0;
    std::string failure_;  // the first
};

Bytes head(std::size_t channels, unsigned pre_skip) {
    Bytes out;
    append(out, as_bytes("OpusHead"));
    append_le<std::uint8_t>(out, 1);
    append_le(out, static_cast<std::uint8_t>(channels));
    append_le(out, static_cast<std::uint16_t>(pre_skip));
    append_le<std::uint32_t>(out, dsp::sample_rate_hz);
    append_le<std::uint16_t>(out, 0);  // of no gain
    append_le<std::uint8_t>(out, 0);   // of one stream, mono or left and right
    return out;
}

Bytes tags() {
    constexpr std::string_view vendor = "Partyline";
    Bytes out;
    append(out, as_bytes("OpusTags"));
    append_le(out, static_cast<std::uint32_t>(vendor.size()));
    append(out, as_bytes(vendor));
    append_le<std::uint32_t>(out, 0);
    return out;
}

Result<File> open_file(const std::string& path) {
    const auto refuse = [&](std::string_view why) {
        return fail(ErrorCode::io, std::format("cannot record to {}: {}", path, why));
    };
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
        return refuse("that is a folder");
    }
    File file(std::fopen(path.c_str(), "wb"));
    if (!file) {
        return refuse(std::strerror(errno));
    }
    return file;
}

}  // namespace

struct OggOpusWriter::State {
    State(dsp::OpusEncoder codec, OggPages ogg, std::size_t channel_count)
        : encoder(std::move(codec)), pages(std::move(ogg)), channels(channel_count) {}

    [[nodiscard]] std::uint64_t samples_in_packets() const { return packets * packet_samples; }
    [[nodiscard]] bool works() const { return pages.is_open() && pages.failure().empty(); }
    /// Whether more silence would give the same packet once more.
    [[nodiscard]] bool rests() const { return alike_in_a_row >= resting_packets_min; }

    void put(ByteView packet) {
        ++packets;
        pages.add(packet, samples_in_packets());
    }
    void encode() {
        Bytes& packet = filled_silently ? silent_packet : sounding_packet;
        const Bytes before = packet;
        packet.resize(dsp::opus_bytes_max);
        packet.resize(
            encoder.encode(std::span(waiting).first(channels * packet_samples), packet).bytes);
        ++encoded;
        const bool alike = filled_silently && packet == before && packet.size() <= silent_bytes_max;
        alike_in_a_row = alike ? alike_in_a_row + 1 : 0;
        put(packet);
        filled = 0;
        filled_silently = true;
    }
    /// Up to a packet's end.
    std::size_t fill_silently(std::uint64_t most) {
        const auto count =
            static_cast<std::size_t>(std::min<std::uint64_t>(most, packet_samples - filled));
        std::ranges::fill(std::span(waiting).subspan(channels * filled, channels * count), 0.0F);
        filled += count;
        if (filled == packet_samples) {
            encode();
        }
        return count;
    }

    dsp::OpusEncoder encoder;
    OggPages pages;
    const std::size_t channels;
    std::uint64_t packets = 0;  // in the file, or on their way to it
    std::uint64_t encoded = 0;  // of them by the codec

    std::array<float, 2 * packet_samples> waiting{};
    std::size_t filled = 0;  // samples of each channel
    bool filled_silently = true;

    Bytes silent_packet;    // the last of silence
    Bytes sounding_packet;  // or of anything else
    unsigned alike_in_a_row = 0;
};

OggOpusWriter::OggOpusWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
OggOpusWriter::~OggOpusWriter() {
    if (state_) {
        close();
    }
}
OggOpusWriter::OggOpusWriter(OggOpusWriter&&) noexcept = default;
OggOpusWriter& OggOpusWriter::operator=(OggOpusWriter&&) noexcept = default;

Result<OggOpusWriter> OggOpusWriter::create(const std::string& path, Channels channels) {
    const auto count = static_cast<std::size_t>(channels);
    auto encoder = dsp::OpusEncoder::create(
        {.content = channels == Channels::stereo ? dsp::Content::music : dsp::Content::track,
         .packet_samples = packet_samples,
         .bitrate_bps = static_cast<unsigned>(count) * bitrate_bps_each_channel,
         .complexity = encoder_complexity,
         .dtx = false});
    if (!encoder) {
        return std::unexpected(std::move(encoder).error());
    }
    auto file = open_file(path);
    if (!file) {
        return std::unexpected(std::move(file).error());
    }
    // Files that somebody joins to one must not bear the same number.
    OggPages pages(*std::move(file), static_cast<std::uint32_t>(std::hash<std::string>{}(path)));
    pages.add(head(count, encoder->lookahead_samples()), 0);
    pages.end_page(flag_first);
    pages.add(tags(), 0);
    pages.end_page();
    return OggOpusWriter(std::make_unique<State>(*std::move(encoder), std::move(pages), count));
}

bool OggOpusWriter::write(std::span<const float> samples) {
    auto& state = *state_;
    const auto channels = state.channels;
    while (state.works() && samples.size() >= channels) {
        const auto count = std::min(samples.size() / channels, packet_samples - state.filled);
        std::ranges::copy(samples.first(channels * count),
                          std::span(state.waiting).subspan(channels * state.filled).begin());
        samples = samples.subspan(channels * count);
        state.filled += count;
        state.filled_silently = false;
        if (state.filled == packet_samples) {
            state.encode();
        }
    }
    return state.works();
}

bool OggOpusWriter::write_silence(std::uint64_t samples) {
    auto& state = *state_;
    while (state.works() && samples > 0) {
        if (state.filled == 0 && state.rests() && samples >= packet_samples) {
            state.put(state.silent_packet);
            samples -= packet_samples;
        } else {
            samples -= state.fill_silently(samples);
        }
    }
    return state.works();
}

bool OggOpusWriter::flush() {
    if (state_->works()) {
        state_->pages.flush();
    }
    return state_->works();
}

bool OggOpusWriter::close() {
    auto& state = *state_;
    if (!state.pages.is_open()) {
        return state.pages.failure().empty();
    }
    // What the codec still holds comes out with what follows. So there is always a last packet, and at most what is
    // in it is cut off by where the file says that it ends.
    const auto end = state.samples_in_packets() + state.filled + state.encoder.lookahead_samples();
    while (state.samples_in_packets() < end) {
        state.fill_silently(packet_samples);
    }
    state.pages.close(end);
    return state.pages.failure().empty();
}

const std::string& OggOpusWriter::failure() const { return state_->pages.failure(); }

std::uint64_t OggOpusWriter::packets_encoded() const { return state_->encoded; }

}  // namespace partyline::audio
