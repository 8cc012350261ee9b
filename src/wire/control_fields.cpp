#include "wire/control_fields.hpp"

#include <google/protobuf/message_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <cassert>
#include <format>
#include <utility>

#include "base/text.hpp"
#include "partyline/v1/control.pb.h"
#include "wire/limits.hpp"

namespace partyline::wire {
namespace {

/// protobuf writes a line to standard error for each text that is not UTF-8, so a peer could fill
/// our log. decode() and check() already tell their caller.
void silence_protobuf() {
    static const auto former = google::protobuf::SetLogHandler(nullptr);
    static_cast<void>(former);
}

}  // namespace

Bytes FieldReader::fixed_bytes(std::string_view field, std::size_t size, std::string_view value) {
    if (value.size() != size) {
        refuse(ErrorCode::malformed,
               std::format("{}: {} bytes, must be {}", field, value.size(), size));
        return {};
    }
    return to_bytes(as_bytes(value));
}

Bytes FieldReader::optional_key(std::string_view field, std::string_view value) {
    return value.empty() ? Bytes{} : fixed_bytes(field, public_key_bytes, value);
}

Bytes FieldReader::bytes(std::string_view field, std::size_t max, std::string_view value) {
    if (value.size() > max) {
        refuse_size(field, value.size(), "bytes", max);
        return {};
    }
    return to_bytes(as_bytes(value));
}

std::string FieldReader::text(std::string_view field, std::size_t max, std::string_view value) {
    if (value.size() > max) {
        refuse_size(field, value.size(), "bytes", max);
        return {};
    }
    return std::string(value);
}

std::string FieldReader::name(std::string_view field, std::size_t max, std::string_view value) {
    if (const auto size = code_points(value); size > max) {
        refuse_size(field, size, "code points", max);
        return {};
    }
    return std::string(value);
}

void FieldReader::refuse(ErrorCode code, std::string message) {
    if (!failure_) {
        failure_ = Error{.code = code, .message = std::move(message)};
    }
}

void FieldReader::refuse_size(std::string_view field, std::size_t size, std::string_view unit,
                              std::size_t max) {
    refuse(ErrorCode::too_large,
           std::format("{}: {} {}, at most {} are allowed", field, size, unit, max));
}

void FieldReader::refuse_number(std::string_view field, std::uint32_t value, std::uint32_t max) {
    refuse(ErrorCode::malformed, std::format("{}: {}, must be at most {}", field, value, max));
}

StreamId FieldReader::whisper_stream(std::string_view field, std::uint32_t value) {
    if (value == 0) {
        refuse(ErrorCode::malformed, std::format("{}: 0, which is the room's", field));
    }
    return StreamId{number(field, value, stream_max)};
}

Result<void> parse(ByteView message, google::protobuf::MessageLite& into) {
    if (message.size() > frame_bytes_max) {
        return fail(ErrorCode::too_large,
                    std::format("a message of {} bytes, at most {} are allowed", message.size(),
                                frame_bytes_max));
    }
    silence_protobuf();
    if (!into.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
        return fail(ErrorCode::malformed, std::format("{} bytes that are not a {} message",
                                                      message.size(), into.GetTypeName()));
    }
    return {};
}

Bytes serialise(const google::protobuf::MessageLite& message) {
    silence_protobuf();
    Bytes out(message.ByteSizeLong());
    const bool whole = message.SerializeToArray(out.data(), static_cast<int>(out.size()));
    assert(whole);
    static_cast<void>(whole);
    return out;
}

VoiceTunnel read(const v1::VoiceTunnel& from, FieldReader& in) {
    return {.datagram = in.bytes("VoiceTunnel.datagram", datagram_bytes_max, from.datagram())};
}

void write(const VoiceTunnel& from, v1::VoiceTunnel& to) {
    to.set_datagram(from.datagram.data(), from.datagram.size());
}

}  // namespace partyline::wire
