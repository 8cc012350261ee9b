#include "server/room/silences.hpp"

#include <algorithm>
#include <format>
#include <tuple>
#include <utility>

#include "server/room/limits.hpp"

namespace partyline::room {
namespace {

/// Of those who are not here, first those who have it only from an account that they have left, as
/// one person can make many of these; then whose is the oldest. Null if there is none.
const Silence* dispensable(const Directory& directory, const std::set<Person>& here) {
    const auto worth = [](const Silence& silence) {
        return std::tuple(!silence.left, silence.unix_ms, silence.whose);
    };
    const Silence* least = nullptr;
    for (const auto& [whose, silence] : directory.silences()) {
        if (!here.contains(whose) && (least == nullptr || worth(silence) < worth(*least))) {
            least = &silence;
        }
    }
    return least;
}

}  // namespace

bool is_full_of_silences(const Directory& directory) {
    return directory.silences().size() >= silences_max;
}

Result<Changes> plan_silence(const Directory& directory, Subject actor, const Person& target,
                             NewSilence made, const std::set<Person>& here) {
    const auto* before = directory.silence_of(target);
    const auto own_rank = rank(directory, actor);
    if (before != nullptr && before->rank > own_rank) {
        return fail(ErrorCode::not_permitted, "That was done by somebody of a higher rank.");
    }
    if (!made.mute && !made.deafen) {
        return before == nullptr ? Changes{} : Changes{DropSilence{target}};
    }
    Changes changes{Silence{.whose = target,
                            .mute = made.mute,
                            .deafen = made.deafen,
                            .rank = own_rank,
                            .unix_ms = made.unix_ms,
                            .reason = std::move(made.reason)}};
    if (before == nullptr && is_full_of_silences(directory)) {
        const auto* other = dispensable(directory, here);
        if (other == nullptr) {
            return fail(ErrorCode::too_large,
                        std::format("{} people who are here are muted already.", silences_max));
        }
        changes.emplace_back(DropSilence{other->whose});
    }
    return changes;
}

}  // namespace partyline::room
