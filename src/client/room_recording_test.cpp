// What a person is told of the recording they asked for, whatever happens to it.
#include "client/room_recording.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <format>
#include <fstream>
#include <string>
#include <utility>

#include "platform/scratch_folder.hpp"

namespace partyline::client {
namespace {

/// A word for each thing that is asked for and told, in order.
class NotedRecording final : public RecordingPort {
public:
    [[nodiscard]] bool can_ask() const override { return connected; }
    void ask_to_record(bool wanted) override { note(wanted ? "ask" : "ask off"); }
    void keep(const RecordRoom& wish) override {
        note("keep " + std::filesystem::path(wish.folder).filename().string());
    }
    void keep_no_more(std::optional<Error> why) override {
        note("keep no more" + (why ? ": " + why->message : ""));
    }
    void emit(const Event& event) override {
        if (const auto* refused = std::get_if<Refused>(&event)) {
            EXPECT_EQ(refused->command, "record");
            last_refusal = refused->error;
            note("refused");
        } else if (const auto* changed = std::get_if<RecordingChanged>(&event)) {
            note(changed->on ? "on" : "off");
        }
    }
    std::string take() { return std::exchange(line_, {}); }

    bool connected = true;
    Error last_refusal{};

private:
    void note(const std::string& word) { line_ += (line_.empty() ? "" : "; ") + word; }
    std::string line_;
};

class RecordingStates : public testing::Test {
protected:
    [[nodiscard]] RecordRoom wish(const std::string& name) const {
        return {.folder = (scratch.path() / name).string()};
    }
    /// Up to the first sound that is kept.
    void begin(const std::string& name = "a") {
        recording.want(wish(name));
        recording.may_record(true);
        EXPECT_EQ(noted.take(), std::format("ask; keep {}; on", name));
        EXPECT_TRUE(recording.is_unfinished());
    }
    void is_whole(const std::string& name = "a") {
        recording.is_whole({.on = false, .folder = wish(name).folder});
    }

    const platform::ScratchFolder scratch;
    NotedRecording noted;
    RoomRecording recording{noted};
};

TEST_F(RecordingStates, NothingIsKeptBeforeEverybodySeesTheMark) {
    recording.want(wish("a"));
    EXPECT_EQ(noted.take(), "ask");
    EXPECT_FALSE(recording.is_unfinished());
    EXPECT_TRUE(std::filesystem::is_directory(scratch.path() / "a"));
    recording.may_record(true);
    EXPECT_EQ(noted.take(), "keep a; on");
    recording.may_record(true);
    EXPECT_EQ(noted.take(), "") << "once";
}

TEST_F(RecordingStates, APersonEndsIt) {
    begin();
    recording.stop();
    EXPECT_EQ(noted.take(), "keep no more; ask off");
    EXPECT_TRUE(recording.is_unfinished()) << "it is being written";
    recording.stop();
    recording.may_record(false);
    is_whole();
    EXPECT_EQ(noted.take(), "off");
    EXPECT_FALSE(recording.is_unfinished());
    begin("b");
}

TEST_F(RecordingStates, WhatIsTakenBackWhileItWaitsForTheMarkDoesNotBegin) {
    recording.want(wish("a"));
    recording.stop();
    EXPECT_EQ(noted.take(), "ask; ask off");
    recording.may_record(true);
    EXPECT_EQ(noted.take(), "");
    begin("b");
}

TEST_F(RecordingStates, WhoIsRefusedMayAskAgain) {
    recording.want(wish("a"));
    recording.may_record(false);
    EXPECT_EQ(noted.take(), "ask") << "the session tells why";
    begin("b");
}

TEST_F(RecordingStates, ThePermissionIsLost) {
    begin();
    recording.may_record(false);
    EXPECT_EQ(noted.take(),
              "keep no more: You are in another room, or may not record this one any more.");
    is_whole();
    EXPECT_EQ(noted.take(), "off");
}

TEST_F(RecordingStates, ADiskThatTakesNoMoreEndsItAndTheServerHearsOfThat) {
    begin();
    is_whole();
    EXPECT_EQ(noted.take(), "ask off; off");
}

TEST_F(RecordingStates, ADiskThatTakesNoMoreWhileThereIsNoConnection) {
    begin();
    noted.connected = false;
    is_whole();
    EXPECT_EQ(noted.take(), "off");
}

TEST_F(RecordingStates, TheSeatIsLostWithWhatWasAskedFor) {
    recording.want(wish("a"));
    recording.seat_lost(Error{.code = ErrorCode::closed, .message = "lost"});
    EXPECT_EQ(noted.take(), "ask") << "the session refuses what it had no answer to";
    recording.may_record(true);
    EXPECT_EQ(noted.take(), "") << "nobody sees a mark of ours on another seat";
    begin("b");
}

TEST_F(RecordingStates, TheSeatIsLostWhileItGoesOn) {
    begin();
    noted.connected = false;
    recording.seat_lost(Error{.code = ErrorCode::closed, .message = "lost"});
    EXPECT_EQ(noted.take(), "keep no more: lost");
    recording.seat_lost(Error{.code = ErrorCode::closed, .message = "again"});
    is_whole();
    EXPECT_EQ(noted.take(), "off");
    noted.connected = true;
    begin("b");
}

TEST_F(RecordingStates, WhoHasNoConnectionIsToldSo) {
    noted.connected = false;
    recording.want(wish("a"));
    EXPECT_EQ(noted.take(), "refused");
    EXPECT_EQ(noted.last_refusal.code, ErrorCode::closed);
    EXPECT_NE(noted.last_refusal.message.find("no connection"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(scratch.path() / "a")) << "and nothing is made";
    recording.stop();
    EXPECT_EQ(noted.take(), "");
}

TEST_F(RecordingStates, AFolderThatCannotBeIsToldBeforeAnybodySeesAMark) {
    std::ofstream(scratch.path() / "file") << "x";
    recording.want(wish("file"));
    EXPECT_EQ(noted.take(), "refused");
    EXPECT_EQ(noted.last_refusal.code, ErrorCode::io);
    begin("b");
}

TEST_F(RecordingStates, OneAtATimeAndASecondIsToldWhereTheFirstGoes) {
    recording.want(wish("a"));
    recording.want(wish("b"));
    EXPECT_EQ(noted.take(), "ask; refused");
    EXPECT_NE(noted.last_refusal.message.find(wish("a").folder), std::string::npos);
    recording.may_record(true);
    recording.want(wish("b"));
    EXPECT_EQ(noted.take(), "keep a; on; refused");
    EXPECT_EQ(noted.last_refusal.code, ErrorCode::not_permitted);
}

TEST_F(RecordingStates, WhatIsAskedForWhileTheOneBeforeIsBeingWrittenComesAfterIt) {
    begin();
    recording.stop();
    recording.want(wish("b"));
    EXPECT_EQ(noted.take(), "keep no more; ask off");
    recording.want(wish("c"));
    EXPECT_EQ(noted.take(), "refused");
    EXPECT_NE(noted.last_refusal.message.find(wish("b").folder), std::string::npos)
        << noted.last_refusal.message;
    is_whole();
    EXPECT_EQ(noted.take(), "off; ask");
    recording.may_record(true);
    EXPECT_EQ(noted.take(), "keep b; on");
}

TEST_F(RecordingStates, WhatWasToComeAfterIsToldToWhoeverLeftMeanwhile) {
    begin();
    recording.stop();
    recording.want(wish("b"));
    noted.take();
    noted.connected = false;
    recording.seat_lost(std::nullopt);
    is_whole();
    EXPECT_EQ(noted.take(), "off; refused");
    EXPECT_EQ(noted.last_refusal.code, ErrorCode::closed);
}

TEST_F(RecordingStates, WhatWasToComeAfterMayBeTakenBack) {
    begin();
    recording.stop();
    recording.want(wish("b"));
    recording.stop();
    noted.take();
    is_whole();
    EXPECT_EQ(noted.take(), "off");
}

}  // namespace
}  // namespace partyline::client
