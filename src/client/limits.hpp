// Every bound that the talkie itself keeps, in one place. Those of the wire are wire's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace partyline::client {

// Frames that outrun their key wait for it.
inline constexpr std::size_t waiting_frames_max =
    25;  // for each known member: a burst with all the pre-roll, and some more
inline constexpr std::chrono::milliseconds waiting_time_max{200};
/// Only what has waited this long is asked for: most keys are on their way already.
inline constexpr std::chrono::milliseconds key_request_after{100};
inline constexpr std::chrono::seconds key_request_interval{1};  // for each speaker
static_assert(key_request_after < waiting_time_max);

// Speakers whose decoder is kept; the one silent for longest makes room. Of as many who have left the end is heard.
inline constexpr std::size_t playouts_max = 128;
inline constexpr std::chrono::seconds playout_idle_max{60};
/// Those whose session has ended and whose figures are still told.
inline constexpr std::size_t departed_stats_max = 256;
/// The room and seven whisper target sets.
inline constexpr std::size_t streams_max = 8;
/// Who may whisper to us at a time, by stream; beyond that they are not heard.
inline constexpr std::size_t whisperers_max = 4096;
/// How often the receiver looks after those who are silent.
inline constexpr std::chrono::seconds receiver_upkeep_interval{1};
/// With fewer packets expected than this, loss is not told yet: one would be too many per mille.
inline constexpr std::uint64_t loss_report_packets_min = 20;

// Sender keys (docs/protocol.md, "Sender keys").
inline constexpr std::chrono::milliseconds step_interval_min{20};
inline constexpr std::chrono::minutes step_after_talk{5};
inline constexpr std::chrono::milliseconds rotation_confirm_max{500};
inline constexpr std::chrono::seconds rotation_interval_min{1};
inline constexpr std::chrono::milliseconds rotation_interval_per_member{2};
inline constexpr std::chrono::seconds share_retry_after{1};
// Keys of members come unasked in small rooms; when they do not:
inline constexpr std::chrono::seconds member_keys_patience{1};
inline constexpr std::chrono::seconds member_keys_retry_after{5};
inline constexpr std::chrono::seconds keyless_grace{3};
inline constexpr std::chrono::milliseconds key_exchange_idle_tick{250};
/// Of one member, until we know its keys: as many as a receiver keeps generations.
inline constexpr std::size_t early_shares_max = 3;
/// Of one set of ours; beyond that whoever a server tells of is not given our key.
inline constexpr std::size_t whisper_members_max = 1024;
/// After a lost seat, how often a set is asked for again as those in it come back one by one.
inline constexpr std::chrono::seconds whisper_set_interval{1};
/// In large rooms, how long after a talk spurt newcomers are still given our key unasked.
inline constexpr std::chrono::seconds talk_hold{10};

// The voice lane.
inline constexpr std::chrono::seconds ping_interval_idle{15};
inline constexpr std::chrono::seconds ping_interval_busy{1};
/// Between the repeats of a ping that is overdue, unless the round trip is longer.
inline constexpr std::chrono::milliseconds ping_repeat_interval{250};
inline constexpr std::chrono::seconds pong_patience{2};
inline constexpr unsigned pongs_to_return = 3;

// The control lane.
// A lost connection is noticed before anybody asks why it is so quiet.
inline constexpr std::chrono::seconds control_ping_interval{4};
inline constexpr std::chrono::seconds control_silence_max{10};
inline constexpr std::chrono::seconds connect_time_max{10};
inline constexpr std::chrono::hours device_renewal_interval{24};
inline constexpr std::size_t requests_outstanding_max = 4096;
/// What may be asked of a talkie before it is connected, and while it is not.
inline constexpr std::size_t early_commands_max = 64;
/// Beyond this the server does not read what we say: the connection ends.
inline constexpr std::size_t outgoing_bytes_max = 4 * 1024 * 1024;
// Late voice is of no use: what has waited so long for the tunnel is dropped, and beyond so much the oldest.
inline constexpr std::chrono::milliseconds outgoing_voice_time_max{200};
inline constexpr std::size_t outgoing_voice_bytes_max = 32 * 1024;
inline constexpr std::chrono::milliseconds farewell_time_max{500};

// Getting back after a loss.
inline constexpr std::chrono::milliseconds backoff_first{500};
/// However long a server was down, everybody is back within ten seconds of its return.
inline constexpr std::chrono::seconds backoff_max{8};
/// Where our room is not to be had any more: so many others are asked for, one after the other.
inline constexpr std::size_t other_rooms_max = 16;

// What music is sent with, unless the room leaves less. Below the least it is a voice instead.
inline constexpr unsigned music_bps = 128'000;
inline constexpr unsigned music_bps_min = 32'000;

/// People whose volume is kept.
inline constexpr std::size_t volumes_max = 4096;

/// Of direct messages that came while nobody was here: the latest that are looked up at a login. One page
/// each, and a server gives twenty at once.
inline constexpr std::size_t missed_conversations_max = 10;

// A trial of the voice chain.
inline constexpr std::uint64_t trial_seconds_max = 12 * 3600;

// Recording (docs/recording.md).
inline constexpr std::size_t recording_tracks_max = 128;
inline constexpr std::size_t track_name_bytes_max = 100;
/// Of those who have gone: a track of theirs that has no file yet is still to be named.
inline constexpr std::size_t gone_names_max = recording_tracks_max;
inline constexpr std::chrono::hours recording_time_max{6};
/// How long the end of the program waits for what is still to be written: of one who first spoke just now, after nearly
/// six hours, that is 11 s of silence.
inline constexpr std::chrono::seconds recording_end_max{15};
/// By how much the place of a frame may differ from where the one before it ended.
inline constexpr std::int64_t recording_slack_samples = 4'800;  // 100 ms
/// Of a FLAC track so much silence is written along with a frame; of what is more, as of somebody who first speaks
/// after hours, so much of all tracks together each time. That takes about 0.12 s; six hours are made up for in half a
/// minute.
inline constexpr std::int64_t recording_silence_at_once_samples = 48'000;          // 1 s
inline constexpr std::int64_t recording_silence_each_time_samples = 240 * 48'000;  // 4 min
/// What waits in memory for that silence, in frames of 10 ms: 200 s of one voice, 38 MB.
inline constexpr std::size_t recording_late_frames_max = 20'000;
/// What may wait for a slow disk, in frames of 10 ms: five seconds of our own two tracks, and of eight voices at once.
inline constexpr std::size_t recording_up_frames_max = 1'000;
inline constexpr std::size_t recording_down_frames_max = 4'000;

// Queues between the threads (docs/threads.md).
inline constexpr std::size_t voice_commands_max = 1024;
inline constexpr std::size_t voice_backlog_max = 64 * 1024;  // more than a room has members
inline constexpr std::size_t voice_reports_max = 1024;
inline constexpr std::size_t tunnel_datagrams_max = 64;
inline constexpr std::size_t played_samples_max = 16 * 1024;  // for echo cancelling: 340 ms

// The voice threads.
inline constexpr std::size_t receive_batch_max = 256;
inline constexpr std::size_t frames_caught_up_max = 5;

}  // namespace partyline::client
