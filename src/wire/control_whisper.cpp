#include "wire/control_whisper.hpp"

#include "wire/control_keys.hpp"
#include "wire/limits.hpp"

namespace partyline::wire {
SetWhisper read(const v1::SetWhisper& from, FieldReader& in) {
    return {
        .stream = in.whisper_stream("SetWhisper.stream", from.stream()),
        .sessions = in.list("SetWhisper.sessions", whisper_sessions_max, from.sessions(),
                            [](std::uint32_t session) { return SessionId{session}; }),
        .channels = in.list("SetWhisper.channels", whisper_channels_max, from.channels(),
                            [](std::uint32_t channel) { return ChannelId{channel}; }),
    };
}

WhisperMembers read(const v1::WhisperMembers& from, FieldReader& in) {
    return {
        .stream = in.whisper_stream("WhisperMembers.stream", from.stream()),
        .epoch = ChannelEpoch{from.epoch()},
        .members = in.list("WhisperMembers.members", page_entries_max, from.members(),
                           [&in](const v1::Member& member) { return read(member, in); }),
        .more = from.more(),
    };
}

WhisperChanged read(const v1::WhisperChanged& from, FieldReader& in) {
    return {
        .stream = in.whisper_stream("WhisperChanged.stream", from.stream()),
        .epoch = ChannelEpoch{from.epoch()},
        .joined = in.list("WhisperChanged.joined", page_entries_max, from.joined(),
                          [&in](const v1::Member& member) { return read(member, in); }),
        .left = in.list("WhisperChanged.left", page_entries_max, from.left(),
                        [](std::uint32_t session) { return SessionId{session}; }),
    };
}

WhisperOpened read(const v1::WhisperOpened& from, FieldReader& in) {
    return {
        .whisperer = read(from.whisperer(), in),
        .name = in.name("WhisperOpened.name", name_code_points_max, from.name()),
        .stream = in.whisper_stream("WhisperOpened.stream", from.stream()),
    };
}

WhisperClosed read(const v1::WhisperClosed& from, FieldReader& in) {
    return {.session = SessionId{from.session()},
            .stream = in.whisper_stream("WhisperClosed.stream", from.stream())};
}

void write(const SetWhisper& from, v1::SetWhisper& to) {
    to.set_stream(from.stream.value);
    for (const auto session : from.sessions) {
        to.add_sessions(session.value);
    }
    for (const auto channel : from.channels) {
        to.add_channels(channel.value);
    }
}

void write(const WhisperMembers& from, v1::WhisperMembers& to) {
    to.set_stream(from.stream.value);
    to.set_epoch(from.epoch.value);
    for (const auto& member : from.members) {
        write(member, *to.add_members());
    }
    to.set_more(from.more);
}

void write(const WhisperChanged& from, v1::WhisperChanged& to) {
    to.set_stream(from.stream.value);
    to.set_epoch(from.epoch.value);
    for (const auto& member : from.joined) {
        write(member, *to.add_joined());
    }
    for (const auto session : from.left) {
        to.add_left(session.value);
    }
}

void write(const WhisperOpened& from, v1::WhisperOpened& to) {
    write(from.whisperer, *to.mutable_whisperer());
    to.set_name(from.name);
    to.set_stream(from.stream.value);
}

void write(const WhisperClosed& from, v1::WhisperClosed& to) {
    to.set_session(from.session.value);
    to.set_stream(from.stream.value);
}

}  // namespace partyline::wire
