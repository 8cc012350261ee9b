// The thread that speaks: frames from the microphone, sealed and on their way.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

#include "audio/source.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "client/capture_path.hpp"
#include "client/voice_identity.hpp"
#include "client/voice_link.hpp"
#include "client/voice_sender.hpp"

namespace partyline::client {

/// Paced by its source. Not made at all without a microphone. Owned by the talkie's control
/// thread.
class VoiceUp final : private SentListener {
public:
    /// Source, link and clock outlive it. Capture waits for begin(), so that the first words of a file
    /// are not spoken to nobody.
    static Result<std::unique_ptr<VoiceUp>> start(const VoiceIdentity& identity, VoiceLink& link,
                                                  audio::Source& source, const Clock& clock,
                                                  const UseCapture& capture);
    /// [control] Stops the source and joins the thread.
    ~VoiceUp() override;
    VoiceUp(const VoiceUp&) = delete;
    VoiceUp& operator=(const VoiceUp&) = delete;

    /// [control] Once.
    void begin();

private:
    enum class Stage : std::uint8_t { waiting, capturing, ending };

    VoiceUp(VoiceSender sender, VoiceLink& link, audio::Source& source, const Clock& clock,
            const UseCapture& capture);

    // [voice-up]
    void run();
    void take_commands();
    void take(std::monostate) {}
    void take(const UseSenderKey& command) { sender_.set_key(command.key, command.stream); }
    void take(const SetRoute& command);
    void take(const SetFrameLength& command);
    void take(const SetBitrateCap& command);
    void take(const SetOpen& command);
    void take(const SetStream& command);
    void take(const UseCapture& command);
    void take(const SetPressed& command) { path_.press(command.pressed); }
    void take(const MicrophoneChanged&) { path_.microphone_changed(); }
    void take(const LoudspeakerChanged&) { path_.loudspeaker_changed(); }
    void take(const UseHop& command);
    void take_loss();
    void hear_played();
    void record_captured(dsp::ConstFrame frame);
    void sent(dsp::MediaTime time, dsp::ConstFrame frame) override;
    void deliver(ByteView datagram);
    void report();
    bool send_report(VoiceReport report);

    // Given.
    VoiceLink& link_;
    audio::Source& source_;
    const Clock& clock_;

    // Owned by the thread.
    std::shared_ptr<Hop> hop_;  // that the sender uses
    VoiceSender sender_;
    CapturePath path_;
    std::uint64_t last_pong_ = 0;
    std::uint64_t frames_read_ = 0;
    TimePoint newest_read_;
    TimePoint newest_from_;  // when the first sample of the newest frame was captured
    std::optional<dsp::MediaTime> next_sent_;  // if what is sent goes on without a gap
    std::int64_t sent_late_samples_ = 0;       // by the chain
    SpurtChanged told_spurt_;
    CaptureLoad told_load_;
    bool told_started_;  // or by the one before us
    bool told_finished_;

    std::atomic<Stage> stage_{Stage::waiting};
    std::thread thread_;
};

}  // namespace partyline::client
