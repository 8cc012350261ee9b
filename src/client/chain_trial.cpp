#include "client/chain_trial.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <format>
#include <memory>
#include <utility>

#include "audio/sound_reader.hpp"
#include "audio/sound_writer.hpp"
#include "client/capture_path.hpp"
#include "client/limits.hpp"
#include "client/uplink.hpp"
#include "client/voice_sender.hpp"
#include "crypto/keys.hpp"
#include "dsp/capture_chain.hpp"

namespace partyline::client {
namespace {

using Samples = std::array<float, dsp::frame_samples>;

constexpr double silence_dbfs = -120;

double to_db(double power) { return std::max(silence_dbfs, 10 * std::log10(power)); }

double mean_square(dsp::ConstFrame frame) {
    double sum = 0;
    for (const float sample : frame) {
        sum += double{sample} * double{sample};
    }
    return sum / static_cast<double>(frame.size());
}

double seconds(std::uint64_t samples) { return static_cast<double>(samples) / dsp::sample_rate_hz; }

TrialFile file_of(const audio::SoundShape& shape) {
    return {.rate_hz = shape.rate_hz,
            .channels = shape.channels,
            .seconds = static_cast<double>(shape.samples) / shape.rate_hz};
}

class LevelMeter {
public:
    void add(dsp::ConstFrame frame) {
        power_ += mean_square(frame);
        ++frames_;
        for (const float sample : frame) {
            peak_ = std::max(peak_, std::abs(double{sample}));
        }
    }
    [[nodiscard]] TrialLevel level() const {
        return frames_ == 0 ? TrialLevel{}
                            : TrialLevel{.mean_dbfs = to_db(power_ / static_cast<double>(frames_)),
                                         .peak_dbfs = to_db(peak_ * peak_)};
    }

private:
    double power_ = 0;
    double peak_ = 0;
    std::uint64_t frames_ = 0;
};

/// The far end is one from this level on, and for as long after it as a room may ring.
constexpr double far_loud_dbfs = -50;
constexpr std::size_t echo_tail_frames = 30;

/// How much of what was captured is left while the far end can be heard.
class EchoMeter {
public:
    void add_far(dsp::ConstFrame far) {
        since_loud_ = to_db(mean_square(far)) >= far_loud_dbfs ? 0 : since_loud_ + 1;
    }
    void add(double captured_power, double left_power) {
        if (since_loud_ <= echo_tail_frames) {
            captured_ += captured_power;
            left_ += left_power;
        }
    }
    [[nodiscard]] std::optional<double> erle_db() const {
        if (captured_ <= 0) {
            return std::nullopt;
        }
        return 10 * std::log10(captured_ / std::max(left_, captured_ * 1e-12));
    }

private:
    std::size_t since_loud_ = echo_tail_frames + 1;
    double captured_ = 0;
    double left_ = 0;
};

/// Writes what goes to the codec where it was captured, and silence between.
class OutFile final : public SentListener {
public:
    explicit OutFile(audio::SoundWriter file) : file_(std::move(file)) {}

    void sent(dsp::MediaTime time, dsp::ConstFrame frame) override {
        fill_up_to(time);
        write(frame);
        level_.add(frame);
    }
    void fill_up_to(dsp::MediaTime time) {
        while (dsp::media_distance(written_, time) > 0) {
            write(Samples{});
        }
    }
    [[nodiscard]] const Result<void>& outcome() const { return outcome_; }
    [[nodiscard]] TrialLevel level() const { return level_.level(); }
    Result<void> close() { return file_.close(); }

private:
    void write(dsp::ConstFrame frame) {
        written_ += static_cast<dsp::MediaTime>(frame.size());
        if (outcome_) {
            outcome_ = file_.write(frame);
        }
    }

    audio::SoundWriter file_;
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

class Trial {
public:
    struct Parts {
        audio::SoundReader in;
        std::optional<audio::SoundReader> far;
        audio::SoundWriter out;
        std::unique_ptr<Sending> sending;
    };
    Trial(Parts parts, const CaptureSettings& settings, const Clock& clock)
        : clock_(clock),
          in_(std::move(parts.in)),
          far_(std::move(parts.far)),
          sending_(std::move(parts.sending)),
          out_(std::move(parts.out)),
          path_(sending_->sender()) {
        if (needs_chain(settings)) {
            chain_ = std::make_shared<dsp::CaptureChain>(clock, chain_settings(settings));
            path_.use(chain_);
        }
        path_.set_listener(&out_);
    }

    Result<TrialReport> run() {
        report_.in = file_of(in_.shape());
        if (far_) {
            report_.far = file_of(far_->shape());
        }
        Samples frame;
        while (in_.read(frame)) {
            push(frame);
            if (!out_.outcome()) {
                return std::unexpected(out_.outcome().error());
            }
        }
        return finish();
    }

private:
    void push(Samples& frame) {
        std::ranges::replace_if(frame, [](float sample) { return !std::isfinite(sample); }, 0.0F);
        level_in_.add(frame);
        const double captured = mean_square(frame);
        if (Samples far; far_) {
            far_->read(far);  // after its end there is silence
            path_.render(far);
            echo_.add_far(far);
        }
        const auto from = clock_.now();
        path_.push(frame, [this](const VoiceSender::Packet& packet) { take(packet); });
        costs_us_.push_back(std::chrono::duration<float, std::micro>(clock_.now() - from).count());
        const double gain = std::pow(10, path_.stats().gain_db / 10);
        echo_.add(captured, mean_square(frame) / gain);
        captured_ += dsp::frame_samples;
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
        report_.times_passed_by = stats.times_passed_by;
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
        const auto p99 = costs_us_.begin() + std::ssize(costs_us_) * 99 / 100;
        std::ranges::nth_element(costs_us_, p99);
        report_.cost_p99_us = double{*p99};
    }

    const Clock& clock_;
    audio::SoundReader in_;
    std::optional<audio::SoundReader> far_;
    std::unique_ptr<Sending> sending_;
    OutFile out_;
    CapturePath path_;
    std::shared_ptr<dsp::CaptureChain> chain_;
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

Result<audio::SoundReader> open_in(const std::string& path) {
    auto in = audio::SoundReader::open(path, "read");
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
    auto in = open_in(request.in);
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
    auto out = audio::SoundWriter::create(request.out);
    if (!out) {
        return std::unexpected(std::move(out).error());
    }
    return Trial({.in = *std::move(in),
                  .far = std::move(far),
                  .out = *std::move(out),
                  .sending = *std::move(sending)},
                 request.capture, clock)
        .run();
}

}  // namespace partyline::client
