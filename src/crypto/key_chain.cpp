#include "crypto/key_chain.hpp"

#include <algorithm>
#include <utility>

#include "crypto/require.hpp"
#include "crypto/sender_key.hpp"

namespace partyline::crypto {

KeyChain::KeyChain(std::uint16_t first_step, Secret<32> first_key)
    : first_step_(first_step), head_step_(first_step) {
    links_.push_back({.step = first_step, .key = std::move(first_key)});
}

std::vector<KeyChain::Link>::iterator KeyChain::position(std::uint16_t step) {
    return std::ranges::lower_bound(links_, step, {}, &Link::step);
}

Secret<32> KeyChain::key_at(std::uint16_t step) {
    require(step >= oldest_step(), "a chain cannot be walked backwards");
    require(step <= head_step_ + steps_ahead_max, "a chain is walked in short stretches only");
    auto at = position(step);
    if (at != links_.end() && at->step == step) {
        return at->key.clone();
    }
    auto known = std::prev(at)->step;
    auto key = std::prev(at)->key.clone();
    while (known != step) {
        key = ratchet(key);
        ++known;
        ++ratchets_;
        if (known % checkpoint_spacing == 0 && known != step) {
            at = std::next(links_.insert(at, {.step = known, .key = key.clone()}));
        }
    }
    return key;
}

void KeyChain::advance(std::uint16_t step, Secret<32> key, TimePoint now) {
    require(step > head_step_, "a chain's head only moves on");
    auto head = position(step);
    if (head == links_.end() || head->step != step) {
        head = links_.insert(head, {.step = step, .key = std::move(key)});
    }
    for (auto passed = links_.begin(); passed != head; ++passed) {
        passed->superseded_at = passed->superseded_at.value_or(now);
    }
    head_step_ = step;
    drop_distant();
}

void KeyChain::drop_distant() {
    const auto head = position(head_step_);
    const auto near = std::ranges::find_if(
        links_, [this](const Link& link) { return link.step + steps_ahead_max >= head_step_; });
    const auto passed_max = static_cast<std::ptrdiff_t>(passed_links_max);
    links_.erase(links_.begin(),
                 std::max(near, head - std::min(passed_max, head - links_.begin())));
}

void KeyChain::expire(TimePoint now) {
    // The head has no end, so it stays; those before it end in their order.
    const auto alive = std::ranges::find_if(links_, [now](const Link& link) {
        return !link.superseded_at || now - *link.superseded_at <= old_step_lifetime;
    });
    links_.erase(links_.begin(), alive);
}

}  // namespace partyline::crypto
