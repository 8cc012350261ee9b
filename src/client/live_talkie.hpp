// The talkie's control thread, and what it shares with those who call in.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "audio/source.hpp"
#include "base/clock.hpp"
#include "client/backoff.hpp"
#include "client/control_lane.hpp"
#include "client/handshake.hpp"
#include "client/model_view.hpp"
#include "client/recorder.hpp"
#include "client/room_recording.hpp"
#include "client/session.hpp"
#include "client/talkie.hpp"
#include "client/voice_down.hpp"
#include "client/voice_link.hpp"
#include "client/voice_up.hpp"
#include "client/volumes.hpp"
#include "crypto/identity.hpp"
#include "net/gate.hpp"
#include "net/loop.hpp"
#include "net/tls.hpp"

namespace partyline::client {

/// Three threads: control runs the loop and owns everything here; it starts and joins voice-up and
/// voice-down. Callers post commands to the loop, and read copies.
class LiveTalkie final : public Talkie, private SessionPort, private RecordingPort {
public:
    struct Parts {
        Settings settings;
        crypto::Identity identity;
        std::unique_ptr<audio::Source> source;  // none without a microphone
        std::unique_ptr<audio::Sink> sink;
        Volumes volumes;
        std::function<void(const Event&)> on_event;
    };
    explicit LiveTalkie(Parts parts);
    ~LiveTalkie() override;

    void join(ChannelId channel, std::string password) override;
    void leave() override;
    void say(std::string text) override;
    void history(MessageId before, std::uint32_t texts) override;
    void edit(MessageId id, std::string text) override;
    void erase(MessageId id) override;
    void account(AccountCommand command) override;
    void set_self_state(bool mute, bool deafen) override;
    void set_priority(bool on) override;
    void set_volume(SessionId session, Volume volume) override;
    void administer(Administration command) override;
    void letters(LetterCommand command) override;
    void invites(InviteCommand command) override;
    void whisper(WhisperCommand command) override;
    void record(RecordRoom wish) override;
    void stop_recording() override;
    void set_capture(CaptureSettings settings) override;
    void talk(bool pressed) override;
    void disconnect() override;

    [[nodiscard]] std::vector<Room> rooms() const override;
    [[nodiscard]] std::vector<Person> people() const override;
    [[nodiscard]] std::optional<ChannelId> current_room() const override;
    [[nodiscard]] VoiceStats voice_stats() const override;

private:
    struct HeardView {
        std::vector<HeardStats> heard;
        double round_trip_ms = 0;
        Lane lane = Lane::tunnel;
    };

    /// One connection to the server, and what waits on it.
    struct Connection {
        Connection(net::Loop& loop, const Clock& clock, const net::TlsContext& tls)
            : lane(loop, clock, tls), gate(loop) {}
        ControlLane lane;
        net::Gate gate;
    };

    // All below: [control].
    net::task<> live();
    net::task<Error> stay();
    /// One connection from first to last; why it ended.
    net::task<Error> try_once();
    net::task<> pause(const Error& reason);
    [[nodiscard]] bool may_return(const Error& reason) const;
    net::task<Error> talk();
    net::task<Result<void>> come_in();
    net::task<Result<void>> log_in(const TrustedServer& server,
                                   const crypto::ExporterValue& exporter, TimePoint deadline);
    /// True if our seat was kept and is ours again.
    net::task<Result<bool>> take_up(const TrustedServer& server,
                                    const crypto::ExporterValue& exporter, TimePoint deadline);
    /// Of this connection.
    [[nodiscard]] Result<std::shared_ptr<Hop>> make_hop(std::uint8_t epoch) const;
    [[nodiscard]] std::shared_ptr<UdpWay> find_way() const;
    /// Whether the server may still have our seat, now that the connection has ended for `reason`.
    [[nodiscard]] bool seat_may_be_kept(const Error& reason) const;
    net::task<> end_session();
    void take(const wire::ServerMessage& message);
    void do_early_work();
    net::task<Result<wire::ServerMessage>> receive_before(TimePoint deadline);
    /// The server's answer to a Login or Resume.
    net::task<Result<wire::ServerMessage>> ask_for_seat(const TrustedServer& server,
                                                        wire::ClientMessage request,
                                                        TimePoint deadline);
    [[nodiscard]] Result<void> sit_down(const TrustedServer& server, const wire::Welcome& welcome,
                                        crypto::AgreementKey agreement);
    net::task<> tick_along(net::Gate::Pass pass);
    net::task<> take_reports(net::Gate::Pass pass);
    net::task<> say_farewell(net::Gate::Pass pass);
    void drain_reports();
    /// Ends this connection; whether another follows depends on the reason.
    void begin_end(Error reason);
    void end_as_asked();
    /// What a person asks for.
    struct Wish {
        std::string_view command;  // as Refused calls it
        std::string text;          // that is to be said or sent, if it is that
        std::move_only_function<void(Session&)> work;
    };
    /// Fulfils it on the control thread, once connected and unless it has ended.
    void post(Wish wish);
    void do_now(Wish& wish);
    /// False, and refused, if too much waits already.
    bool do_later(Wish wish);
    /// After the last connection: refuses what nobody has heard of.
    void refuse_undone(const Error& reason);
    [[nodiscard]] bool is_connected() const {
        return session_ && session_->model().ready() && !session_->away();
    }
    /// The connection is lost, and our seat is kept.
    [[nodiscard]] bool is_away() const { return session_ && session_->away(); }
    void publish();
    [[nodiscard]] HeardView heard_now() const;
    // Voice (live_voice.cpp).
    void watch_devices();
    void end_sound();
    void close_devices();
    /// With the chain and the encoder of music, once they are needed.
    UseCapture capture_now();
    void use_capture(const CaptureSettings& settings);
    [[nodiscard]] MusicRate music_rate() const;
    /// Where the room leaves too little for it. Whether it was on, and is a voice now.
    bool refuse_music();
    void tell_music_rate();
    // Recording (live_recording.cpp).
    void recording_is_whole(const RecordingChanged& end);
    [[nodiscard]] std::string track_name(const Track& track) const;

    // SessionPort, and emit() of RecordingPort.
    void send(const wire::ClientMessage& message) override;
    void emit(const Event& event) override;
    void to_up(UpCommand command) override;
    void to_down(DownCommand command) override;
    void begin_voice() override;
    void begin_playout() override;
    void begin_capture() override;
    void may_record(bool may) override;
    void end(Error reason) override;

    // RecordingPort.
    [[nodiscard]] bool can_ask() const override { return is_connected() || is_away(); }
    void ask_to_record(bool wanted) override;
    void keep(const RecordRoom& wish) override { recorder_.start(wish); }
    void keep_no_more(std::optional<Error> why) override { recorder_.stop(std::move(why)); }

    // Given.
    const Settings settings_;
    const crypto::Identity identity_;
    const std::unique_ptr<audio::Source> source_;
    const std::unique_ptr<audio::Sink> sink_;
    const std::function<void(const Event&)> on_event_;
    const SystemClock clock_;

    // Read by anybody.
    ModelView view_;
    std::atomic<std::shared_ptr<const HeardView>> heard_view_;
    UpCounters up_counters_;

    // Owned by the control thread, in the order in which they may die.
    const net::TlsContext tls_;  // of each connection
    net::Loop loop_;
    Recorder recorder_;
    RoomRecording recording_{*this};
    net::Event recording_over_;
    net::Event tick_wanted_;
    net::Event pause_over_;
    // Of one connection: made and dropped with it.
    std::unique_ptr<Connection> connection_;
    // Of one session, which may outlive its connection.
    std::unique_ptr<net::Gate> session_gate_;
    Bytes resume_token_;
    Duration seat_kept_{};       // after a loss
    TimePoint seat_kept_until_;  // while the session is away
    std::unique_ptr<VoiceLink> link_;
    std::unique_ptr<net::ReadWatch> reports_;
    std::optional<Session> session_;
    std::unique_ptr<VoiceDown> down_;
    std::unique_ptr<VoiceUp> up_;
    std::optional<Error> lost_;  // why this connection is to end
    // Of all of them.
    Volumes volumes_;
    CaptureSettings capture_;
    CaptureSettings voice_;  // as it last was while it was no music
    bool pressed_ = false;
    // One voice-up at a time has these, too.
    std::shared_ptr<dsp::CaptureChain> chain_;
    std::shared_ptr<dsp::OpusEncoder> music_;
    unsigned music_told_bps_ = 0;
    Backoff backoff_;
    Estate estate_;
    TimePoint connected_at_;
    bool try_at_once_ = false;  // and back off only then
    std::vector<Wish> early_;   // what was asked while we were not connected
    bool leaving_ = false;      // disconnect() was asked for
    bool all_sent_ = false;     // as we left, what was asked for went out before
    bool ended_ = false;        // Disconnected was told
    std::uint64_t heard_shown_ = 0;

    std::thread thread_;
};

}  // namespace partyline::client
