#include "audio/device_stream.hpp"

#ifdef __linux__
#include <dlfcn.h>
#endif

#include <array>
#include <chrono>
#include <format>
#include <span>
#include <utility>
#include <vector>

#include "audio/limits.hpp"
#include "audio/miniaudio.hpp"
#include "base/log.hpp"
#include "dsp/format.hpp"

namespace partyline::audio {
namespace {

/// How soon a device that is gone, or the chosen one while another stands in, is looked for again.
constexpr std::chrono::milliseconds device_retry_period{1'000};
constexpr std::chrono::milliseconds device_watch_period{100};
static_assert(device_watch_period < device_silent_max);

/// What plays and captures for real. miniaudio's null backend is not among them: it would stand in
/// for missing hardware without anybody being told.
constexpr std::array backends{ma_backend_wasapi, ma_backend_coreaudio, ma_backend_pulseaudio,
                              ma_backend_alsa, ma_backend_jack};

std::string id_text(ma_backend backend, const ma_device_id& id) {
    switch (backend) {
        case ma_backend_pulseaudio: return id.pulse;
        case ma_backend_alsa: return id.alsa;
        case ma_backend_coreaudio: return id.coreaudio;
        default: return {};
    }
}

#ifdef __linux__
void ignore_alsa_message(const char*, int, const char*, int, const char*, ...) {}
#endif

/// ALSA writes to standard error whatever it does not find, which on a machine without a sound card
/// is a page of riddles. What matters comes back as an error of ours.
void silence_alsa() {
#ifdef __linux__
    // Opened at run time, as miniaudio does, and kept as long as the program runs.
    static void* const library = dlopen("libasound.so.2", RTLD_LAZY);
    void* const found = library != nullptr ? dlsym(library, "snd_lib_error_set_handler") : nullptr;
    if (found != nullptr) {
        reinterpret_cast<int (*)(decltype(&ignore_alsa_message))>(found)(ignore_alsa_message);
    }
#endif
}

/// A connection to the sound system. Each device has one of its own, because after the death of a
/// sound server the old one is of no use.
class Context {
public:
    /// `only`: not just any sound system, but the one that was used before.
    static Result<std::unique_ptr<Context>> create(std::optional<int> only) {
        silence_alsa();
        std::unique_ptr<Context> made(new Context);
        auto config = ma_context_config_init();
        config.threadPriority = ma_thread_priority_realtime;
        config.pulse.pApplicationName = "Partyline";
        config.jack.pClientName = "Partyline";
        const auto chosen = static_cast<ma_backend>(only.value_or(0));
        const auto tried = only ? std::span(&chosen, 1) : std::span<const ma_backend>(backends);
        const auto result = ma_context_init(tried.data(), static_cast<ma_uint32>(tried.size()),
                                            &config, &made->context_);
        if (result != MA_SUCCESS) {
            return fail(ErrorCode::io, std::format("there is no sound system to use ({})",
                                                   ma_result_description(result)));
        }
        made->live_ = true;
        return made;
    }
    ~Context() {
        if (live_) {
            ma_context_uninit(&context_);
        }
    }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    ma_context& get() { return context_; }
    [[nodiscard]] ma_backend backend() const { return context_.backend; }

    struct Listed {
        DeviceName name;
        ma_device_id id;
    };
    std::vector<Listed> devices(Direction direction) {
        ma_device_info* playback = nullptr;
        ma_device_info* capture = nullptr;
        ma_uint32 playback_count = 0;
        ma_uint32 capture_count = 0;
        if (ma_context_get_devices(&context_, &playback, &playback_count, &capture,
                                   &capture_count) != MA_SUCCESS) {
            return {};
        }
        const std::span infos = direction == Direction::capture
                                    ? std::span(capture, capture_count)
                                    : std::span(playback, playback_count);
        std::vector<Listed> out;
        for (const auto& info : infos) {
            out.push_back({.name = {.name = info.name, .id = id_text(context_.backend, info.id)},
                           .id = info.id});
        }
        return out;
    }

private:
    Context() = default;

    ma_context context_{};
    bool live_ = false;
};

std::vector<DeviceName> names_of(const std::vector<Context::Listed>& listed) {
    std::vector<DeviceName> names;
    for (const auto& device : listed) {
        names.push_back(device.name);
    }
    return names;
}

ma_device_config make_config(Direction direction, const ma_device_id* id) {
    const bool capture = direction == Direction::capture;
    auto config = ma_device_config_init(capture ? ma_device_type_capture : ma_device_type_playback);
    auto& side_format = capture ? config.capture.format : config.playback.format;
    auto& side_channels = capture ? config.capture.channels : config.playback.channels;
    side_format = ma_format_f32;
    side_channels = device_channels;
    (capture ? config.capture.pDeviceID : config.playback.pDeviceID) = id;
    config.sampleRate = dsp::sample_rate_hz;
    config.periodSizeInFrames = dsp::frame_samples;
    config.performanceProfile = ma_performance_profile_low_latency;
    // Our callback fills every sample, and the limiter has been there before.
    config.noPreSilencedOutputBuffer = MA_TRUE;
    config.noClip = MA_TRUE;
    config.pulse.pStreamNameCapture = "microphone";
    config.pulse.pStreamNamePlayback = "voices";
    return config;
}

}  // namespace

/// A running device. Stops and closes with its owner.
struct DeviceStream::Device {
    explicit Device(std::unique_ptr<Context> in) : context(std::move(in)) {}
    ~Device() {
        if (live) {
            // A device whose server died hangs for ever in uninit unless it was stopped before.
            ma_device_stop(&device);
            ma_device_uninit(&device);
        }
    }
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    std::unique_ptr<Context> context;
    ma_device device{};
    bool live = false;
};

DeviceStream::DeviceStream(Direction direction, std::string wanted, DeviceClient& client)
    : direction_(direction), wanted_(std::move(wanted)), client_(client) {}

DeviceStream::~DeviceStream() {
    if (watch_.joinable()) {
        watch_.request_stop();
        watch_.join();
    }
    opened_.device.reset();
}

Result<std::unique_ptr<DeviceStream>> DeviceStream::open(Direction direction, std::string wanted,
                                                         DeviceClient& client) {
    std::unique_ptr<DeviceStream> stream(new DeviceStream(direction, std::move(wanted), client));
    auto opened = stream->open_device(Which::wanted);
    if (!opened) {
        return std::unexpected(std::move(opened).error());
    }
    stream->opened_ = *std::move(opened);
    stream->sound_system_ = stream->opened_.device->context->backend();
    stream->judge_.opened(SystemClock().now(), 0);
    stream->watch_ =
        std::jthread([raw = stream.get()](const std::stop_token& stop) { raw->watch(stop); });
    return stream;
}

Result<DeviceStream::Opened> DeviceStream::prepare(Which which) {
    auto context = Context::create(sound_system_);
    if (!context) {
        return std::unexpected(std::move(context).error());
    }
    const auto listed = (*context)->devices(direction_);
    const auto names = names_of(listed);
    const bool by_name = which == Which::wanted && !wanted_.empty();
    const auto chosen = by_name ? pick_device(names, wanted_) : std::nullopt;
    if (by_name && !chosen) {
        return std::unexpected(no_such_device(direction_, wanted_, names));
    }

    Opened opened{.device = std::make_unique<Device>(*std::move(context)),
                  .is_stand_in = which == Which::stand_in};
    auto config = make_config(direction_, chosen ? &listed[*chosen].id : nullptr);
    config.pUserData = this;
    config.dataCallback = [](ma_device* device, void* out, const void* in, ma_uint32 samples) {
        auto* stream = static_cast<DeviceStream*>(device->pUserData);
        call_back(stream->client_, static_cast<float*>(out), static_cast<const float*>(in),
                  samples);
        stream->called_back(samples);
    };
    auto& device = opened.device->device;
    const auto result = ma_device_init(&opened.device->context->get(), &config, &device);
    if (result != MA_SUCCESS) {
        return fail(
            ErrorCode::io,
            std::format("cannot open {} ({})",
                        by_name ? std::format("the {} \"{}\"", word_for(direction_), wanted_)
                                : std::format("the default {}", word_for(direction_)),
                        names.empty() ? "there is none" : ma_result_description(result)));
    }
    opened.device->live = true;
    return opened;
}

Result<void> DeviceStream::start(Opened& opened) {
    if (const auto result = ma_device_start(&opened.device->device); result != MA_SUCCESS) {
        return fail(ErrorCode::io,
                    std::format("it does not start ({})", ma_result_description(result)));
    }
    return {};
}

Result<DeviceStream::Opened> DeviceStream::open_device(Which which) {
    auto opened = prepare(which);
    if (opened) {
        if (auto started = start(*opened); !started) {
            return std::unexpected(std::move(started).error());
        }
    }
    return opened;
}

void DeviceStream::called_back(std::size_t samples) {
    // Reading the monotonic clock is no system call on the platforms we run on.
    last_callback_.store(SystemClock().now().time_since_epoch().count(), std::memory_order_release);
    samples_.fetch_add(samples, std::memory_order_relaxed);
}

void DeviceStream::watch(const std::stop_token& stop) {
    while (true) {
        {
            std::unique_lock lock(sleep_mutex_);
            if (sleep_.wait_for(lock, stop, device_watch_period,
                                [&stop] { return stop.stop_requested(); })) {
                return;
            }
        }
        const auto now = SystemClock().now();
        if (opened_.device) {
            if (const auto what =
                    judge_.fault(now, last_callback(), samples_.load(std::memory_order_relaxed))) {
                reopen(now, *what);
                continue;
            }
        }
        if (now < retry_at_) {
            continue;
        }
        if (!opened_.device) {
            reopen(now, {});
        } else if (opened_.is_stand_in) {
            return_to_wanted(now);
        }
    }
}

void DeviceStream::on_change(OnDeviceChange listener) {
    const std::lock_guard lock(listener_mutex_);
    listener_ = std::move(listener);
}

void DeviceStream::tell(DeviceChange::State state, std::string message) {
    log::info("{}", message);
    const std::lock_guard lock(listener_mutex_);
    if (listener_) {
        listener_({.state = state, .message = std::move(message)});
    }
}

// `why`: what was wrong with the device in use; empty when there was none, or only a stand-in.
void DeviceStream::reopen(TimePoint now, std::string_view why) {
    opened_.device.reset();
    retry_at_ = now + device_retry_period;
    auto opened = open_device(Which::wanted);
    if (!opened && !wanted_.empty()) {
        opened = open_device(Which::stand_in);
    }
    if (opened) {
        use(*std::move(opened));
    } else if (!std::exchange(is_lost_, true)) {
        tell(DeviceChange::State::lost,
             std::format("The {} {}, and {}. It is tried again every second.", word_for(direction_),
                         why.empty() ? "was to change" : why, opened.error().message));
    }
}

// The stand-in serves until the wanted device is open, which may be listed and in another program's hands. Never do
// both call back.
void DeviceStream::return_to_wanted(TimePoint now) {
    retry_at_ = now + device_retry_period;
    auto wanted = prepare(Which::wanted);
    if (!wanted) {
        return;
    }
    opened_.device.reset();
    if (start(*wanted)) {
        use(*std::move(wanted));
    } else {
        wanted->device.reset();
        reopen(now, {});
    }
}

void DeviceStream::use(Opened opened) {
    const auto what = word_for(direction_);
    opened_ = std::move(opened);
    is_lost_ = false;
    judge_.opened(SystemClock().now(), samples_.load(std::memory_order_relaxed));
    if (opened_.is_stand_in) {
        tell(DeviceChange::State::stand_in,
             std::format("The {} \"{}\" is gone. The default one is used until it is back.", what,
                         wanted_));
    } else {
        tell(DeviceChange::State::back, std::format("The {} runs again.", what));
    }
}

}  // namespace partyline::audio
