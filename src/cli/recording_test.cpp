#include "cli/recording.hpp"

#include <gtest/gtest.h>

#include "cli/command.hpp"

namespace partyline::cli {
namespace {

using client::RecordingFormat;

TEST(RecordCommand, TakesAFolderAndWhatItsFilesAreToBe) {
    for (const auto& [line, expected] :
         std::initializer_list<std::pair<const char*, StartRecording>>{
             {"record My talks", {.folder = "My talks"}},
             {"record \"off\"", {.folder = "off"}},
             {"record --format opus My talks",
              {.folder = "My talks", .format = RecordingFormat::opus}},
             {"record --format flac \"a b\"", {.folder = "a b", .format = RecordingFormat::flac}},
             {"record \"--format\"", {.folder = "--format"}}}) {
        const auto command = parse_command(line);
        ASSERT_TRUE(command) << line << ": " << command.error().message;
        EXPECT_EQ(*command, Command(Recording(expected))) << line;
    }
    EXPECT_EQ(parse_command("record off").value(), Command(Recording(StopRecording{})));
}

TEST(RecordCommand, SaysWhatItCouldHaveBeen) {
    for (const auto& [line, words] : std::initializer_list<std::pair<const char*, const char*>>{
             {"record", "needs a folder"},
             {"record --format opus", "needs a folder"},
             {"record --format opus off", "in quotes"},
             {"record --format mp3 a", "flac or opus, and not \"mp3\""},
             {"record --format", "flac or opus"},
             {"record --formats opus a", "in quotes"},
             {"record --format \"opus a", "quotation mark"}}) {
        const auto command = parse_command(line);
        ASSERT_FALSE(command) << line;
        EXPECT_EQ(command.error().code, ErrorCode::malformed);
        EXPECT_NE(command.error().message.find(words), std::string::npos)
            << line << ": " << command.error().message;
    }
}

}  // namespace
}  // namespace partyline::cli
