#include "demo/followed_share.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "demo/targets.hpp"

namespace partyline::demo {
namespace {

/// The most of these that follow each other as the pieces did; each is where one was found. Pieces
/// may overlap a little where a delay has shrunk.
std::size_t most_in_order(const std::vector<std::size_t>& places) {
    std::vector<std::size_t> up_to;
    up_to.reserve(places.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
        up_to.push_back(1);
        for (std::size_t before = 0; before < i; ++before) {
            if (places[before] + piece_samples / 2 <= places[i]) {
                up_to[i] = std::max(up_to[i], up_to[before] + 1);
            }
        }
    }
    return up_to.empty() ? 0 : std::ranges::max(up_to);
}

}  // namespace

double followed_share(Samples said, Samples heard) {
    std::size_t pieces = 0;
    std::vector<std::size_t> places;
    for (std::size_t at = 0; at + piece_samples <= said.size(); at += piece_samples) {
        const auto piece = said.subspan(at, piece_samples);
        if (level_db(piece) < speech_level_db_min) {
            continue;
        }
        ++pieces;
        const auto match = find(piece, heard, 0, heard.size() + 1);
        if (match.correlation >= heard_correlation_min) {
            places.push_back(match.position);
        }
    }
    // Each that is heard where it does not belong takes away as much as one that does brings.
    const auto in_order = most_in_order(places);
    const auto astray = places.size() - in_order;
    return in_order <= astray
               ? 0
               : static_cast<double>(in_order - astray) / static_cast<double>(pieces);
}

}  // namespace partyline::demo
