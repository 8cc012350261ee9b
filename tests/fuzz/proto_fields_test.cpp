#include "fuzz/proto_fields.hpp"

#include <gtest/gtest.h>

#include <variant>

#include "wire/control.hpp"
#include "wire/control_examples.hpp"

namespace partyline::fuzz {
namespace {

TEST(ProtoFields, ReadAndWrittenAgainAreTheSame) {
    for (const auto& body : wire::examples::server_bodies()) {
        const auto bytes = encode(wire::ServerMessage{.seq = 300, .reply_to = 1, .body = body});
        const auto fields = parse_fields(bytes);
        ASSERT_TRUE(fields) << wire::name_of(body);
        EXPECT_EQ(to_hex(write_fields(*fields)), to_hex(bytes)) << wire::name_of(body);
    }
}

TEST(ProtoFields, WhatIsCutShortIsRefused) {
    const std::string_view cases[] = {"08", "0880", "0a05aa", "0d010203", "0901", "00", "0b"};
    for (const auto hex : cases) {
        EXPECT_FALSE(parse_fields(*from_hex(hex))) << hex;
    }
}

// The mutator is worth its lines only while most of what it makes gets past protobuf's parser and
// part of it past our limits.
TEST(ProtoFields, MutantsAreMostlyAccepted) {
    Random random(1);
    std::size_t accepted = 0;
    std::size_t changed = 0;
    std::size_t made = 0;
    for (const auto& body : wire::examples::client_bodies()) {
        const auto bytes = encode(wire::ClientMessage{.request_id = 1, .body = body});
        for (int i = 0; i < 200; ++i) {
            auto fields = *parse_fields(bytes);
            mutate(fields, random, [](Bytes&) {});
            const auto mutant = write_fields(fields);
            ++made;
            changed += mutant == bytes ? 0U : 1U;
            accepted += wire::decode_client(mutant) ? 1U : 0U;
        }
    }
    EXPECT_GT(changed, made / 2);
    EXPECT_GT(accepted, made / 3);
    EXPECT_LT(accepted, made * 19 / 20);
}

}  // namespace
}  // namespace partyline::fuzz
