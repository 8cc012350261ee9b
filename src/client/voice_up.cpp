#include "client/voice_up.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <utility>

#include "base/log.hpp"

namespace partyline::client {

Result<std::unique_ptr<VoiceUp>> VoiceUp::start(const VoiceIdentity& identity, VoiceLink& link,
                                                audio::Source& source, const Clock& clock,
                                                const UseCapture& capture) {
    auto sender = VoiceSender::create(identity, link.hop->uplink);
    if (!sender) {
        return std::unexpected(std::move(sender.error()));
    }
    source.resume();
    return std::unique_ptr<VoiceUp>(new VoiceUp(std::move(*sender), link, source, clock, capture));
}

VoiceUp::VoiceUp(VoiceSender sender, VoiceLink& link, audio::Source& source, const Clock& clock,
                 const UseCapture& capture)
    : link_(link),
      source_(source),
      clock_(clock),
      hop_(link.hop),
      sender_(std::move(sender)),
      path_(sender_),
      told_started_(source.started() != TimePoint{}),
      told_finished_(source.finished()) {
    take(capture);
    path_.set_listener(this);
    thread_ = std::thread([this] { run(); });
}

VoiceUp::~VoiceUp() {
    stage_.store(Stage::ending);
    stage_.notify_one();
    source_.stop();
    thread_.join();
}

void VoiceUp::begin() {
    stage_.store(Stage::capturing);
    stage_.notify_one();
}

void VoiceUp::run() {
    stage_.wait(Stage::waiting);
    if (stage_.load() != Stage::capturing) {
        return;
    }
    std::array<float, dsp::frame_samples> mid;
    std::array<float, dsp::frame_samples> side;
    while (stage_.load() == Stage::capturing && source_.read(mid, side)) {
        newest_read_ = clock_.now();
        newest_from_ = newest_read_ - source_.waited() - std::chrono::milliseconds(dsp::frame_ms);
        // Before each frame, so that it is sealed under the key that is due.
        take_commands();
        take_loss();
        hear_played();
        record_captured(mid);
        path_.push(mid, side,
                   [this](const VoiceSender::Packet& packet) { deliver(packet.datagram); });
        report();
        // What waits for us meanwhile is late, and with the ring behind the microphone full it is lost.
        if (clock_.now() - newest_read_ > std::chrono::milliseconds(dsp::frame_ms)) {
            link_.up_counters.frames_slow.fetch_add(1, std::memory_order_relaxed);
        }
    }
    report();  // the last read may have brought the source's end and no frame
}

void VoiceUp::take_commands() {
    while (const auto command = link_.to_up.pop()) {
        std::visit([this](const auto& one) { take(one); }, *command);
    }
}

void VoiceUp::take(const UseHop& command) {
    sender_.set_uplink(command.hop->uplink);
    hop_ = command.hop;
}

// What was said before any of these was not meant for whom the next word is for.
void VoiceUp::take(const SetRoute& command) {
    path_.forget();
    sender_.set_route(command.route);
}
void VoiceUp::take(const SetOpen& command) {
    if (command.stream == sender_.next_stream()) {
        path_.forget();
    }
    sender_.set_open(command.open, command.stream);
}
void VoiceUp::take(const SetStream& command) {
    path_.forget();
    sender_.set_stream(command.stream);
}

void VoiceUp::take(const UseCapture& command) {
    if (command.chain) {
        path_.use(command.chain);
    }
    path_.use_music(command.music);
    path_.set(command.settings);
    path_.press(command.pressed);
}

void VoiceUp::take(const SetBitrateCap& command) {
    sender_.set_bitrate_cap(command.bits_per_second);
}

void VoiceUp::take(const SetFrameLength& command) {
    if (auto set = sender_.set_frame_ms(command.frame_ms); !set) {
        log::warning("{}", set.error().message);
    }
}

void VoiceUp::take_loss() {
    const auto pong = link_.pong.load(std::memory_order_relaxed);
    if (pong != last_pong_) {
        last_pong_ = pong;
        sender_.on_loss({.uplink_permille = static_cast<std::uint16_t>(pong >> 16U),
                         .room_permille = static_cast<std::uint16_t>(pong)});
    }
}

void VoiceUp::hear_played() {
    std::array<float, dsp::frame_samples> played;
    while (link_.played.size() >= played.size()) {
        link_.played.read(played);
        path_.render(played);
    }
}

void VoiceUp::record_captured(dsp::ConstFrame frame) {
    ++frames_read_;
    if (link_.recorder != nullptr) {
        link_.recorder->captured({.at = newest_from_, .tick = frames_read_}, frame);
    }
}

// What has waited before the microphone opened comes later than it was said, and so does all by as much as the
// chain needs.
void VoiceUp::sent(dsp::MediaTime time, dsp::ConstFrame frame) {
    if (link_.recorder == nullptr) {
        return;
    }
    const auto newest = static_cast<dsp::MediaTime>((frames_read_ - 1) * dsp::frame_samples);
    if (next_sent_ != time) {
        // A chain that changes its mind within a spurt tears no hole into it.
        sent_late_samples_ = std::lround(path_.stats().delay_ms * dsp::sample_rate_hz / 1e3);
    }
    next_sent_ = time + static_cast<dsp::MediaTime>(dsp::frame_samples);
    link_.recorder->sent({.at = newest_from_,
                          .tick = frames_read_,
                          .late_samples = sent_late_samples_ + dsp::media_distance(time, newest)},
                         frame);
}

void VoiceUp::deliver(ByteView datagram) {
    if (hop_->way && link_.lane.load(std::memory_order_relaxed) == Lane::udp) {
        hop_->way->socket.send(
            datagram);  // what the system refuses is lost, as it may be on the way
        return;
    }
    if (link_.tunnel_up.push(DatagramSlot::of(datagram))) {
        link_.control_wake.wake();
    }
}

// What the ring has no room for is told after a later frame.
void VoiceUp::report() {
    const auto& counters = sender_.counters();
    link_.up_counters.frames_captured.store(counters.frames_captured, std::memory_order_relaxed);
    link_.up_counters.packets_sent.store(counters.packets_sent, std::memory_order_relaxed);
    const auto capture = path_.stats();
    link_.up_counters.delay_ms.store(capture.delay_ms, std::memory_order_relaxed);
    link_.up_counters.gain_db.store(capture.gain_db, std::memory_order_relaxed);
    link_.up_counters.echo_passed_by.store(capture.load.echo_passed_by, std::memory_order_relaxed);
    link_.up_counters.noise_lowered_to.store(capture.load.noise_lowered_to,
                                             std::memory_order_relaxed);
    link_.up_counters.times_lowered.store(capture.times_lowered, std::memory_order_relaxed);
    link_.talking.store(sender_.in_spurt(), std::memory_order_relaxed);
    if (!told_started_ && source_.started() != TimePoint{}) {
        told_started_ = send_report(AudioStarted{.capture = true, .at = source_.started()});
    }
    if (capture.load != told_load_ && send_report(VoiceLowered{capture.load})) {
        told_load_ = capture.load;
    }
    const SpurtChanged spurt{.talking = sender_.in_spurt(), .stream = sender_.stream()};
    const bool news = spurt.talking != told_spurt_.talking ||
                      (spurt.talking && spurt.stream != told_spurt_.stream);
    if (news && send_report(spurt)) {
        told_spurt_ = spurt;
    }
    if (!told_finished_ && source_.finished()) {
        told_finished_ = send_report(MicFinished{});
    }
}

bool VoiceUp::send_report(VoiceReport report) {
    if (!link_.from_up.push(std::move(report))) {
        return false;
    }
    link_.control_wake.wake();
    return true;
}

}  // namespace partyline::client
