// Holds the tables of docs/protocol.md against the code's limits and the schema's error codes: a number
// that is changed in one place only shows here.
#include <gtest/gtest.h>

#include <format>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "wire/limits.hpp"

namespace partyline {
namespace {

std::string read_file(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The rows of the first table below a heading, without its two head lines: first cell -> second.
std::map<std::string, std::string> first_table_below(const std::string& heading) {
    const auto page = read_file("docs/protocol.md");
    std::map<std::string, std::string> rows;
    auto line_start = page.find("\n" + heading + "\n");
    EXPECT_NE(line_start, std::string::npos) << heading;
    line_start = page.find("\n|", line_start) + 1;
    for (int row = 0; page[line_start] == '|'; ++row) {
        const auto line = page.substr(line_start, page.find('\n', line_start) - line_start);
        std::smatch cells;
        if (row >= 2 &&
            std::regex_search(line, cells, std::regex(R"(^\| ([^|]*) \| ([^|]*) \|)"))) {
            rows[cells[1]] = cells[2];
        }
        line_start += line.size() + 1;
    }
    return rows;
}

/// 65536 as "65,536".
std::string written(std::size_t number) {
    auto digits = std::to_string(number);
    for (auto at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
        digits.insert(static_cast<std::size_t>(at), ",");
    }
    return digits;
}

TEST(ProtocolPage, LimitsAreThoseOfTheCode) {
    using namespace wire;
    const auto at_most = [](std::size_t max, std::string_view unit) {
        return std::format("{} {}", written(max), unit);
    };
    const std::map<std::string, std::string> expected{
        {"a control message", at_most(frame_bytes_max, "bytes").insert(0, "1 to ")},
        {"identities, X25519 keys", std::format("exactly {} bytes", public_key_bytes)},
        {"signatures", std::format("exactly {} bytes", signature_bytes)},
        {"resume tokens", std::format("exactly {} bytes", resume_token_bytes)},
        {"`Welcome.hop_epoch`, `Resumed.hop_epoch`", "0 to 255"},
        {"a stream", std::format("0 to {}", stream_max)},
        {"a step", "0 to 65,535"},
        {"a list of versions", at_most(versions_max, "entries")},
        {"a person's name", at_most(name_code_points_max, "code points")},
        {"a channel's name, the server's name",
         at_most(channel_name_code_points_max, "code points")},
        {"a topic", at_most(topic_bytes_max, "bytes")},
        {"a room's icon", at_most(icon_bytes_max, "bytes")},
        {"a password", at_most(password_bytes_max, "bytes")},
        {"a role's rank", "0 to 65,535"},
        {"`Roles`, `Overrides`", at_most(roles_max, "entries")},
        {"`Explanation.steps`", at_most(explained_steps_max, "entries")},
        {"a text", at_most(text_bytes_max, "bytes")},
        {"a password, a code, a token", at_most(password_bytes_max, "bytes")},
        {"`Devices.devices`", at_most(account_devices_max, "entries")},
        {"`Error.message`", at_most(error_message_bytes_max, "bytes")},
        {"a reason", at_most(reason_bytes_max, "bytes")},
        {"`AuditEntry.action`", at_most(audit_action_bytes_max, "bytes")},
        {"`AuditEntry.detail`", at_most(audit_detail_bytes_max, "bytes")},
        {"a range of addresses", at_most(address_range_bytes_max, "bytes")},
        {"an invite's token", at_most(invite_token_bytes_max, "bytes")},
        {"`Bans`, `Audit`, `Invites`, `Accounts`", at_most(moderation_page_entries_max, "entries")},
        {"`Unread.rooms`", at_most(unread_rooms_max, "entries")},
        {"`Unread.people`", at_most(unread_people_max, "entries")},
        {"`ChannelPage`, `PresencePage`, `MemberKeys`, `WhisperMembers`, `History`, "
         "`DirectHistory`; each list of "
         "`PresenceChanged`, `ChannelsChanged`, `WhisperChanged`",
         at_most(page_entries_max, "entries")},
        {"the stream of a whisper", std::format("1 to {}", stream_max)},
        {"`SetWhisper.sessions`", at_most(whisper_sessions_max, "entries")},
        {"`SetWhisper.channels`", at_most(whisper_channels_max, "entries")},
        {"`GetMemberKeys.sessions`", at_most(member_keys_request_max, "entries")},
        {"`ShareKeys.shares`", at_most(shares_per_message_max, "entries")},
        {"a sealed share", at_most(share_bytes_max, "bytes")},
        {"`VoiceTunnel.datagram`", at_most(datagram_bytes_max, "bytes")},
        {"a voice datagram", at_most(datagram_bytes_max, "bytes")},
        {"a record", at_most(record_bytes_max, "bytes").insert(0, "8 to ")},
        {"members with whom keys are shared on joining", written(share_on_join_members_max)},
    };
    EXPECT_EQ(first_table_below("## Limits"), expected);
    static_assert(server_name_code_points_max == channel_name_code_points_max, "one row for both");
}

TEST(ProtocolPage, ErrorCodesAreThoseOfTheSchema) {
    const auto schema = read_file("proto/partyline/v1/control.proto");
    const auto from = schema.find("enum Code {");
    ASSERT_NE(from, std::string::npos);
    const auto codes = schema.substr(from, schema.find('}', from) - from);
    std::map<std::string, std::string> expected;
    const std::regex code(R"((\w+) = (\d+);)");
    for (std::sregex_iterator at(codes.begin(), codes.end(), code), end; at != end; ++at) {
        expected[std::format("`{}`", (*at)[1].str())] = (*at)[2];
    }
    EXPECT_GE(expected.size(), 20U);
    EXPECT_EQ(first_table_below("## Errors"), expected);
}

TEST(ProtocolPage, NamesEveryMessageOfTheSchema) {
    const auto page = read_file("docs/protocol.md");
    std::string schema;
    for (const auto* file : {"control", "direct", "keys", "moderation", "whisper"}) {
        schema += read_file(std::format("proto/partyline/v1/{}.proto", file));
    }
    const std::regex message(R"(\nmessage (\w+) \{)");
    for (std::sregex_iterator at(schema.begin(), schema.end(), message), end; at != end; ++at) {
        const auto name = (*at)[1].str();
        EXPECT_TRUE(std::regex_search(page, std::regex("`" + name + "[`.(]"))) << name;
    }
}

}  // namespace
}  // namespace partyline
