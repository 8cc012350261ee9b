#include "client/voice_down.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "crypto/hop.hpp"

namespace partyline::client {
namespace {

constexpr std::chrono::milliseconds heard_report_interval{100};

/// By then all fades, lights and gains are where silence leaves them.
constexpr std::size_t silent_frames_before_rest = 1000 / dsp::frame_ms;
// So that a key comes too late for whatever came before a rest.
static_assert(waiting_time_max <
              std::chrono::milliseconds(dsp::frame_ms) * silent_frames_before_rest);

/// What is caught up with at once was due so long ago at most.
constexpr Duration held_up_max = std::chrono::milliseconds(dsp::frame_ms * frames_caught_up_max);

}  // namespace

VoiceDown::VoiceDown(const VoiceIdentity& identity, VoiceLink& link, audio::Sink& sink,
                     const Clock& clock)
    : link_(link),
      sink_(sink),
      clock_(clock),
      newest_{.hop = link.hop},
      receiver_(identity),
      silent_frames_(silent_frames_before_rest),
      told_started_(sink.started() != TimePoint{}) {
    receiver_.set_listener(this);
    thread_ = std::thread([this] { run(); });
}

VoiceDown::~VoiceDown() {
    ending_.store(true);
    link_.down_wake.wake();
    thread_.join();
}

void VoiceDown::run() {
    while (!ending_.load()) {
        sleep();
        link_.down_wake.clear();
        take_commands();
        receive_all();
        play();
        judge_lane();
        report();
    }
    sink_.rest();
    next_heard_report_ = {};
    report();
}

void VoiceDown::sleep() {
    const auto now = clock_.now();
    std::optional<TimePoint> until = socket() != nullptr ? judge_.next_due() : std::nullopt;
    if (playing_ && rests()) {
        sink_.rest();
        until = std::min(until.value_or(TimePoint::max()), now + receiver_upkeep_interval);
    } else if (playing_) {
        until = std::min(until.value_or(TimePoint::max()), sink_.due(now));
    }
    if (until && *until <= now) {
        return;
    }
    const std::array fds{link_.down_wake.fd(), socket() != nullptr ? socket()->fd() : -1};
    net::poll_readable(std::span(fds).first(socket() != nullptr ? 2 : 1),
                       until ? std::optional<Duration>(*until - now) : std::nullopt);
}

void VoiceDown::take_commands() {
    while (auto command = link_.to_down.pop()) {
        std::visit([this](auto& one) { take(one); }, *command);
    }
}

void VoiceDown::take(const UseHop& command) {
    before_ = std::exchange(newest_, Downlink{.hop = command.hop});
    let_go_at_ = clock_.now() + pong_patience;
    if (newest_.hop->way != before_.hop->way) {
        // The server has to be shown where we are, and what we asked went another way.
        judge_.set_route(static_cast<bool>(route_), clock_.now());
    }
}

VoiceDown::Downlink* VoiceDown::downlink_of(std::uint8_t epoch) {
    if (epoch == newest_.hop->epoch) {
        return &newest_;
    }
    return before_.hop && epoch == before_.hop->epoch ? &before_ : nullptr;
}

void VoiceDown::take(const SetRoute& command) {
    route_ = command.route;
    judge_.set_route(static_cast<bool>(route_), clock_.now());
}

// --- what comes ------------------------------------------------------------------------------

void VoiceDown::receive_all() {
    while (const auto slot = link_.tunnel_down.pop()) {
        receive(slot->view());
    }
    // Bounded, so that a flood cannot keep the sink waiting.
    for (std::size_t i = 0; socket() != nullptr && i < receive_batch_max; ++i) {
        const auto got = socket()->receive(buffer_);
        if (!got) {
            return;
        }
        receive(ByteView(buffer_).first(got->bytes));
    }
}

void VoiceDown::receive(ByteView datagram) {
    if (!datagram.empty() && datagram.front() == wire::downlink_voice_lead) {
        silent_frames_ = 0;
        receiver_.receive(datagram, clock_.now());
        return;
    }
    const auto parsed = wire::parse_header(datagram);
    auto* downlink = parsed ? downlink_of(parsed->header.hop_epoch) : nullptr;
    if (downlink == nullptr || !crypto::hop_verify(downlink->hop->down, datagram) ||
        !downlink->window.accept(parsed->header.counter)) {
        return;
    }
    if (parsed->header.kind == wire::DatagramKind::pong) {
        on_pong(parsed->body);
    } else if (parsed->header.kind == wire::DatagramKind::challenge) {
        echo(parsed->body);
    }
}

void VoiceDown::on_pong(ByteView body) {
    const auto pong = wire::parse_pong(body);
    if (!pong) {
        return;
    }
    const auto round_trip = judge_.on_pong(pong->sent, clock_.now());
    if (!round_trip) {
        return;
    }
    round_trip_ = *round_trip;
    const auto count = (link_.pong.load(std::memory_order_relaxed) >> 32U) + 1;
    link_.pong.store((count << 32U) | (std::uint64_t{pong->uplink_loss_permille} << 16U) |
                         pong->room_loss_permille,
                     std::memory_order_relaxed);
}

void VoiceDown::echo(ByteView nonce) {
    if (nonce.size() == wire::probe_body_bytes) {
        send_probe(wire::DatagramKind::echo, nonce);
        judge_.on_echoed();
    }
}

// --- the lane --------------------------------------------------------------------------------

void VoiceDown::judge_lane() {
    const auto now = clock_.now();
    if (now >= let_go_at_) {
        before_ = {};
    }
    if (socket() == nullptr) {
        return;
    }
    // The server's word counts, too: where nothing gets through, nobody is heard.
    judge_.set_busy(receiver_.anyone_speaking() || room_talking_ ||
                    link_.talking.load(std::memory_order_relaxed));
    if (const auto sent = judge_.take_ping(now)) {
        send_probe(wire::DatagramKind::ping,
                   wire::encode(wire::Ping{
                       .sent = *sent, .downlink_loss_permille = receiver_.take_loss_permille()}));
    }
    if (const auto lane = judge_.take_change(now)) {
        link_.lane.store(*lane, std::memory_order_relaxed);
    }
}

void VoiceDown::send_probe(wire::DatagramKind kind, ByteView body) {
    std::array<std::byte, wire::uplink_header_bytes + wire::probe_body_bytes> datagram{};
    std::ranges::copy(body, datagram.begin() + wire::uplink_header_bytes);
    newest_.hop->uplink.seal(datagram, kind, route_);
    socket()->send(datagram);
}

// --- sound -----------------------------------------------------------------------------------

// A bot that plays to nobody would be woken a hundred times a second in an empty room.
bool VoiceDown::rests() const {
    return !sink_.wants_silence() && silent_frames_ >= silent_frames_before_rest &&
           !receiver_.anyone_speaking() && (link_.recorder == nullptr || !link_.recorder->is_on());
}

void VoiceDown::play() {
    if (!playing_) {
        return;
    }
    // More than one when we were held up, but never so many that packets pile up meanwhile.
    for (std::size_t i = 0; i < frames_caught_up_max; ++i) {
        const auto now = clock_.now();
        const auto due = sink_.due(now);
        if (due > now) {
            return;
        }
        // A device that tells nothing of its time wants it now.
        frame_.at = std::max(due, now - held_up_max);
        play_frame(now);
    }
}

void VoiceDown::play_frame(TimePoint now) {
    std::array<float, dsp::frame_samples> mid;
    std::array<float, dsp::frame_samples> side;
    ++frame_.tick;
    whisper_in_frame_ = false;
    const auto heard = receiver_.play(mid, side, now);
    silent_frames_ = heard == dsp::Heard::nothing ? silent_frames_ + 1 : 0;
    if (heard == dsp::Heard::stereo) {
        sink_.write(mid, side);
    } else {
        sink_.write(mid);
    }
    link_.played.write(mid);  // without a microphone nobody takes it, and it fills
    // Whoever whispers may be where our mark is not seen.
    if (link_.recorder != nullptr && !whisper_in_frame_) {
        link_.recorder->played(frame_, mid);
    }
}

void VoiceDown::heard(SessionId speaker, StreamId stream, dsp::ConstFrame frame) {
    if (stream) {
        whisper_in_frame_ = true;
    } else if (link_.recorder != nullptr && !deafened_) {
        link_.recorder->received(speaker, frame_, frame);
    }
}

// --- reports ---------------------------------------------------------------------------------

// What the ring has no room for is told later.
void VoiceDown::report() {
    if (!told_started_ && playing_ && sink_.started() != TimePoint{}) {
        told_started_ = send_report(AudioStarted{.capture = false, .at = sink_.started()});
    }
    while (link_.from_down.size() < link_.from_down.capacity()) {
        const auto change = receiver_.take_speaking_change();
        if (!change) {
            break;
        }
        send_report(*change);
    }
    const auto now = clock_.now();
    while (const auto need = receiver_.take_key_need(now)) {
        send_report(*need);
    }
    if (told_lane_ != judge_.lane() && send_report(LaneChanged{judge_.lane()})) {
        told_lane_ = judge_.lane();
    }
    if (now < next_heard_report_) {
        return;
    }
    next_heard_report_ = now + heard_report_interval;
    auto heard = std::make_unique<HeardReport>();
    receiver_.collect_stats(heard->speakers);
    heard->round_trip = round_trip_;
    if (heard->speakers != told_heard_.speakers || round_trip_ != told_heard_.round_trip) {
        HeardReport told = *heard;
        if (send_report(std::move(heard))) {
            told_heard_ = std::move(told);
        }
    }
}

bool VoiceDown::send_report(VoiceReport report) {
    if (!link_.from_down.push(std::move(report))) {
        return false;
    }
    link_.control_wake.wake();
    return true;
}

}  // namespace partyline::client
