// Control messages with fields outside their type's range.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "partyline/v1/control.pb.h"
#include "wire/control_examples.hpp"
#include "wire/control_test_support.hpp"
#include "wire/limits.hpp"

namespace partyline::wire {
namespace {

using examples::counting_bytes;

/// A field that must have exactly `size` bytes.
template <class Message>
struct FixedCase {
    std::string_view field;
    std::size_t size;
    std::function<decltype(Message::body)(Bytes value)> body;
};

template <class Message>
void expect_fixed_size(const FixedCase<Message>& fixed) {
    for (const auto size : {std::size_t{0}, fixed.size - 1, fixed.size, fixed.size + 1}) {
        const Message message{.body = fixed.body(counting_bytes(size, 3))};
        const auto decoded = decode_as(message, encode(message));
        ASSERT_EQ(decoded.has_value(), size == fixed.size) << fixed.field << ": " << size;
        if (!decoded) {
            EXPECT_EQ(decoded.error().code, ErrorCode::malformed) << fixed.field;
            EXPECT_TRUE(decoded.error().message.starts_with(fixed.field))
                << decoded.error().message;
        }
    }
}

/// A copy of `body` in which the field that `member` points to is `value`.
template <class Body, class Field>
auto with(Body body, Field Body::* member) {
    return [body, member](Bytes value) {
        auto changed = body;
        changed.*member = std::move(value);
        return changed;
    };
}

TEST(ControlRanges, KeysAndSignaturesHaveTheirExactSize) {
    const auto login = example_of<Login>(examples::client_bodies());
    const auto resume = example_of<Resume>(examples::client_bodies());
    const auto hello = example_of<Hello>(examples::server_bodies());
    const auto welcome = example_of<Welcome>(examples::server_bodies());
    const auto resumed = example_of<Resumed>(examples::server_bodies());
    const FixedCase<ClientMessage> client[] = {
        {"Login.identity", public_key_bytes, with(login, &Login::identity)},
        {"Login.x25519", public_key_bytes, with(login, &Login::x25519)},
        {"Login.signature", signature_bytes, with(login, &Login::signature)},
        {"UnlinkDevice.identity", public_key_bytes,
         [&](Bytes value) { return UnlinkDevice{.identity = std::move(value), .name = {}}; }},
        {"Resume.token", resume_token_bytes, with(resume, &Resume::token)},
        {"Resume.signature", signature_bytes, with(resume, &Resume::signature)},
        {"DeviceKey.signature", signature_bytes,
         [&](Bytes value) { return RenewDevice{.device = {.signature = std::move(value)}}; }},
    };
    for (const auto& fixed : client) {
        expect_fixed_size(fixed);
    }
    const auto joined = [](Member member) { return MemberJoined{.member = std::move(member)}; };
    const FixedCase<ServerMessage> server[] = {
        {"Hello.server_identity", public_key_bytes, with(hello, &Hello::server_identity)},
        {"Hello.signature", signature_bytes, with(hello, &Hello::signature)},
        {"Welcome.resume_token", resume_token_bytes, with(welcome, &Welcome::resume_token)},
        {"Resumed.resume_token", resume_token_bytes, with(resumed, &Resumed::resume_token)},
        {"Text.author", public_key_bytes,
         [&](Bytes value) {
             return TextChanged{with(examples::text(), &Text::author)(std::move(value))};
         }},
        {"Member.identity", public_key_bytes,
         [&](Bytes value) {
             return joined(with(examples::member(1), &Member::identity)(std::move(value)));
         }},
        {"Member.x25519", public_key_bytes,
         [&](Bytes value) {
             return joined(with(examples::member(1), &Member::x25519)(std::move(value)));
         }},
    };
    for (const auto& fixed : server) {
        expect_fixed_size(fixed);
    }
}

/// A number that must be at most `max`.
struct NumberCase {
    std::string_view field;
    std::uint32_t max;
    std::function<bool(std::uint32_t value, ErrorCode* code)> decodes;
};

void expect_number_limit(const NumberCase& number) {
    auto code = ErrorCode::unspecified;
    EXPECT_TRUE(number.decodes(number.max, &code)) << number.field;
    EXPECT_FALSE(number.decodes(number.max + 1, &code)) << number.field;
    EXPECT_EQ(code, ErrorCode::malformed) << number.field;
    EXPECT_FALSE(number.decodes(0xFFFF'FFFF, &code)) << number.field;
}

bool decodes(const v1::Client& message, ErrorCode* code) {
    const auto decoded = decode_client(serialised(message));
    *code = decoded ? ErrorCode::unspecified : decoded.error().code;
    return decoded.has_value();
}
bool decodes(const v1::Server& message, ErrorCode* code) {
    const auto decoded = decode_server(serialised(message));
    *code = decoded ? ErrorCode::unspecified : decoded.error().code;
    return decoded.has_value();
}

TEST(ControlRanges, NumbersThatDoNotFitAreMalformed) {
    const NumberCase cases[] = {
        {"ShareKeys.stream", stream_max,
         [](std::uint32_t value, ErrorCode* code) {
             v1::Client message;
             message.mutable_share_keys()->set_stream(value);
             return decodes(message, code);
         }},
        {"ShareKeys.step", 0xFFFF,
         [](std::uint32_t value, ErrorCode* code) {
             v1::Client message;
             message.mutable_share_keys()->set_step(value);
             return decodes(message, code);
         }},
        {"KeyShare.stream", stream_max,
         [](std::uint32_t value, ErrorCode* code) {
             v1::Server message;
             message.mutable_key_share()->set_stream(value);
             return decodes(message, code);
         }},
        {"KeyShare.step", 0xFFFF,
         [](std::uint32_t value, ErrorCode* code) {
             v1::Server message;
             message.mutable_key_share()->set_step(value);
             return decodes(message, code);
         }},
        {"Welcome.hop_epoch", 0xFF,
         [](std::uint32_t value, ErrorCode* code) {
             v1::Server message;
             message.mutable_welcome()->set_hop_epoch(value);
             message.mutable_welcome()->set_resume_token(std::string(resume_token_bytes, 'x'));
             return decodes(message, code);
         }},
        {"Resumed.hop_epoch", 0xFF,
         [](std::uint32_t value, ErrorCode* code) {
             v1::Server message;
             message.mutable_resumed()->set_hop_epoch(value);
             message.mutable_resumed()->set_resume_token(std::string(resume_token_bytes, 'x'));
             return decodes(message, code);
         }},
    };
    for (const auto& number : cases) {
        expect_number_limit(number);
    }
}

TEST(ControlRanges, StreamsOfWhispersThatDoNotFitAreMalformed) {
    const NumberCase cases[] = {
        {"KeyRequest.stream", stream_max,
         [](std::uint32_t value, ErrorCode* code) {
             v1::Client message;
             message.mutable_key_request()->set_stream(value);
             return decodes(message, code);
         }},
        {"SetWhisper.stream", stream_max,
         [](std::uint32_t value, ErrorCode* code) {
             v1::Client message;
             message.mutable_set_whisper()->set_stream(value);
             return decodes(message, code);
         }},
        {"WhisperClosed.stream", stream_max,
         [](std::uint32_t value, ErrorCode* code) {
             v1::Server message;
             message.mutable_whisper_closed()->set_stream(value);
             return decodes(message, code);
         }},
    };
    for (const auto& number : cases) {
        expect_number_limit(number);
    }
}

TEST(ControlRanges, NobodyWhispersOnTheRoomsStream) {
    const auto client = decode_client(encode(ClientMessage{.body = SetWhisper{}}));
    ASSERT_FALSE(client);
    EXPECT_EQ(client.error().code, ErrorCode::malformed);
    EXPECT_TRUE(client.error().message.starts_with("SetWhisper.stream")) << client.error().message;
    const ServerBody bodies[] = {WhisperMembers{}, WhisperChanged{},
                                 WhisperOpened{.whisperer = examples::member(1), .name = {}},
                                 WhisperClosed{}};
    for (const auto& body : bodies) {
        const auto server = decode_server(encode(ServerMessage{.body = body}));
        ASSERT_FALSE(server) << name_of(body);
        EXPECT_EQ(server.error().code, ErrorCode::malformed) << name_of(body);
    }
}

TEST(ControlRanges, TheFirstFieldThatIsWrongIsNamed) {
    auto login = example_of<Login>(examples::client_bodies());
    login.x25519.clear();
    login.versions.assign(versions_max + 1, 1);
    const auto decoded = decode_client(encode(ClientMessage{.body = login}));
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().message, "Login.x25519: 0 bytes, must be 32");
}

TEST(ControlRanges, MissingPartsAreMalformedWhereTheyMatter) {
    v1::Server joined;
    joined.mutable_member_joined()->set_channel(3);
    EXPECT_EQ(decode_server(serialised(joined)).error().code, ErrorCode::malformed);

    v1::Client renew;
    renew.mutable_renew_device();
    EXPECT_EQ(decode_client(serialised(renew)).error().code, ErrorCode::malformed);

    v1::Server goodbye;
    goodbye.mutable_goodbye();
    EXPECT_EQ(decode_server(serialised(goodbye)), (ServerMessage{.body = Goodbye{}}));
}

TEST(ControlRanges, TextThatIsNotUtf8IsMalformedAndNotLogged) {
    const ClientMessage message{.body = SendText{.text = "\xC0\xAF"}};
    testing::internal::CaptureStderr();
    const auto decoded = decode_client(encode(message));
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, ErrorCode::malformed);
}

}  // namespace
}  // namespace partyline::wire
