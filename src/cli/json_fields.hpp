// What the JSON report says of people, rooms and texts, field by field: each is a line of the tables in docs/cli.md.
#pragma once

#include <nlohmann/json.hpp>

#include "cli/report.hpp"

namespace partyline::cli {

using Json = nlohmann::ordered_json;

Json room_fields(const View& view, ChannelId room);
Json person_fields(const View& view, const client::Person& person);
Json error_fields(const Error& error);
Json room_list(const View& view);
Json kept_fields(const client::KeptText& text);
Json letter_fields(const client::Letter& letter);
Json unread_fields(const View& view, const client::UnreadRoom& room);
Json unread_fields(const client::UnreadPerson& person);
Json invite_fields(const View& view, const client::InviteInfo& invite);
Json heard_fields(const client::HeardStats& heard);

}  // namespace partyline::cli
