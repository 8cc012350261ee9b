#include "client/bitrate.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "client/limits.hpp"

namespace partyline::client {
namespace {

constexpr double fall = 0.1;  // of the distance, with each pong
constexpr unsigned expected_loss_percent_max = 30;
// A change of less than this is not worth telling the codec.
constexpr unsigned loss_change_percent_min = 2;

// Without loss every bit goes into the voice. With some, FEC is paid for by a few more. With much,
// the line is likely full, and a leaner voice with FEC is what helps.
constexpr unsigned clean_bps = 32'000;
constexpr unsigned protected_bps = 40'000;
constexpr unsigned lean_bps = 24'000;
constexpr unsigned lean_music_bps = 64'000;
constexpr unsigned protected_from_percent = 2;
constexpr unsigned lean_from_percent = 20;

// Apart, so that a line in between does not go to and fro.
constexpr unsigned long_packets_from_percent = 10;
constexpr unsigned short_packets_below_percent = 5;
static_assert(short_packets_below_percent < long_packets_from_percent);

unsigned bitrate_for(unsigned loss_percent) {
    if (loss_percent >= lean_from_percent) {
        return lean_bps;
    }
    return loss_percent >= protected_from_percent ? protected_bps : clean_bps;
}

}  // namespace

bool BitratePolicy::on_loss(const LossReport& report) {
    const double worst =
        std::min<double>(std::max(report.uplink_permille, report.room_permille), 1000.0);
    smoothed_permille_ =
        worst > smoothed_permille_ ? worst : std::lerp(smoothed_permille_, worst, fall);

    const auto percent = std::min(static_cast<unsigned>(std::lround(smoothed_permille_ / 10)),
                                  expected_loss_percent_max);
    const auto change = percent > expected_loss_percent_ ? percent - expected_loss_percent_
                                                         : expected_loss_percent_ - percent;
    // Down to none counts however small: FEC without loss is bits thrown away.
    if (change == 0 || (change < loss_change_percent_min && percent != 0)) {
        return false;
    }
    expected_loss_percent_ = percent;
    bitrate_bps_ = bitrate_for(percent);
    long_packets_ =
        percent >= (long_packets_ ? short_packets_below_percent : long_packets_from_percent);
    return true;
}

unsigned BitratePolicy::music_bitrate_bps() const {
    return capped(expected_loss_percent_ >= lean_from_percent ? lean_music_bps : music_bps);
}

bool BitratePolicy::set_cap(unsigned bits_per_second) {
    const auto before = std::pair(bitrate_bps(), music_bitrate_bps());
    cap_bps_ = bits_per_second;
    return std::pair(bitrate_bps(), music_bitrate_bps()) != before;
}

}  // namespace partyline::client
