#include "server/control/slow_mode.hpp"

#include <algorithm>
#include <chrono>
#include <format>

#include "server/control/limits.hpp"

namespace partyline::control {

SlowMode::Key SlowMode::key_of(const Writer& writer) {
    return {writer.channel, writer.account, writer.account ? room::Identity{} : writer.identity};
}

Result<void> SlowMode::take(const Writer& writer, Duration pause, TimePoint now) {
    const auto key = key_of(writer);
    const auto before = last_.find(key);
    if (before != last_.end() && writer.nonce != 0 && before->second.nonce == writer.nonce &&
        before->second.identity == writer.identity) {
        return {};
    }
    if (before != last_.end() && now < before->second.wrote + pause) {
        const auto wait = before->second.wrote + pause - now;
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(pause);
        return std::unexpected(
            Error{.code = ErrorCode::rate_limited,
                  .message = std::format("This room asks for {} between two texts.", seconds),
                  .retry_ms = static_cast<std::uint32_t>(ms)});
    }
    if (before == last_.end() && last_.size() >= slow_mode_remembered_max) {
        make_room(now);
    }
    last_.insert_or_assign(key, Last{.wrote = now,
                                     .until = now + pause,
                                     .identity = writer.identity,
                                     .nonce = writer.nonce});
    return {};
}

void SlowMode::give_back(const Writer& writer) { last_.erase(key_of(writer)); }

void SlowMode::make_room(TimePoint now) {
    std::erase_if(last_, [now](const auto& entry) { return entry.second.until <= now; });
    if (last_.size() >= slow_mode_remembered_max) {
        // Somebody gets to write a little early.
        last_.erase(std::ranges::min_element(last_, {},
                                             [](const auto& entry) { return entry.second.until; }));
    }
}

}  // namespace partyline::control
