#include "crypto/receiver_keys.hpp"

#include <algorithm>
#include <utility>

namespace partyline::crypto {

Result<void> ReceiverKeys::add(SenderKeyMaterial material, TimePoint now) {
    expire(now);
    // Generations begin at 1, so that a zero is never above the newest one either.
    if (material.generation < newest_ever_ || material.generation == 0) {
        return fail(ErrorCode::bad_key_share, "A key share is of an older generation.");
    }
    if (auto* held = find(material.generation)) {
        return confirm(*held, std::move(material), now);
    }
    if (!generations_.empty()) {
        generations_.back().superseded_at = now;
    }
    if (generations_.size() == generations_kept_max) {
        generations_.erase(generations_.begin());
    }
    newest_ever_ = material.generation;
    generations_.push_back(
        {.number = material.generation, .chain = KeyChain(material.step, std::move(material.key))});
    return {};
}

// A share for the generation that is current already. The speaker's own authenticated word for a
// step is as good as a frame that opened under it, so it may move the chain on (ADR 8).
Result<void> ReceiverKeys::confirm(Generation& held, SenderKeyMaterial material, TimePoint now) {
    if (held.disputed) {
        return fail(ErrorCode::bad_key_share, "A key share is of a generation in dispute.");
    }
    if (material.step < held.chain.first_step()) {
        return fail(ErrorCode::bad_key_share, "A key share is of a step before our time.");
    }
    if (material.step < held.chain.oldest_step()) {
        return {};  // a late repeat: there is nothing left to compare it with, nor any use for it
    }
    // Further ahead than frames may be: the speaker's word is taken without walking there, or one
    // share would cost a tenth of a second. A liar could have given each listener a chain of its own
    // from the start, so nothing is lost with the proof.
    if (material.step > held.chain.head_step() + steps_ahead_max) {
        held.chain = KeyChain(material.step, std::move(material.key));
        return {};
    }
    if (!equal_in_constant_time(held.chain.key_at(material.step).view(), material.key.view())) {
        held.disputed = true;
        return fail(ErrorCode::bad_key_share, "A key share contradicts the one before.");
    }
    if (material.step > held.chain.head_step()) {
        held.chain.advance(material.step, std::move(material.key), now);
    }
    return {};
}

std::expected<std::size_t, OpenFailure> ReceiverKeys::open(ByteView sealed,
                                                           const FrameContext& context,
                                                           MutableByteView out, TimePoint now) {
    const auto parsed = parse_sframe_header(sealed);
    if (!parsed || parsed->header.kid > kid_max ||
        sealed.size() < parsed->bytes + sframe_tag_bytes) {
        return std::unexpected(OpenFailure::malformed);
    }
    const auto [kid, counter] = parsed->header;
    if (!window_.would_accept(counter)) {
        return std::unexpected(OpenFailure::replayed);
    }
    expire(now);
    auto* generation = find(generation_of(kid));
    if (generation == nullptr) {
        const bool may_come = generation_of(kid) >= newest_ever_;
        return std::unexpected(may_come ? OpenFailure::unknown_key : OpenFailure::replayed);
    }
    if (step_of(kid) < generation->chain.oldest_step()) {
        return std::unexpected(OpenFailure::replayed);
    }
    if (step_of(kid) > generation->chain.head_step() + steps_ahead_max) {
        return std::unexpected(OpenFailure::unknown_key);
    }
    const auto opened = open_under(*generation, kid, sealed, context, out, now);
    if (!opened) {
        return std::unexpected(OpenFailure::not_authentic);
    }
    window_.accept(counter);
    return *opened;
}

// Whatever is derived here is dropped again unless the frame opens.
std::optional<std::size_t> ReceiverKeys::open_under(Generation& generation, std::uint64_t kid,
                                                    ByteView sealed, const FrameContext& context,
                                                    MutableByteView out, TimePoint now) {
    const auto metadata = frame_metadata(context);
    auto& ready = generation.ready;
    if (const auto held = std::ranges::find(ready, kid, &SFrameKey::kid); held != ready.end()) {
        return held->open(sealed, metadata, out);
    }
    auto& chain = generation.chain;
    auto chain_key = chain.key_at(step_of(kid));
    SFrameKey tentative(chain_key.view(), kid);
    const auto opened = tentative.open(sealed, metadata, out);
    if (!opened) {
        return std::nullopt;
    }
    if (step_of(kid) > chain.head_step()) {
        chain.advance(step_of(kid), std::move(chain_key), now);
    }
    if (ready.size() == ready_keys_max) {
        ready.erase(ready.begin());
    }
    ready.push_back(std::move(tentative));
    return opened;
}

void ReceiverKeys::expire(TimePoint now) {
    std::erase_if(generations_, [now](const Generation& generation) {
        return generation.superseded_at &&
               now - *generation.superseded_at > old_generation_lifetime;
    });
    for (auto& generation : generations_) {
        generation.chain.expire(now);
        std::erase_if(generation.ready, [&generation](const SFrameKey& key) {
            return step_of(key.kid()) < generation.chain.oldest_step();
        });
    }
}

bool ReceiverKeys::has_generation(std::uint32_t generation) const {
    return std::ranges::contains(generations_, generation, &Generation::number);
}

ReceiverKeys::Generation* ReceiverKeys::find(std::uint32_t number) {
    const auto at = std::ranges::find(generations_, number, &Generation::number);
    return at == generations_.end() ? nullptr : &*at;
}

}  // namespace partyline::crypto
