#include "server/control/token_bucket.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <format>

namespace partyline::control {

void TokenBucket::fill(TimePoint now) {
    const std::chrono::duration<double> passed = now - filled_at_;
    filled_at_ = now;
    tokens_ = std::min(rate_.burst, tokens_ + passed.count() * rate_.per_second);
}

void TokenBucket::spend(TimePoint now, double cost) {
    fill(now);
    tokens_ = std::max(-rate_.burst, tokens_ - cost);
}

Result<void> TokenBucket::take(TimePoint now, double cost) {
    auto may = check(now, cost);
    if (may) {
        tokens_ = std::max(0.0, tokens_ - std::min(cost, rate_.burst));
    }
    return may;
}

Result<void> TokenBucket::check(TimePoint now, double cost) {
    fill(now);
    cost = std::min(cost, rate_.burst);
    // What came in by many small steps may lack the last bit of a whole token.
    constexpr double rounding = 1e-6;
    if (tokens_ + rounding >= cost) {
        return {};
    }
    // Rounded up, so that whoever waits that long is not refused again.
    const auto retry_ms =
        static_cast<std::uint32_t>(std::ceil((cost - tokens_) / rate_.per_second * 1000));
    return std::unexpected(Error{.code = ErrorCode::rate_limited,
                                 .message = std::format("Too fast; try again in {} ms.", retry_ms),
                                 .retry_ms = retry_ms});
}

bool TokenBucket::is_full(TimePoint now) const {
    const std::chrono::duration<double> passed = now - filled_at_;
    return tokens_ + passed.count() * rate_.per_second >= rate_.burst;
}

}  // namespace partyline::control
