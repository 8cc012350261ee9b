#include "cli/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "cli/limits.hpp"
#include "cli/session_test_support.hpp"

namespace partyline::cli {
namespace {

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

TEST(Session, AfterMusicThatWasRefusedTheVoiceIsAsBefore) {
    Rig rig({.talkie = {.mic = "device"}});
    rig.event(client::Connected{});
    rig.line("noise high");
    rig.line("voice music");
    rig.line("activation push");
    for (int refused = 0; refused < 2; ++refused) {
        rig.event(client::Refused{.command = "music", .error = {.message = "too little"}});
    }
    rig.line("echo on");
    EXPECT_EQ(rig.talkie.asked, (Asked{"capture 3 0 true", "capture 0 0 false music",
                                       "capture 0 2 false music", "capture 3 2 true"}));
}

TEST(Session, MusicThatIsRefusedAtTheStartKeepsNobodyOut) {
    Rig rig({.talkie = {.mic = "device", .capture = client::CaptureSettings{.music = true}},
             .join = "Lobby"});
    rig.event(client::Connected{});
    rig.event(client::Refused{.command = "music", .error = {.message = "too little"}});
    rig.event(client::RoomEntered{.channel = ChannelId{1}});
    rig.line("gain on");
    EXPECT_EQ(rig.talkie.asked, (Asked{"join 1", "capture 2 3 true"}));
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

}  // namespace
}  // namespace partyline::cli
