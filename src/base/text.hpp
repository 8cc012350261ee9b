// What text from outside may hold.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace partyline {

/// True if `text` is well-formed UTF-8 (no overlong forms, no surrogates; RFC 3629).
bool is_utf8(std::string_view text);

/// True if `text` is well-formed UTF-8 without control, bidirectional-override or other invisible
/// formatting characters that could make one name look like another. Names and topics.
bool is_plain_line(std::string_view text);

/// As is_plain_line, but line feeds and tabs are welcome, and the marks without a width that some scripts
/// are written with: U+200C, U+200E, U+200F and U+061C. Chat messages.
bool is_plain_text(std::string_view text);

/// `text` with a '?' for each byte or code point that is_plain_line would not take: what a stranger
/// wrote, made fit for a terminal.
std::string to_plain_line(std::string_view text);
/// The same by is_plain_text.
std::string to_plain_text(std::string_view text);

/// How many Unicode code points a well-formed UTF-8 text has.
std::size_t code_points(std::string_view text);

}  // namespace partyline
