// One speaker: what they say to our room and what they whisper to us, each a stream of its own.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <memory>

#include "base/ids.hpp"
#include "client/limits.hpp"
#include "client/speaker_stream.hpp"
#include "client/voice_identity.hpp"
#include "client/voice_receiver.hpp"

namespace partyline::client {

/// Lives as long as the speaker's session is known, in our room or not, because its streams must.
/// Owned by VoiceReceiver. One thread.
class Speaker {
public:
    Speaker(const VoiceIdentity& identity, SessionId session)
        : identity_(identity), session_(session) {}

    [[nodiscard]] bool is_heard_on(StreamId stream) const {
        return stream.value < streams_max && heard_.test(stream.value);
    }
    void hear(StreamId stream) { heard_.set(stream.value); }
    void hear_no_more(StreamId stream) { heard_.reset(stream.value); }

    /// Made when it is first asked for.
    SpeakerStream& stream(StreamId stream) {
        auto& made = streams_[stream.value];
        if (!made) {
            made = std::make_unique<SpeakerStream>(
                identity_, SpeakerStream::Name{.speaker = session_, .stream = stream});
            made->heard_as = heard_as_;
        }
        return *made;
    }
    void set_hearing(HeardAs heard_as) {
        heard_as_ = heard_as;
        each([heard_as](SpeakerStream& stream) { stream.heard_as = heard_as; });
    }
    /// Null for one that nothing has come on yet.
    [[nodiscard]] SpeakerStream* find(StreamId stream) const {
        return streams_[stream.value].get();
    }
    /// Those that something has come on.
    template <class Visit>
    void each(const Visit& visit) const {
        for (const auto& stream : streams_) {
            if (stream) {
                visit(*stream);
            }
        }
    }

    [[nodiscard]] SpeakerStats stats() const {
        SpeakerStats stats{.speaker = session_};
        each([&stats](const SpeakerStream& stream) { stream.add_to(stats); });
        return stats;
    }
    [[nodiscard]] bool ever_heard() const {
        bool heard = false;
        each([&heard](const SpeakerStream& stream) { heard = heard || stream.ever_heard(); });
        return heard;
    }

private:
    // Given.
    VoiceIdentity identity_;
    SessionId session_;

    // Owned. Few speakers ever whisper to us.
    std::array<std::unique_ptr<SpeakerStream>, streams_max> streams_;
    std::bitset<streams_max> heard_;
    HeardAs heard_as_;
};

}  // namespace partyline::client
