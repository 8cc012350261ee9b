// From a captured frame to the sender: the voice chain, and what waits before the microphone opens.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "client/capture.hpp"
#include "client/voice_sender.hpp"
#include "dsp/capture_chain.hpp"
#include "dsp/opus.hpp"
#include "dsp/pre_roll.hpp"

namespace partyline::client {

/// Whether there is anything to do that needs a chain.
bool needs_chain(const CaptureSettings& settings);
dsp::ChainSettings chain_settings(const CaptureSettings& settings);
/// Set accordingly; none if there is no need. The clock outlives it.
std::shared_ptr<dsp::CaptureChain> create_chain(const CaptureSettings& settings,
                                                const Clock& clock);
/// For VoiceSender::use_music(). Fails as OpusEncoder::create().
Result<std::shared_ptr<dsp::OpusEncoder>> create_music_encoder();

/// Is given what goes to the room, before the codec. Called by the thread that owns the path: it waits for nothing.
class SentListener {
public:
    virtual ~SentListener() = default;
    /// `time` is that of the frame's first sample, on the sender's clock.
    virtual void sent(dsp::MediaTime time, dsp::ConstFrame frame) = 0;
    /// The same of music, as dsp/stereo.hpp has it: whoever is mono takes the middle.
    virtual void sent_stereo(dsp::MediaTime time, dsp::ConstFrame mid, dsp::ConstFrame /*side*/) {
        sent(time, mid);
    }
};

/// Without a chain every frame goes to the sender as it is. push() allocates nothing. Owned by the
/// voice-up thread, or by a test. One thread.
class CapturePath {
public:
    /// The sender outlives it.
    explicit CapturePath(VoiceSender& sender) : sender_(sender) {}

    /// It may have served before: what is in it then is not heard.
    void use(std::shared_ptr<dsp::CaptureChain> chain) {
        chain_is_stale_ = chain_is_stale_ || chain != chain_;
        chain_ = std::move(chain);
    }
    /// For CaptureSettings::music; kept by whoever made it, too.
    void use_music(std::shared_ptr<dsp::OpusEncoder> encoder) { encoder_ = std::move(encoder); }
    /// Voice becomes music, or music voice, as soon as what was before has faded out: with the packet after the
    /// next at the latest.
    void set(const CaptureSettings& settings);
    void press(bool pressed) {
        pressed_ = pressed;
        if (chain_) {
            chain_->press(pressed);
        }
    }
    void microphone_changed() {
        if (chain_) {
            chain_->microphone_changed();
        }
    }
    void loudspeaker_changed() {
        if (chain_) {
            chain_->loudspeaker_changed();
        }
    }
    /// What the loudspeaker was given. While music goes out the chain stands still, and so does what it compares.
    void render(dsp::ConstFrame played) {
        if (chain_ && !music_) {
            chain_->render(played);
        }
    }
    /// It outlives the path, or its replacement by another or none.
    void set_listener(SentListener* listener) { listener_ = listener; }
    /// What waits goes nowhere, and what is in the chain neither: it was not meant for those who hear what is said from
    /// now on.
    void forget() {
        drop_waiting();
        chain_is_stale_ = true;
    }

    /// 10 ms, which may be changed. Each packet that is ready goes to `deliver`: a burst of them when the
    /// microphone opens.
    template <class Deliver>
    void push(dsp::Frame frame, Deliver deliver);
    /// The same in stereo, as dsp/stereo.hpp has it: what becomes of it is music, if that is set, and
    /// otherwise the middle alone counts.
    template <class Deliver>
    void push(dsp::Frame mid, dsp::Frame side, Deliver deliver);

    [[nodiscard]] CaptureStats stats() const;

private:
    template <class Deliver>
    void push_music(dsp::Frame mid, dsp::Frame side, Deliver& deliver);
    template <class Deliver>
    void push_voice(dsp::Frame frame, Deliver& deliver);
    template <class Deliver>
    void send(dsp::ConstFrame frame, VoiceSender::Spurt spurt, Deliver& deliver) {
        tell(frame);
        if (const auto packet = sender_.push(frame, spurt)) {
            deliver(*packet);
        }
    }
    void tell(dsp::ConstFrame frame) {
        if (listener_ != nullptr && sender_.speaks_to_room()) {
            listener_->sent(sender_.media_time(), frame);
        }
    }
    void tell(dsp::ConstFrame mid, dsp::ConstFrame side) {
        if (listener_ != nullptr && sender_.speaks_to_room()) {
            listener_->sent_stereo(sender_.media_time(), mid, side);
        }
    }
    template <class Deliver>
    void send_open(dsp::Frame frame, Deliver& deliver);

    void drop_waiting();
    /// To what is wanted, if nobody hears a step there.
    void change_kind();
    [[nodiscard]] bool is_leaving() const { return music_ != wants_music_; }
    void leave(dsp::Frame frame) const;
    bool process(dsp::Frame frame);
    void change_over(dsp::Frame frame, bool open) const;
    static void fade_in(dsp::Frame frame);
    void fade_out(dsp::Frame frame) const;

    // Given.
    VoiceSender& sender_;
    SentListener* listener_ = nullptr;

    // Owned.
    std::shared_ptr<dsp::CaptureChain>
        chain_;  // with the talkie, which keeps it for the next of us
    std::shared_ptr<dsp::OpusEncoder> encoder_;  // of music, as the chain
    dsp::PreRoll waiting_;
    bool was_open_ = true;
    bool music_ = false;
    bool wants_music_ = false;
    bool faded_out_ = false;        // while leaving: of what was before no more is to come
    bool chain_is_stale_ = false;   // what it gives next is from before, and not to be heard
    std::size_t stale_frames_ = 0;  // that are yet to come of it
    bool fades_in_ = false;         // after them
    bool needs_key_ = false;
    bool pressed_ = false;
};

template <class Deliver>
void CapturePath::push(dsp::Frame mid, dsp::Frame side, Deliver deliver) {
    change_kind();
    if (music_) {
        push_music(mid, side, deliver);
    } else {
        push_voice(mid, deliver);
    }
    faded_out_ = is_leaving();
}

template <class Deliver>
void CapturePath::push(dsp::Frame frame, Deliver deliver) {
    std::array<float, dsp::frame_samples> alike{};
    push(frame, alike, deliver);
}

template <class Deliver>
void CapturePath::push_music(dsp::Frame mid, dsp::Frame side, Deliver& deliver) {
    const bool open = !needs_key_ || pressed_;
    if (!open && !sender_.in_spurt()) {
        sender_.skip();
    } else {
        for (const auto frame : {mid, side}) {
            change_over(frame, open);
            leave(frame);
        }
        tell(mid, side);
        const auto spurt = open ? VoiceSender::Spurt::goes_on : VoiceSender::Spurt::ends;
        if (const auto packet = sender_.push(mid, side, spurt)) {
            deliver(*packet);
        }
    }
    was_open_ = open;
}

inline void CapturePath::change_over(dsp::Frame frame, bool open) const {
    if (open && !was_open_) {
        fade_in(frame);
    } else if (!open && was_open_) {
        fade_out(frame);
    } else if (!open) {
        std::ranges::fill(frame, 0.0F);
    }
}

template <class Deliver>
void CapturePath::push_voice(dsp::Frame frame, Deliver& deliver) {
    const bool open = process(frame);
    leave(frame);
    if (open) {
        send_open(frame, deliver);
    } else if (sender_.in_spurt()) {
        // The last packet says so; a long one may need a second frame.
        if (was_open_) {
            fade_out(frame);
        } else {
            std::ranges::fill(frame, 0.0F);
        }
        send(frame, VoiceSender::Spurt::ends, deliver);
    } else if (waiting_.keep(frame)) {
        sender_.skip();
    }
    was_open_ = open;
}

template <class Deliver>
void CapturePath::send_open(dsp::Frame frame, Deliver& deliver) {
    if (chain_ && !chain_->wants_pre_roll()) {
        drop_waiting();
    }
    bool first = !was_open_;
    while (auto kept = waiting_.take()) {
        if (std::exchange(first, false)) {
            fade_in(*kept);
        }
        send(*kept, VoiceSender::Spurt::catches_up, deliver);
    }
    if (first) {
        fade_in(frame);
    }
    send(frame, VoiceSender::Spurt::goes_on, deliver);
}

}  // namespace partyline::client
