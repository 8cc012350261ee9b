// When a session ends, and with which exit code.
#include <gtest/gtest.h>

#include <chrono>

#include "cli/limits.hpp"
#include "cli/session_test_support.hpp"

namespace partyline::cli {
namespace {

using std::chrono::seconds;

TEST(SessionEnd, AFailedConnectionSaysWhatKind) {
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

TEST(SessionEnd, ALostConnectionIsAFailure) {
    Rig rig({});
    rig.event(client::Connected{});
    rig.event(client::Disconnected{.error = {.code = ErrorCode::shutting_down, .message = "bye"}});
    EXPECT_EQ(rig.session.exit_code(), ExitCode::lost);
    EXPECT_EQ(rig.complaints.str(), "partyline-cli: bye\n");
}

TEST(SessionEnd, AFileThatDidNotTakeAllThatWasHeardMakesAFailureOfWhatElseWentWell) {
    struct Case {
        std::string speaker;
        ExitCode code;
    };
    for (const auto& [speaker, code] : {Case{"out.wav", ExitCode::local},
                                        {"stereo:out.wav", ExitCode::local},
                                        {"device", ExitCode::fine},
                                        {"device:Headset", ExitCode::fine}}) {
        Options options;
        options.talkie.speaker = speaker;
        Rig rig(std::move(options));
        rig.event(client::Connected{.session = SessionId{1}});
        rig.event(client::DeviceChanged{.capture = false, .message = "The disk is full."});
        EXPECT_FALSE(rig.session.exit_code()) << "one still talks";
        rig.line("quit");
        rig.end();
        EXPECT_EQ(rig.session.exit_code(), code) << speaker;
    }
}

TEST(SessionEnd, WhatHangsAtTheEndMakesAFailureOnlyOfWhatWasBeingWritten) {
    Rig nobody_there({});
    nobody_there.event(client::Disconnected{.error = {.code = ErrorCode::io, .message = "why"}});
    EXPECT_EQ(nobody_there.session.cut_short(), ExitCode::unreachable);

    Rig recorder({});
    recorder.event(client::Connected{.session = SessionId{1}});
    recorder.event(client::RecordingChanged{.on = true, .folder = "a"});
    recorder.line("quit");
    recorder.end();
    EXPECT_EQ(recorder.session.exit_code(), ExitCode::fine);
    EXPECT_EQ(recorder.session.cut_short(), ExitCode::local);
    recorder.event(client::RecordingChanged{.on = false, .folder = "a"});
    EXPECT_EQ(recorder.session.cut_short(), ExitCode::fine) << "the files are whole";

    Options options;
    options.talkie.speaker = "out.wav";
    Rig listener(std::move(options));
    listener.event(client::Connected{.session = SessionId{1}});
    listener.line("quit");
    listener.end();
    EXPECT_EQ(listener.session.cut_short(), ExitCode::local);
}

TEST(SessionEnd, NobodyWaitsForEver) {
    Rig silent({});
    silent.pass(connect_time_max);
    EXPECT_EQ(silent.talkie.asked, Asked{"disconnect"});
    silent.pass(leave_time_max);
    EXPECT_EQ(silent.session.exit_code(), ExitCode::unreachable);

    Rig interrupted({});
    interrupted.event(client::Connected{});
    interrupted.session.interrupt(interrupted.clock.now());
    EXPECT_FALSE(interrupted.session.exit_code());
    interrupted.pass(leave_time_max);
    EXPECT_EQ(interrupted.session.exit_code(), ExitCode::fine);
}

TEST(SessionEnd, ARoomThatIsNotThereOrNotOpenIsARefusal) {
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

TEST(SessionEnd, OneShotSayWaitsForItsEcho) {
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

TEST(SessionEnd, BoundsEndIt) {
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
