#include "server/relay/route.hpp"

#include <utility>

#include "server/relay/limits.hpp"

namespace partyline::relay {

void HopEpochs::rekey(HopKeys keys) {
    // An epoch that no packet has used cannot be the one that the talkie still sends under: that is
    // then the one before it.
    if (!current_.window.empty() || !previous_) {
        previous_ = std::make_unique<Epoch>(std::move(current_));
        previous_until_.reset();
    }
    current_ = Epoch{.keys = std::move(keys)};
}

HopEpochs::Checked HopEpochs::check(const wire::Header& header, ByteView datagram, TimePoint now) {
    if (previous_until_ && now >= *previous_until_) {
        previous_.reset();
        previous_until_.reset();
    }
    Epoch* epoch = nullptr;
    if (header.hop_epoch == current_.keys.epoch) {
        epoch = &current_;
    } else if (previous_ && header.hop_epoch == previous_->keys.epoch) {
        epoch = previous_.get();
    }
    if (epoch == nullptr || !crypto::hop_verify(epoch->keys.up, datagram)) {
        return {.verdict = Verdict::bad_mac};
    }
    const bool is_first = epoch->window.empty();
    const bool is_newest_epoch = epoch == &current_ || current_.window.empty();
    const bool is_highest =
        is_newest_epoch && (is_first || header.counter > epoch->window.highest());
    if (!epoch->window.accept(header.counter)) {
        return {.verdict = Verdict::replayed};
    }
    if (epoch == &current_ && previous_ && !previous_until_) {
        previous_until_ = now + old_epoch_lifetime;
    }
    return {.verdict = Verdict::good,
            .is_newest_epoch = is_newest_epoch,
            .is_first = is_first,
            .is_highest = is_highest,
            .keys = &epoch->keys};
}

RouteState::RouteState(RouteSetup setup, Channel* channel_in, FillRandom fill_random)
    : seat(std::move(setup.seat)),
      channel(channel_in),
      room(std::move(setup.room)),
      whispers(std::move(setup.whispers)),
      epochs(std::move(setup.keys)),
      challenges(fill_random) {}

}  // namespace partyline::relay
