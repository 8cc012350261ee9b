// The talkie's voice: its devices, the two threads that speak and listen, and what is captured how.
#include <format>
#include <memory>
#include <optional>
#include <utility>

#include "audio/source.hpp"
#include "client/capture_path.hpp"
#include "client/limits.hpp"
#include "client/live_talkie.hpp"
#include "client/music_rate.hpp"

namespace partyline::client {

// --- from any thread -------------------------------------------------------------------------

void LiveTalkie::set_capture(CaptureSettings settings) {
    loop_.post([this, settings] {
        if (!ended_) {
            use_capture(settings);
        }
    });
}
void LiveTalkie::talk(bool pressed) {
    loop_.post([this, pressed] {
        pressed_ = pressed;
        if (up_) {
            to_up(SetPressed{pressed});
        }
    });
}

// --- devices ---------------------------------------------------------------------------------

// The devices tell on threads of their own, until close_devices().
void LiveTalkie::watch_devices() {
    const auto teller = [this](bool capture) {
        return [this, capture](const audio::DeviceChange& change) {
            loop_.post([this, told = DeviceChanged{
                                  .capture = capture,
                                  .state = static_cast<DeviceChanged::State>(change.state),
                                  .message = change.message}] {
                if (up_ && told.capture) {
                    to_up(MicrophoneChanged{});
                } else if (up_) {
                    to_up(LoudspeakerChanged{});
                }
                if (!ended_) {
                    emit(told);
                }
            });
        };
    };
    if (source_) {
        source_->on_device_change(teller(true));
    }
    sink_->on_device_change(teller(false));
}

void LiveTalkie::close_devices() {
    if (source_) {
        source_->on_device_change({});
    }
    sink_->on_device_change({});
    if (const auto closed = sink_->close(); !closed) {
        emit(DeviceChanged{.capture = false,
                           .state = DeviceChanged::State::lost,
                           .message = closed.error().message});
    }
}

// --- the voice threads -----------------------------------------------------------------------

void LiveTalkie::to_up(UpCommand command) {
    if (source_ && !link_->to_up.push(std::move(command))) {
        end({.code = ErrorCode::io, .message = "The microphone has stopped working."});
    }
}

void LiveTalkie::to_down(DownCommand command) {
    if (!link_->to_down.push(std::move(command))) {
        end({.code = ErrorCode::io, .message = "The speaker has stopped working."});
    }
    link_->down_wake.wake();
}

void LiveTalkie::begin_voice() {
    const VoiceIdentity identity{.server_id = session_->server_id(),
                                 .session = session_->session()};
    down_ = std::make_unique<VoiceDown>(identity, *link_, *sink_, clock_);
    if (source_) {
        if (auto up = VoiceUp::start(identity, *link_, *source_, clock_, capture_now())) {
            up_ = std::move(*up);
        } else {
            emit(DeviceChanged{.capture = true,
                               .state = DeviceChanged::State::lost,
                               .message = "Nothing can be said: " + up.error().message});
        }
    }
}

void LiveTalkie::begin_playout() { to_down(StartPlaying{}); }

void LiveTalkie::begin_capture() {
    if (up_) {
        up_->begin();
    }
}

void LiveTalkie::end_sound() {
    up_.reset();
    down_.reset();
    recording_.seat_lost(leaving_ ? std::nullopt
                                  : std::optional(Error{.code = ErrorCode::closed,
                                                        .message = "The connection was lost."}));
}

// --- what is captured ------------------------------------------------------------------------

UseCapture LiveTalkie::capture_now() {
    if (!chain_) {
        chain_ = create_chain(capture_, clock_);
    }
    if (!music_ && capture_.music) {
        // Without one the middle goes out as a voice does.
        music_ = create_music_encoder().value_or(nullptr);
    }
    return {.settings = capture_,
            .chain = chain_,
            .music = capture_.music ? music_ : nullptr,
            .pressed = pressed_};
}

void LiveTalkie::use_capture(const CaptureSettings& settings) {
    capture_ = settings;
    if (!settings.music) {
        voice_ = settings;
    }
    if (refuse_music()) {
        return;
    }
    if (up_) {
        to_up(capture_now());
    }
    tell_music_rate();
}

bool LiveTalkie::refuse_music() {
    const auto rate = music_rate();
    if (!capture_.music || is_enough_for_music(rate)) {
        return false;
    }
    capture_ = voice_instead_of(capture_, voice_);
    music_told_bps_ = 0;
    if (up_) {
        to_up(capture_now());
    }
    emit(Refused{
        .command = "music",
        .error = {.code = ErrorCode::not_permitted,
                  .message = std::format("This room leaves each speaker {} kb/s; music needs {} at "
                                         "least. You are heard as a voice.",
                                         rate.bitrate_bps / 1000, music_bps_min / 1000)}});
    return true;
}

MusicRate LiveTalkie::music_rate() const {
    return music_rate_of(session_ ? session_->model().bitrate_cap() : 0);
}

// Cap and room change while music goes out.
void LiveTalkie::tell_music_rate() {
    if (refuse_music()) {
        return;
    }
    const auto rate = capture_.music ? music_rate() : MusicRate{};
    if (std::exchange(music_told_bps_, rate.bitrate_bps) != rate.bitrate_bps && capture_.music) {
        emit(rate);
    }
}

}  // namespace partyline::client
