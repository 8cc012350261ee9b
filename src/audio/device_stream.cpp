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

/// Stops and closes with its owner.
struct DeviceStream::Device final : OpenedDevice {
    /// `asked_for`: its name, empty for the default one.
    Device(std::unique_ptr<Context> in, Direction way, std::string_view asked_for)
        : context(std::move(in)), direction(way), name(asked_for) {}
    ~Device() override {
        if (live) {
            // A device whose server died hangs for ever in uninit unless it was stopped before.
            ma_device_stop(&device);
            ma_device_uninit(&device);
        }
    }
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    Result<void> start() override {
        if (const auto result = ma_device_start(&device); result != MA_SUCCESS) {
            return std::unexpected(cannot_open(direction, name, ma_result_description(result)));
        }
        return {};
    }

    std::unique_ptr<Context> context;
    const Direction direction;
    const std::string name;
    ma_device device{};
    bool live = false;
};

DeviceStream::DeviceStream(Direction direction, std::string wanted, DeviceClient& client)
    : direction_(direction),
      wanted_(std::move(wanted)),
      client_(client),
      keeper_(*this, clock_, direction, wanted_) {}

DeviceStream::~DeviceStream() {
    if (watch_.joinable()) {
        watch_.request_stop();
        watch_.join();
    }
    keeper_.close();
}

Result<std::unique_ptr<DeviceStream>> DeviceStream::open(Direction direction, std::string wanted,
                                                         DeviceClient& client) {
    std::unique_ptr<DeviceStream> stream(new DeviceStream(direction, std::move(wanted), client));
    if (auto begun = stream->keeper_.begin(); !begun) {
        return std::unexpected(std::move(begun).error());
    }
    stream->watch_ =
        std::jthread([raw = stream.get()](const std::stop_token& stop) { raw->watch(stop); });
    return stream;
}

Result<std::unique_ptr<OpenedDevice>> DeviceStream::open_device(WhichDevice which) {
    auto context = Context::create(sound_system_);
    if (!context) {
        return std::unexpected(std::move(context).error());
    }
    const auto listed = (*context)->devices(direction_);
    const auto names = names_of(listed);
    const bool by_name = which == WhichDevice::chosen && !wanted_.empty();
    const auto chosen = by_name ? pick_device(names, wanted_) : std::nullopt;
    if (by_name && !chosen) {
        return std::unexpected(no_such_device(direction_, wanted_, names));
    }

    const auto asked_for = by_name ? std::string_view(wanted_) : std::string_view();
    auto opened = std::make_unique<Device>(*std::move(context), direction_, asked_for);
    auto config = make_config(direction_, chosen ? &listed[*chosen].id : nullptr);
    config.pUserData = this;
    config.dataCallback = [](ma_device* device, void* out, const void* in, ma_uint32 samples) {
        auto* stream = static_cast<DeviceStream*>(device->pUserData);
        call_back(stream->client_, static_cast<float*>(out), static_cast<const float*>(in),
                  samples);
        stream->called_back(samples);
    };
    const auto result = ma_device_init(&opened->context->get(), &config, &opened->device);
    if (result != MA_SUCCESS) {
        return std::unexpected(
            cannot_open(direction_, asked_for,
                        names.empty() ? "there is none" : ma_result_description(result)));
    }
    opened->live = true;
    sound_system_ = opened->context->backend();
    return opened;
}

bool DeviceStream::has_chosen() const {
    const auto context = Context::create(sound_system_);
    return context && pick_device(names_of((*context)->devices(direction_)), wanted_).has_value();
}

void DeviceStream::called_back(std::size_t samples) {
    // Reading the monotonic clock is no system call on the platforms we run on.
    last_callback_.store(clock_.now().time_since_epoch().count(), std::memory_order_release);
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
        keeper_.look();
    }
}

DeviceSigns DeviceStream::signs() const {
    return {.called = last_callback(), .samples = samples_.load(std::memory_order_relaxed)};
}

void DeviceStream::on_change(OnDeviceChange listener) {
    const std::lock_guard lock(listener_mutex_);
    listener_ = std::move(listener);
}

void DeviceStream::tell(const DeviceChange& change) {
    log::info("{}", change.message);
    const std::lock_guard lock(listener_mutex_);
    if (listener_) {
        listener_(change);
    }
}

}  // namespace partyline::audio
