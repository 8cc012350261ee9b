// How the generated classes' fields become our structs' fields and back. Private to wire's
// control_*.cpp: nothing else includes this.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "wire/control.hpp"

namespace google::protobuf {
class MessageLite;
}

namespace partyline::v1 {
class VoiceTunnel;
}  // namespace partyline::v1

namespace partyline::wire {

/// Takes over one message's fields and holds each against its limit. The first that breaks one is
/// remembered and makes the whole message fail, so that the conversions need not look after each
/// field. A field's name is "Message.field" as in control.proto. One thread.
class FieldReader {
public:
    /// Keys and signatures: malformed unless they have exactly this size.
    Bytes fixed_bytes(std::string_view field, std::size_t size, std::string_view value);
    /// A key that may be left out: malformed unless it is empty or has exactly a key's size.
    Bytes optional_key(std::string_view field, std::string_view value);
    /// too_large above `max` bytes.
    Bytes bytes(std::string_view field, std::size_t max, std::string_view value);
    std::string text(std::string_view field, std::size_t max, std::string_view value);
    /// too_large above `max` code points.
    std::string name(std::string_view field, std::size_t max, std::string_view value);

    /// malformed above `max`, which fits the narrower type.
    template <std::unsigned_integral Number>
    Number number(std::string_view field, std::uint32_t value,
                  Number max = std::numeric_limits<Number>::max()) {
        if (value > max) {
            refuse_number(field, value, max);
            return 0;
        }
        return static_cast<Number>(value);
    }

    /// The number of a stream that is whispered on: malformed for the room's, too.
    StreamId whisper_stream(std::string_view field, std::uint32_t value);

    /// too_large, and none converted, above `max` elements.
    template <class List, class Convert>
    auto list(std::string_view field, std::size_t max, const List& from, Convert convert) {
        std::vector<std::remove_cvref_t<decltype(convert(*from.begin()))>> to;
        const auto size = static_cast<std::size_t>(from.size());
        if (size > max) {
            refuse_size(field, size, "entries", max);
            return to;
        }
        to.reserve(size);
        for (const auto& element : from) {
            to.push_back(convert(element));
        }
        return to;
    }

    /// The first refusal, if there was one.
    [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

private:
    void refuse(ErrorCode code, std::string message);
    void refuse_size(std::string_view field, std::size_t size, std::string_view unit,
                     std::size_t max);
    void refuse_number(std::string_view field, std::uint32_t value, std::uint32_t max);

    std::optional<Error> failure_;
};

/// Fails with too_large above a frame's size, with malformed for what protobuf does not take.
Result<void> parse(ByteView message, google::protobuf::MessageLite& into);
Bytes serialise(const google::protobuf::MessageLite& message);

// What both directions have in common.
VoiceTunnel read(const v1::VoiceTunnel& from, FieldReader& in);
void write(const VoiceTunnel& from, v1::VoiceTunnel& to);

}  // namespace partyline::wire
