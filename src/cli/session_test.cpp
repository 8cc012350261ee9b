#include "cli/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <format>
#include <sstream>
#include <vector>

#include "cli/limits.hpp"

namespace partyline::cli {
namespace {

using std::chrono::seconds;

/// Notes what it is asked to do.
class FakeTalkie final : public client::Talkie {
public:
    void join(ChannelId channel, std::string) override {
        asked.push_back(std::format("join {}", channel.value));
    }
    void leave() override { asked.emplace_back("leave"); }
    void say(std::string text) override { asked.push_back("say " + text); }
    void history(MessageId before, std::uint32_t texts) override {
        asked.push_back(std::format("history {} {}", texts, before.value));
    }
    void edit(MessageId id, std::string text) override {
        asked.push_back(std::format("edit {} {}", id.value, text));
    }
    void erase(MessageId id) override { asked.push_back(std::format("delete {}", id.value)); }
    void account(client::AccountCommand command) override {
        asked.push_back(std::format("account {}", command.index()));
        account_asked = std::move(command);
    }
    void set_self_state(bool mute, bool deafen) override {
        asked.push_back(std::format("state {} {}", mute, deafen));
    }
    void set_priority(bool on) override { asked.emplace_back(on ? "priority" : "no priority"); }
    void set_volume(SessionId session, client::Volume volume) override {
        asked.push_back(
            std::format("volume {} {} {}", session.value, volume.gain_db, volume.muted));
    }
    void administer(client::Administration command) override {
        asked.push_back(std::format("administer {}", client::word_for(command)));
    }
    void letters(client::LetterCommand command) override {
        asked.emplace_back(client::word_for(command));
    }
    void invites(client::InviteCommand) override { asked.emplace_back("invite"); }
    void whisper(client::WhisperCommand command) override {
        asked.push_back(std::format("whisper {}", command.index()));
    }
    void record(client::RecordRoom wish) override {
        asked.push_back(
            (wish.kind == client::RecordingKind::everything ? "record all " : "record ") +
            wish.folder + (wish.format == client::RecordingFormat::opus ? " opus" : ""));
    }
    void stop_recording() override { asked.emplace_back("stop recording"); }
    void set_capture(client::CaptureSettings settings) override {
        asked.push_back(std::format("capture {} {} {}{}", static_cast<int>(settings.noise),
                                    static_cast<int>(settings.activation), settings.gain,
                                    settings.music ? " music" : ""));
    }
    void talk(bool pressed) override { asked.emplace_back(pressed ? "talk" : "hush"); }
    void disconnect() override { asked.emplace_back("disconnect"); }
    [[nodiscard]] std::vector<client::Room> rooms() const override { return tree; }
    [[nodiscard]] std::vector<client::Person> people() const override { return {}; }
    [[nodiscard]] std::optional<ChannelId> current_room() const override { return std::nullopt; }
    [[nodiscard]] client::VoiceStats voice_stats() const override { return {}; }

    std::vector<std::string> asked;
    client::AccountCommand account_asked;
    std::vector<client::Room> tree{{.id = ChannelId{1}, .name = "Lobby"},
                                   {.id = ChannelId{2}, .name = "Den"}};
};

struct Rig {
    explicit Rig(Options with) : options(std::move(with)) { session.attach(talkie); }

    void event(client::Event event) {
        session.take(TalkieEvent{.event = std::move(event), .at = clock.now()}, clock.now());
    }
    void line(std::string text) { session.take(InputLine{std::move(text)}, clock.now()); }
    void pass(Duration time) {
        clock.advance(time);
        session.tick(clock.now());
    }
    void end() { event(client::Disconnected{.error = {.code = ErrorCode::closed}}); }

    const Options options;
    ManualClock clock;
    std::ostringstream out;
    std::ostringstream complaints;
    std::unique_ptr<Report> report = make_text_report(out, complaints);
    FakeTalkie talkie;
    Session session{options, *report, clock.now()};
};

using Asked = std::vector<std::string>;

TEST(Session, JoinsThenReadsInputThenObeys) {
    Rig rig({.join = "Lobby", .start_muted = true});
    rig.event(client::Connected{.session = SessionId{1}});
    EXPECT_FALSE(rig.session.wants_input());
    rig.event(client::RoomEntered{.channel = ChannelId{1}});
    EXPECT_TRUE(rig.session.wants_input());
    for (const auto* line : {"unmute", "deafen", "say hi", "", "move Den"}) {
        rig.line(line);
    }
    rig.event(client::RoomEntered{.channel = ChannelId{2}});
    rig.line("leave");
    rig.event(client::RoomLeft{});
    rig.line("quit");
    EXPECT_EQ(rig.talkie.asked,
              (Asked{"state true false", "join 1", "state false false", "state false true",
                     "say hi", "join 2", "leave", "disconnect"}));
    EXPECT_FALSE(rig.session.exit_code());
    rig.end();
    EXPECT_EQ(rig.session.exit_code(), ExitCode::fine);
    EXPECT_EQ(rig.complaints.str(), "");
}

TEST(Session, RecordingsAreOfTheFormatThatWasAskedForLast) {
    Rig rig({.join = "Lobby",
             .record_folder = "fault",
             .record_format = client::RecordingFormat::opus});
    rig.event(client::Connected{.session = SessionId{1}});
    rig.event(client::RoomEntered{.channel = ChannelId{1}});
    for (const auto* line :
         {"record off", "record a", "record off", "record --format flac b", "record off"}) {
        rig.line(line);
    }
    EXPECT_EQ(rig.talkie.asked,
              (Asked{"join 1", "record all fault opus", "stop recording", "record a opus",
                     "stop recording", "record b", "stop recording"}));
}

TEST(Session, WhatComesAfterAMoveWaitsForIt) {
    Rig rig({});
    rig.event(client::Connected{});
    for (const auto* line :
         {"say here", "move Den", "say there", "leave", "move Lobby", "say back"}) {
        rig.line(line);
    }
    EXPECT_EQ(rig.talkie.asked, (Asked{"say here", "join 2"}));
    rig.event(client::RoomEntered{.channel = ChannelId{2}});
    EXPECT_EQ(rig.talkie.asked, (Asked{"say here", "join 2", "say there", "leave"}));
    rig.event(client::RoomLeft{});
    rig.session.take(InputEnded{}, rig.clock.now());
    EXPECT_FALSE(rig.session.exit_code());
    rig.event(client::RoomEntered{.channel = ChannelId{1}});
    EXPECT_EQ(rig.talkie.asked, (Asked{"say here", "join 2", "say there", "leave", "join 1",
                                       "say back", "disconnect"}));
}

TEST(Session, WhatIsWhisperedWaitsForTheSet) {
    Rig rig({});
    rig.event(client::Connected{});
    for (const auto* line : {"whisper set 1 #Den", "whisper 1", "say hi", "whisper set 2 nobody"}) {
        rig.line(line);
    }
    EXPECT_EQ(rig.talkie.asked, (Asked{"whisper 0"}));
    rig.event(client::WhisperSet{.stream = StreamId{1}, .members = {SessionId{9}}});
    EXPECT_EQ(rig.talkie.asked.size(), 1U) << "a set may change at any time";
    rig.event(client::Done{"whisper"});
    rig.event(client::Done{"whisper"});
    EXPECT_EQ(rig.talkie.asked, (Asked{"whisper 0", "whisper 1", "say hi"}));
    EXPECT_EQ(rig.complaints.str(), "\"nobody\" is not here\n");
}

TEST(Session, WhatComesAfterPriorityWaitsForTheAnswer) {
    Rig rig({});
    rig.event(client::Connected{});
    for (const auto* line : {"volume nobody 50%", "priority on", "say hear me"}) {
        rig.line(line);
    }
    EXPECT_EQ(rig.talkie.asked, (Asked{"priority"}));
    rig.event(client::Done{"priority"});
    EXPECT_EQ(rig.talkie.asked, (Asked{"priority", "say hear me"}));
    EXPECT_TRUE(rig.complaints.str().contains("nobody here is called \"nobody\""));
}

TEST(Session, MusicThatWasRefusedIsNotAskedForAgainByTheNextLine) {
    Rig rig({});
    rig.event(client::Connected{});
    rig.line("voice music");
    rig.event(client::Refused{.command = "music", .error = {.message = "too little"}});
    rig.line("gain on");
    EXPECT_EQ(rig.talkie.asked, (Asked{"capture 0 3 false music", "capture 0 3 true"}));
}

TEST(Session, AScriptEndsNotBeforeItsAnswers) {
    Rig rig({});
    rig.event(client::Connected{});
    for (const auto* line : {"history 5 12", "edit 3 the", "delete 4"}) {
        rig.line(line);
    }
    rig.session.take(InputEnded{}, rig.clock.now());
    EXPECT_EQ(rig.talkie.asked, (Asked{"history 5 12"}));
    rig.event(client::HistoryReceived{
        .texts = {{.id = MessageId{7}, .name = "bob\033", .text = "teh", .edited_unix_ms = 1},
                  {.id = MessageId{8}, .name = "ann", .deleted = true}},
        .more = true});
    EXPECT_EQ(rig.talkie.asked.back(), "edit 3 the");
    rig.event(client::Refused{.command = "edit", .error = {.message = "not yours"}});
    EXPECT_EQ(rig.talkie.asked.back(), "delete 4");
    // What becomes of texts and letters, one's own or another's, is no answer to us.
    rig.event(client::TextChanged{.text = {.own = true, .deleted = true}});
    rig.event(client::LetterChanged{.letter = {.own = false, .deleted = true}});
    EXPECT_EQ(rig.talkie.asked.back(), "delete 4");
    rig.event(client::Done{"delete"});
    EXPECT_EQ(rig.talkie.asked.back(), "disconnect");
    EXPECT_NE(rig.out.str().find("<bob?> teh (edited)"), std::string::npos) << rig.out.str();
    EXPECT_NE(rig.out.str().find("<ann> (deleted)"), std::string::npos) << rig.out.str();
    EXPECT_NE(rig.out.str().find("older ones: history 20 7"), std::string::npos) << rig.out.str();
}

TEST(Session, AnAccountsCommandsTakeThePasswordFromElsewhereAndWait) {
    Rig rig({.password = "secret", .new_password = "better", .label = "bot"});
    rig.event(client::Connected{});
    rig.out.str("");
    for (const auto* line :
         {"claim Ada", "link Ada", "password", "devices", "unlink D", "owner T"}) {
        rig.line(line);
    }
    const auto& claim = std::get<client::ClaimAccount>(rig.talkie.account_asked);
    EXPECT_EQ(claim.name + claim.password + claim.label, "Adasecretbot");
    rig.event(client::AccountChanged{
        .command = "claim", .name = "Ada", .recovery_code = "7Q2KX-0M9RD-EV4WT-1H8NA"});
    EXPECT_EQ(std::get<client::LinkDevice>(rig.talkie.account_asked).secret, "secret");
    rig.event(client::Refused{.command = "link", .error = {.message = "it is"}});
    const auto& change = std::get<client::ChangePassword>(rig.talkie.account_asked);
    EXPECT_EQ(change.current + change.password, "secretbetter");
    rig.event(client::AccountChanged{.command = "password", .name = "Ada"});
    EXPECT_TRUE(std::holds_alternative<client::ListDevices>(rig.talkie.account_asked));
    rig.event(client::DevicesReceived{
        .name = "Ada", .owner = true, .devices = {{.device = "D", .own = true, .label = "bot"}}});
    EXPECT_EQ(std::get<client::UnlinkDevice>(rig.talkie.account_asked).device, "D");
    rig.event(client::Done{"unlink"});
    EXPECT_EQ(std::get<client::BecomeOwner>(rig.talkie.account_asked).token, "T");
    EXPECT_EQ(rig.out.str(),
              "this device is linked to the account Ada\n"
              "write down this recovery code, it is shown only now: 7Q2KX-0M9RD-EV4WT-1H8NA\n"
              "link was refused: it is\n"
              "a new password for the account Ada\n"
              "Ada, who owns the server\n"
              "  D  bot  (this one)\n"
              "unlink: done\n");
}

TEST(Session, ANewRecoveryCodeIsAskedForWithThePassword) {
    Rig rig({.password = "secret", .one_shot = RecoveryCode{}});
    rig.event(client::Connected{});
    rig.event(client::RoomsChanged{});
    EXPECT_EQ(std::get<client::RenewRecoveryCode>(rig.talkie.account_asked).password, "secret");
    rig.event(client::AccountChanged{
        .command = "recovery-code", .name = "Ada", .recovery_code = "7Q2KX-0M9RD-EV4WT-1H8NA"});
    EXPECT_EQ(rig.out.str(),
              "a new recovery code for the account Ada\n"
              "write down this recovery code, it is shown only now: 7Q2KX-0M9RD-EV4WT-1H8NA\n");
    EXPECT_EQ(rig.talkie.asked.back(), "disconnect");
}

TEST(Session, WithoutAPasswordNothingIsAskedForIt) {
    Rig rig({});
    rig.event(client::Connected{});
    for (const auto* line : {"claim Ada", "link Ada", "password", "recovery-code"}) {
        rig.line(line);
    }
    EXPECT_TRUE(rig.talkie.asked.empty());
    EXPECT_NE(rig.complaints.str().find("PARTYLINE_PASSWORD"), std::string::npos);
    EXPECT_NE(rig.complaints.str().find("--new-password-file"), std::string::npos);

    Rig once({.one_shot = Claim{"Ada"}});
    once.event(client::Connected{});
    EXPECT_EQ(once.talkie.asked, Asked{"disconnect"});
    once.end();
    EXPECT_EQ(once.session.exit_code(), ExitCode::local);
}

TEST(Session, AOneShotOfAnAccountPrintsItsAnswerAndEnds) {
    Rig rig({.password = "secret", .one_shot = Claim{"Ada"}});
    rig.event(client::Connected{});
    rig.event(client::RoomsChanged{});
    EXPECT_EQ(rig.talkie.asked, Asked{"account 0"});
    rig.event(client::AccountChanged{.command = "claim", .name = "Ada"});
    EXPECT_EQ(rig.talkie.asked.back(), "disconnect");
    EXPECT_EQ(rig.out.str(), "this device is linked to the account Ada\n");

    Rig late({.one_shot = Devices{}});
    late.event(client::Connected{});
    late.pass(accept_time_max);
    late.end();
    EXPECT_EQ(late.session.exit_code(), ExitCode::lost);
}

TEST(Session, WhatCameWhileNobodyWasHereIsNoAnswer) {
    const client::LettersReceived missed{.with = {.session = {}, .account = "Ada", .device = {}},
                                         .name = "Ada",
                                         .letters = {{.from_name = "Ada", .text = "hi"}},
                                         .missed = true};
    Rig rig({.one_shot = Letters(Messages{.with = "Ada"})});
    rig.event(client::Connected{});
    rig.event(missed);
    EXPECT_EQ(rig.out.str(), "") << "a one-shot tells what it was asked for";
    EXPECT_EQ(rig.talkie.asked, Asked{"messages"});
    rig.event(client::LettersReceived{});
    EXPECT_EQ(rig.talkie.asked.back(), "disconnect");

    Rig script({});
    script.event(client::Connected{});
    script.line("messages Ada");
    script.line("say hi");
    script.event(missed);
    EXPECT_EQ(script.talkie.asked, Asked{"messages"}) << "the line still waits";
    EXPECT_THAT(script.out.str(), testing::HasSubstr("\nwritten while you were not here:\n"));
    script.event(client::LettersReceived{});
    EXPECT_EQ(script.talkie.asked.back(), "say hi");
}

TEST(Session, WhatWasMeantForARoomThatRefusesUsIsNotSaidElsewhere) {
    Rig rig({});
    rig.event(client::Connected{});
    for (const auto* line : {"move Den", "say secret", "mute", "move Lobby", "say hello"}) {
        rig.line(line);
    }
    rig.event(client::Refused{.command = "say", .error = {.message = "an earlier one"}});
    EXPECT_EQ(rig.talkie.asked, Asked{"join 2"}) << "that was not the answer to the move";
    rig.event(client::Refused{.command = "join", .error = {.message = "full"}});
    EXPECT_EQ(rig.talkie.asked, (Asked{"join 2", "state true false", "join 1"}));
    EXPECT_EQ(rig.complaints.str(), "not said, as the room was not changed: secret\n");
    rig.event(client::RoomEntered{.channel = ChannelId{1}});
    EXPECT_EQ(rig.talkie.asked.back(), "say hello");
}

TEST(Session, NoMoreLinesWaitThanTheLimit) {
    Rig rig({});
    rig.event(client::Connected{});
    rig.line("move Den");
    for (std::size_t i = 0; i < waiting_lines_max; ++i) {
        rig.line("say x");
    }
    EXPECT_EQ(rig.complaints.str(), "");
    rig.line("say one more");
    EXPECT_THAT(rig.complaints.str(), testing::HasSubstr("1000 lines wait"));
    rig.event(client::RoomEntered{.channel = ChannelId{2}});
    EXPECT_EQ(rig.talkie.asked.size(), 1 + waiting_lines_max);
}

TEST(Session, AFailedConnectionSaysWhatKind) {
    struct Case {
        ErrorCode error;
        ExitCode code;
    };
    for (const auto& [error, code] : {Case{ErrorCode::io, ExitCode::unreachable},
                                      {ErrorCode::timed_out, ExitCode::unreachable},
                                      {ErrorCode::wrong_identity, ExitCode::wrong_identity},
                                      {ErrorCode::name_taken, ExitCode::refused},
                                      {ErrorCode::wrong_version, ExitCode::unreachable},
                                      {ErrorCode::config, ExitCode::local}}) {
        Rig rig({});
        rig.event(client::Disconnected{.error = {.code = error, .message = "why"}});
        EXPECT_EQ(rig.session.exit_code(), code);
        EXPECT_EQ(rig.complaints.str(), "partyline-cli: why\n");
    }
}

TEST(Session, ALostConnectionIsAFailure) {
    Rig rig({});
    rig.event(client::Connected{});
    rig.event(client::Disconnected{.error = {.code = ErrorCode::shutting_down, .message = "bye"}});
    EXPECT_EQ(rig.session.exit_code(), ExitCode::lost);
    EXPECT_EQ(rig.complaints.str(), "partyline-cli: bye\n");
}

TEST(Session, NobodyWaitsForEver) {
    Rig silent({});
    silent.pass(connect_time_max);
    EXPECT_EQ(silent.talkie.asked, Asked{"disconnect"});
    silent.pass(leave_time_max);
    EXPECT_EQ(silent.session.exit_code(), ExitCode::unreachable);

    Rig interrupted({});
    interrupted.event(client::Connected{});
    interrupted.session.interrupt(interrupted.clock.now());
    EXPECT_FALSE(interrupted.session.exit_code());
    interrupted.session.interrupt(interrupted.clock.now());
    EXPECT_EQ(interrupted.session.exit_code(), ExitCode::fine);
}

TEST(Session, ARoomThatIsNotThereOrNotOpenIsARefusal) {
    Rig missing({.join = "Attic"});
    missing.event(client::Connected{});
    missing.end();
    EXPECT_EQ(missing.session.exit_code(), ExitCode::refused);

    Rig closed({.join = "Lobby"});
    closed.event(client::Connected{});
    closed.event(client::Refused{.command = "join", .error = {.message = "no"}});
    closed.end();
    EXPECT_EQ(closed.session.exit_code(), ExitCode::refused);

    Rig later({});
    later.event(client::Connected{});
    later.line("move Attic");
    later.event(client::Refused{.command = "join", .error = {.message = "no"}});
    EXPECT_EQ(later.talkie.asked, Asked{}) << "a person may try again";
}

TEST(Session, OneShotSayWaitsForItsEcho) {
    Rig rig({.join = "Lobby", .one_shot = Say{"hi"}});
    rig.event(client::Connected{.session = SessionId{1}});
    rig.event(client::RoomEntered{});
    rig.event(client::TextReceived{.session = SessionId{2}, .text = "other"});
    EXPECT_EQ(rig.talkie.asked, (Asked{"join 1", "say hi"}));
    rig.event(client::TextReceived{.session = SessionId{1}, .text = "hi"});
    rig.end();
    EXPECT_EQ(rig.session.exit_code(), ExitCode::fine);
    EXPECT_EQ(rig.out.str(), "");

    Rig ignored({.join = "Lobby", .one_shot = Say{"hi"}});
    ignored.event(client::Connected{.session = SessionId{1}});
    ignored.event(client::RoomEntered{});
    ignored.pass(accept_time_max);
    ignored.end();
    EXPECT_EQ(ignored.session.exit_code(), ExitCode::lost);
}

TEST(Session, BoundsEndIt) {
    Rig time({.until = {.time = seconds(5)}});
    time.event(client::Connected{});
    time.session.take(InputEnded{}, time.clock.now());
    time.pass(seconds(4));
    EXPECT_EQ(time.talkie.asked, Asked{});
    time.pass(seconds(1));
    EXPECT_EQ(time.talkie.asked, Asked{"disconnect"});

    Rig texts({.until = {.texts = 2}});
    texts.event(client::Connected{.session = SessionId{1}});
    for (const auto session : {SessionId{1}, SessionId{2}, SessionId{1}}) {
        texts.event(client::TextReceived{.session = session});
    }
    EXPECT_EQ(texts.talkie.asked, Asked{});
    texts.event(client::TextReceived{.session = SessionId{2}});
    EXPECT_EQ(texts.talkie.asked, Asked{"disconnect"});

    Rig mic({.until = {.mic_finished = true}});
    mic.event(client::Connected{});
    mic.event(client::MicFinished{});
    EXPECT_EQ(mic.talkie.asked, Asked{});
    mic.pass(last_words);
    EXPECT_EQ(mic.talkie.asked, Asked{"disconnect"});

    Rig input({});
    input.event(client::Connected{});
    input.session.take(InputEnded{}, input.clock.now());
    EXPECT_EQ(input.talkie.asked, Asked{"disconnect"});
}

}  // namespace
}  // namespace partyline::cli
