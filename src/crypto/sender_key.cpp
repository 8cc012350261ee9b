#include "crypto/sender_key.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

#include "crypto/hkdf.hpp"
#include "crypto/require.hpp"

namespace partyline::crypto {
namespace {

constexpr std::string_view ratchet_info = "partyline/1 ratchet";

}  // namespace

Secret<32> ratchet(const Secret<32>& key) { return hkdf(key.view(), as_bytes(ratchet_info)); }

std::array<std::byte, frame_metadata_bytes> frame_metadata(const FrameContext& context) {
    std::array<std::byte, frame_metadata_bytes> metadata{};
    const MutableByteView out(metadata);
    std::ranges::copy(context.server_id, out.begin());
    store_be<std::uint32_t>(out.subspan(public_key_bytes), context.speaker.value);
    store_be<std::uint8_t>(out.subspan(public_key_bytes + 4), context.stream_and_flags);
    return metadata;
}

SenderKey::SenderKey() {
    fill_random(key_.mutable_view());
    derive();
}

void SenderKey::rotate() {
    require(generation_ < std::numeric_limits<std::uint32_t>::max(), "generations never wrap");
    ++generation_;
    step_ = 0;
    fill_random(key_.mutable_view());
    derive();
}

bool SenderKey::step() {
    if (step_ == std::numeric_limits<std::uint16_t>::max()) {
        rotate();
        return true;
    }
    ++step_;
    key_ = ratchet(key_);
    derive();
    return false;
}

SenderKeyMaterial SenderKey::material() const {
    return {.generation = generation_, .step = step_, .key = key_.clone()};
}

std::size_t SenderKey::seal(std::uint64_t counter, const FrameContext& context, ByteView plaintext,
                            MutableByteView out) {
    require(!last_counter_ || counter > *last_counter_, "an SFrame counter is used once");
    last_counter_ = counter;
    return sframe_->seal(counter, frame_metadata(context), plaintext, out);
}

void SenderKey::derive() { sframe_.emplace(key_.view(), kid()); }

}  // namespace partyline::crypto
