#include "client/chain_trial.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <format>
#include <memory>
#include <span>
#include <utility>

#include "audio/sound_reader.hpp"
#include "audio/sound_writer.hpp"
#include "client/capture_path.hpp"
#include "client/limits.hpp"
#include "client/trial_meters.hpp"
#include "client/uplink.hpp"
#include "client/voice_sender.hpp"
#include "crypto/keys.hpp"
#include "dsp/capture_chain.hpp"
#include "dsp/stereo.hpp"

namespace partyline::client {
namespace {

using Samples = std::array<float, dsp::frame_samples>;
using StereoSamples = std::array<float, 2 * dsp::frame_samples>;

constexpr std::chrono::milliseconds frame_time{dsp::frame_ms};

double seconds(std::uint64_t samples) { return static_cast<double>(samples) / dsp::sample_rate_hz; }

TrialFile file_of(const audio::SoundShape& shape) {
    return {.rate_hz = shape.rate_hz,
            .channels = shape.channels,
            .seconds = static_cast<double>(shape.samples) / shape.rate_hz};
}

audio::Channels channels_of(const CaptureSettings& settings) {
    return settings.music ? audio::Channels::stereo : audio::Channels::mono;
}

void take_out_what_is_no_sound(Samples& samples) {
    std::ranges::replace_if(samples, [](float sample) { return !std::isfinite(sample); }, 0.0F);
}

/// Writes what goes to the codec where it was captured, and silence between.
class OutFile final : public SentListener {
public:
    OutFile(audio::SoundWriter file, audio::Channels channels)
        : file_(std::move(file)), stereo_(channels == audio::Channels::stereo) {}

    void sent(dsp::MediaTime time, dsp::ConstFrame frame) override {
        sent_stereo(time, frame, Samples{});
    }
    void sent_stereo(dsp::MediaTime time, dsp::ConstFrame mid, dsp::ConstFrame side) override {
        fill_up_to(time);
        StereoSamples interleaved{};
        if (stereo_) {
            dsp::join_stereo(mid, side, interleaved);
        }
        const auto samples = stereo_ ? std::span<const float>(interleaved) : mid;
        write(samples);
        level_.add(samples);
    }
    void fill_up_to(dsp::MediaTime time) {
        constexpr StereoSamples silence{};
        while (dsp::media_distance(written_, time) > 0) {
            write(std::span(silence).first((stereo_ ? 2 : 1) * dsp::frame_samples));
        }
    }
    [[nodiscard]] const Result<void>& outcome() const { return outcome_; }
    [[nodiscard]] TrialLevel level() const { return level_.level(); }
    Result<void> close() { return file_.close(); }

private:
    /// 10 ms.
    void write(std::span<const float> samples) {
        written_ += static_cast<dsp::MediaTime>(dsp::frame_samples);
        if (outcome_) {
            outcome_ = file_.write(samples);
        }
    }

    audio::SoundWriter file_;
    bool stereo_;
    dsp::MediaTime written_ = 0;
    Result<void> outcome_;
    LevelMeter level_;
};

/// A sender that nobody listens to, so that codec and sealing are what they are in a talkie.
class Sending {
public:
    static Result<std::unique_ptr<Sending>> create() {
        auto sending = std::unique_ptr<Sending>(new Sending);
        auto sender = VoiceSender::create(VoiceIdentity{.session = SessionId{1}}, sending->uplink_);
        if (!sender) {
            return std::unexpected(std::move(sender).error());
        }
        sending->sender_.emplace(*std::move(sender));
        std::array<std::byte, 32> key{};
        crypto::fill_random(key);
        sending->sender_->set_key({.generation = 1, .key = crypto::Secret<32>(key)});
        sending->sender_->set_route(Route{1});
        sending->sender_->set_open(true);
        return sending;
    }
    VoiceSender& sender() { return *sender_; }

private:
    Sending() : uplink_(crypto::HopKey(std::array<std::byte, 16>{}), 0) {}

    Uplink uplink_;
    std::optional<VoiceSender> sender_;
};

/// As VoiceUp does it, from the microphone to the codec.
class Trial {
public:
    struct Parts {
        audio::SoundReader in;
        std::optional<audio::SoundReader> far;
        audio::SoundWriter out;
        std::unique_ptr<Sending> sending;
        std::shared_ptr<dsp::OpusEncoder> music;
    };
    Trial(Parts parts, const CaptureSettings& settings, const Clock& clock)
        : clock_(clock),
          in_(std::move(parts.in)),
          far_(std::move(parts.far)),
          sending_(std::move(parts.sending)),
          out_(std::move(parts.out), channels_of(settings)),
          path_(sending_->sender()),
          chain_(create_chain(settings, recording_time_)) {
        path_.use(chain_);
        path_.use_music(std::move(parts.music));
        path_.set(settings);
        path_.set_listener(&out_);
        report_.stereo = settings.music;
    }

    Result<TrialReport> run() {
        report_.in = file_of(in_.shape());
        if (far_) {
            report_.far = file_of(far_->shape());
        }
        Samples mid;
        Samples side;
        while (in_.read(mid, side)) {
            push(mid, side);
            if (!out_.outcome()) {
                return std::unexpected(out_.outcome().error());
            }
        }
        return finish();
    }

private:
    void push(Samples& mid, Samples& side) {
        take_out_what_is_no_sound(mid);
        take_out_what_is_no_sound(side);
        level_in_.add(captured(mid, side));
        const double captured_power = mean_square(mid);
        if (Samples far; far_) {
            far_->read(far);  // after its end there is silence
            path_.render(far);
            echo_.add_far(far);
        }
        const auto from = clock_.now();
        path_.push(mid, side, [this](const VoiceSender::Packet& packet) { take(packet); });
        costs_us_.push_back(std::chrono::duration<float, std::micro>(clock_.now() - from).count());
        recording_time_.advance(frame_time);
        const double gain = std::pow(10, path_.stats().gain_db / 10);
        echo_.add(captured_power, mean_square(mid) / gain);
        captured_ += dsp::frame_samples;
    }

    /// What the level is of; good until the next call.
    std::span<const float> captured(const Samples& mid, const Samples& side) {
        if (!report_.stereo) {
            return mid;
        }
        dsp::join_stereo(mid, side, interleaved_);
        return interleaved_;
    }

    void take(const VoiceSender::Packet& packet) {
        ++report_.packets;
        report_.packet_bytes += packet.datagram.size();
        const double end = seconds(sending_->sender().media_time());
        if (packet.starts_spurt) {
            report_.segments.push_back({.from_s = end - seconds(dsp::frame_samples), .to_s = end});
        } else if (!report_.segments.empty()) {
            report_.segments.back().to_s = end;
        }
    }

    Result<TrialReport> finish() {
        if (captured_ == 0) {
            return fail(ErrorCode::io, "there is no sound in it");
        }
        out_.fill_up_to(static_cast<dsp::MediaTime>(captured_));
        if (const auto closed = out_.close(); !closed) {
            return std::unexpected(closed.error());
        }
        const auto stats = path_.stats();
        report_.level_in = level_in_.level();
        report_.level_out = out_.level();
        report_.gain_db = stats.gain_db;
        report_.delay_ms = stats.delay_ms;
        tell_echo();
        tell_costs();
        return std::move(report_);
    }

    void tell_echo() {
        if (!far_) {
            return;
        }
        report_.echo = TrialEcho{.erle_db = echo_.erle_db()};
        if (chain_) {
            const auto found = chain_->echo_report();
            if (found.delay_ms) {
                report_.echo->delay_ms = *found.delay_ms;
            }
            report_.echo->drift_ppm = found.drift_ppm;
            report_.echo->realignments = found.realignments;
        }
    }

    void tell_costs() {
        double sum = 0;
        for (const float cost : costs_us_) {
            sum += double{cost};
        }
        report_.cost_mean_us = sum / static_cast<double>(costs_us_.size());
        constexpr auto frame_us = std::chrono::duration<float, std::micro>(frame_time).count();
        report_.frames_slow = static_cast<std::uint64_t>(
            std::ranges::count_if(costs_us_, [](float cost) { return cost > frame_us; }));
        const auto p99 = costs_us_.begin() + std::ssize(costs_us_) * 99 / 100;
        std::ranges::nth_element(costs_us_, p99);
        report_.cost_p99_us = double{*p99};
    }

    const Clock& clock_;
    audio::SoundReader in_;
    std::optional<audio::SoundReader> far_;
    std::unique_ptr<Sending> sending_;
    OutFile out_;
    /// What the chain takes for the time: none passes while it works, so that no stage is ever too slow, and what comes
    /// of a recording is the same on every machine.
    ManualClock recording_time_;
    CapturePath path_;
    std::shared_ptr<dsp::CaptureChain> chain_;
    StereoSamples interleaved_{};
    LevelMeter level_in_;
    EchoMeter echo_;
    std::vector<float> costs_us_;
    std::uint64_t captured_ = 0;  // samples
    TrialReport report_;
};

bool same_file(const std::string& one, const std::string& other) {
    std::error_code ignored;
    return std::filesystem::equivalent(one, other, ignored);
}

Result<void> check(const TrialRequest& request) {
    if (same_file(request.in, request.out) || same_file(request.far, request.out)) {
        return fail(ErrorCode::config,
                    std::format("{} is what is read; it would be overwritten", request.out));
    }
    if (request.capture.activation == Activation::push) {
        return fail(ErrorCode::config,
                    "push: nobody is here to press the key; voice, gate and always work");
    }
    return {};
}

Result<audio::SoundReader> open_in(const std::string& path,
                                   audio::Parts parts = audio::Parts::mid) {
    auto in = audio::SoundReader::open(path, "read", audio::AtTheEnd::stop, parts);
    if (!in) {
        return in;
    }
    const auto& shape = in->shape();
    if (shape.samples == 0) {
        return fail(ErrorCode::io, std::format("cannot read {}: there is no sound in it", path));
    }
    if (shape.samples > trial_seconds_max * shape.rate_hz) {
        return fail(ErrorCode::io, std::format("cannot read {}: it is longer than {} hours", path,
                                               trial_seconds_max / 3600));
    }
    return in;
}

}  // namespace

Result<TrialReport> try_chain(const TrialRequest& request, const Clock& clock) {
    if (const auto checked = check(request); !checked) {
        return std::unexpected(checked.error());
    }
    auto in =
        open_in(request.in, request.capture.music ? audio::Parts::mid_and_side : audio::Parts::mid);
    if (!in) {
        return std::unexpected(std::move(in).error());
    }
    std::optional<audio::SoundReader> far;
    if (!request.far.empty()) {
        auto opened = open_in(request.far);
        if (!opened) {
            return std::unexpected(std::move(opened).error());
        }
        far = *std::move(opened);
    }
    auto sending = Sending::create();
    if (!sending) {
        return std::unexpected(std::move(sending).error());
    }
    std::shared_ptr<dsp::OpusEncoder> music;
    if (request.capture.music) {
        auto made = create_music_encoder();
        if (!made) {
            return std::unexpected(std::move(made).error());
        }
        music = *std::move(made);
    }
    auto out = audio::SoundWriter::create(request.out, channels_of(request.capture));
    if (!out) {
        return std::unexpected(std::move(out).error());
    }
    return Trial({.in = *std::move(in),
                  .far = std::move(far),
                  .out = *std::move(out),
                  .sending = *std::move(sending),
                  .music = std::move(music)},
                 request.capture, clock)
        .run();
}

}  // namespace partyline::client
