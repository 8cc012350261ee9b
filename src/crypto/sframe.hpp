// SFrame (RFC 9605) with the one suite AES_128_GCM_SHA256_128.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.hpp"

namespace partyline::crypto {

inline constexpr std::size_t sframe_tag_bytes = 16;
inline constexpr std::size_t sframe_header_bytes_max = 17;  // RFC 9605 section 4.3
inline constexpr std::uint16_t sframe_suite_aes_128_gcm = 4;

struct SFrameHeader {
    std::uint64_t kid = 0;
    std::uint64_t counter = 0;
    bool operator==(const SFrameHeader&) const = default;
};

/// Writes the header in its shortest form (RFC 9605 section 4.3) to the start of `out`, which has
/// room for sframe_header_bytes_max; says how many bytes.
std::size_t write_sframe_header(MutableByteView out, const SFrameHeader& header);

struct ParsedSFrameHeader {
    SFrameHeader header;
    std::size_t bytes = 0;
};
/// Nothing for bytes that are too short, and for encodings longer than need be: one value has one
/// spelling here, so that a frame has one, too.
std::optional<ParsedSFrameHeader> parse_sframe_header(ByteView bytes);

/// One key of one speaker: key and salt derived from the base key for this KID (RFC 9605 section
/// 4.4.2), the cipher context kept. seal() and open() allocate nothing. One thread at a time.
class SFrameKey {
public:
    SFrameKey(ByteView base_key, std::uint64_t kid);
    ~SFrameKey();
    SFrameKey(SFrameKey&&) noexcept;
    SFrameKey& operator=(SFrameKey&&) noexcept;

    [[nodiscard]] std::uint64_t kid() const { return kid_; }

    /// Writes header, ciphertext and tag to `out`; says how many bytes. `out` has room for
    /// plaintext + sframe_header_bytes_max + sframe_tag_bytes, and does not overlap `plaintext`.
    /// `counter` is above that of every frame sealed with this key before: a second frame under the
    /// same one would give both away.
    std::size_t seal(std::uint64_t counter, ByteView metadata, ByteView plaintext,
                     MutableByteView out);

    /// Opens a whole SFrame ciphertext whose header names this KID, into `out`, which has room for
    /// its size and does not overlap it. Says how many bytes of plaintext; nothing unless it is
    /// authentic, and then `out` holds nothing of it.
    std::optional<std::size_t> open(ByteView ciphertext, ByteView metadata, MutableByteView out);

private:
    struct Cipher;
    std::unique_ptr<Cipher> cipher_;
    std::uint64_t kid_;
    std::optional<std::uint64_t> last_sealed_;
};

}  // namespace partyline::crypto
