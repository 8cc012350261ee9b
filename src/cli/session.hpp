// One run of the program, from connecting to its exit code.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "cli/exit_code.hpp"
#include "cli/inbox.hpp"
#include "cli/options.hpp"
#include "cli/report.hpp"
#include "client/talkie.hpp"

namespace partyline::cli {

/// Turns events and lines into commands and reports, and knows when it is time to go. Owned and
/// called by the main loop; time is passed in.
class Session {
public:
    Session(const Options& options, Report& report, TimePoint now);

    /// The talkie that all events come from. It outlives the session.
    void attach(client::Talkie& talkie) { talkie_ = &talkie; }

    void take(const Item& item, TimePoint now);
    /// Ends in order.
    void interrupt(TimePoint now);
    /// Nobody takes what we print: ends in order.
    void output_lost(TimePoint now);
    /// To be called now and then, and at deadline().
    void tick(TimePoint now);

    /// Whether it is time to read standard input: what --join asked for is done.
    [[nodiscard]] bool wants_input() const { return ready_ && !options_.one_shot; }
    /// Until when nothing will happen by itself.
    [[nodiscard]] TimePoint deadline() const;
    /// Set when all is over.
    [[nodiscard]] std::optional<ExitCode> exit_code() const;
    /// The exit code then, if the files that are still written cannot be closed.
    [[nodiscard]] ExitCode cut_short() const;

private:
    enum class Phase : std::uint8_t { connecting, connected, leaving, over };

    void wait_for_no_answer(TimePoint now);
    void on_event(const TalkieEvent& event, TimePoint now);
    void on(const client::Connected& event, TimePoint now);
    void on(const client::Disconnected& event, TimePoint now);
    void on(const client::RoomsChanged& event, TimePoint now);
    void on(const client::RoomEntered& event, TimePoint now);
    void on(const client::RoomLeft& event, TimePoint now);
    void on(const client::HistoryReceived& event, TimePoint now);
    void on(const client::RolesReceived& event, TimePoint now);
    void on(const client::RoomRulesReceived& event, TimePoint now);
    void on(const client::Explained& event, TimePoint now);
    void on(const client::Administered& event, TimePoint now);
    void on(const client::BansReceived& event, TimePoint now);
    void on(const client::AuditReceived& event, TimePoint now);
    void on(const client::TextReceived& event, TimePoint now);
    void on(const client::LetterAccepted& event, TimePoint now);
    void on(const client::LettersReceived& event, TimePoint now);
    void on(const client::UnreadReceived& event, TimePoint now);
    void on(const client::InviteMade& event, TimePoint now);
    void on(const client::InvitesReceived& event, TimePoint now);
    void on(const client::InviteUsed& event, TimePoint now);
    void on(const client::AccountChanged& event, TimePoint now);
    void on(const client::DevicesReceived& event, TimePoint now);
    void on(const client::Done& event, TimePoint now);
    void on(const client::Refused& event, TimePoint now);
    void on(const client::MicFinished& event, TimePoint now);
    void on(const client::DeviceChanged& event, TimePoint now);
    void on(const client::RecordingChanged& event, TimePoint now);
    template <class Other>
    void on(const Other&, TimePoint) {}

    void on_line(const std::string& line, TimePoint now);
    void on_input_end(TimePoint now);
    /// The room is what it was asked to be, or will not be: what waited for that goes on.
    /// Does what waited for the answer to this command, if it is the one that was awaited.
    void go_on_after(std::string_view command, TimePoint now);
    /// What was to be said in a room that we could not get into is said in no other.
    void drop_waiting_texts();
    void perform(const Command& command, TimePoint now);
    /// Asks for it, or says what is missing.
    void perform_account(std::string_view word, Result<client::AccountCommand> command,
                         TimePoint now);
    /// What a one-shot asks of the server and waits for, as Refused names it; nothing for others.
    static std::string_view awaited_word(const Command& command);
    /// The one thing that was asked for is done.
    void answered(std::string_view command, TimePoint now);
    void administer(const Administer& command);
    Result<void> enter(const std::string& room, const std::string& password);
    void correspond(const Letters& command, TimePoint now);
    void invite(const Invites& command, TimePoint now);
    void whisper(const Whispers& command);
    void change_voice(const Voice& change);
    void record(const Recording& recording);
    void change_hearing(const Hearing& change);
    void enter_first_room(TimePoint now);
    void get_ready(TimePoint now);

    void finish(ExitCode code, TimePoint now);
    void give_up(const Error& error, ExitCode code, TimePoint now);
    [[nodiscard]] View view() const;

    const Options& options_;
    Report& report_;
    client::Talkie* talkie_ = nullptr;

    Phase phase_ = Phase::connecting;
    ExitCode code_ = ExitCode::fine;
    SessionId self_{};
    TimePoint give_up_at_;                // connecting or leaving takes too long
    std::optional<TimePoint> finish_at_;  // --for, or the last words
    std::optional<TimePoint> accept_by_;  // a one-shot `say` waits
    bool joined_ = false;                 // --join was asked of the server
    /// A change of room is on its way to the server. What a script asks for after it waits, so that
    /// `move` and `say` in one breath say it there.
    std::string awaited_;  // the command, as Refused would name it, that the next lines wait for
    std::deque<Item> waiting_;  // lines, and perhaps their end, in order
    bool away_ = false;         // the connection is lost, and another is tried for
    bool ready_ = false;        // connected, and in the room of --join
    bool muted_;
    bool deafened_;
    client::CaptureSettings capture_;
    client::CaptureSettings voice_;  // as it last was while it was no music
    unsigned texts_heard_ = 0;
    bool file_failed_ = false;
    bool recording_ = false;
};

}  // namespace partyline::cli
