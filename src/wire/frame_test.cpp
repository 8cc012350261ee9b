#include "wire/frame.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace partyline::wire {
namespace {

Bytes message_of(std::size_t bytes) {
    Bytes message(bytes);
    for (std::size_t i = 0; i < bytes; ++i) {
        message[i] = static_cast<std::byte>(i * 7 + bytes);
    }
    return message;
}

Bytes framed(const std::vector<Bytes>& messages) {
    Bytes stream;
    for (const auto& message : messages) {
        EXPECT_TRUE(append_frame(stream, message));
    }
    return stream;
}

/// All messages that can be had now; stops at a failure, which `*failure` then holds.
std::vector<Bytes> drain(FrameReader& reader, std::optional<Error>* failure = nullptr) {
    std::vector<Bytes> messages;
    for (;;) {
        const auto next = reader.next();
        if (!next) {
            if (failure != nullptr) {
                *failure = next.error();
            } else {
                ADD_FAILURE() << next.error().message;
            }
            return messages;
        }
        if (!*next) {
            return messages;
        }
        messages.push_back(to_bytes(**next));
    }
}

TEST(FrameReader, EverySplitInTwoGivesTheSameMessages) {
    const std::vector<Bytes> messages{message_of(1), message_of(5), message_of(300), message_of(2)};
    const auto stream = framed(messages);
    for (std::size_t split = 0; split <= stream.size(); ++split) {
        FrameReader reader;
        reader.feed(ByteView(stream).first(split));
        auto got = drain(reader);
        reader.feed(ByteView(stream).subspan(split));
        std::ranges::copy(drain(reader), std::back_inserter(got));
        EXPECT_EQ(got, messages) << "split at " << split;
        EXPECT_EQ(reader.buffered(), 0U) << "split at " << split;
    }
}

TEST(FrameReader, RandomPiecesGiveTheSameMessages) {
    const std::vector<Bytes> messages{message_of(4000), message_of(1), message_of(9000),
                                      message_of(frame_bytes_max), message_of(17)};
    const auto stream = framed(messages);
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        Random random(seed);
        FrameReader reader;
        std::vector<Bytes> got;
        for (ByteView rest = stream; !rest.empty();) {
            const auto piece = std::min<std::size_t>(rest.size(), random.below(10'000));
            reader.feed(rest.first(piece));
            rest = rest.subspan(piece);
            if (random.chance(0.5)) {  // not every reader looks after every piece
                std::ranges::copy(drain(reader), std::back_inserter(got));
            }
        }
        std::ranges::copy(drain(reader), std::back_inserter(got));
        EXPECT_EQ(got, messages) << "seed " << seed;
    }
}

TEST(FrameReader, ByteByByteAMessageComesExactlyWithItsLastByte) {
    const auto message = message_of(260);
    const auto stream = framed({message});
    FrameReader reader;
    for (std::size_t i = 0; i < stream.size(); ++i) {
        EXPECT_EQ(drain(reader).size(), 0U) << "after " << i << " bytes";
        EXPECT_EQ(reader.buffered(), i);
        reader.feed(ByteView(stream).subspan(i, 1));
    }
    EXPECT_EQ(drain(reader), std::vector<Bytes>{message});
    EXPECT_EQ(reader.buffered(), 0U);
}

TEST(FrameReader, JudgesTheLengthBeforeTheBodyComes) {
    struct Case {
        std::size_t length;
        std::optional<ErrorCode> expected;
    };
    const Case cases[] = {
        {.length = 0, .expected = ErrorCode::malformed},
        {.length = 1, .expected = std::nullopt},
        {.length = frame_bytes_max, .expected = std::nullopt},
        {.length = frame_bytes_max + 1, .expected = ErrorCode::too_large},
        {.length = 0xFFFF'FFFF, .expected = ErrorCode::too_large},
    };
    for (const auto& [length, expected] : cases) {
        Bytes prefix;
        append_be(prefix, static_cast<std::uint32_t>(length));
        FrameReader reader;
        reader.feed(prefix);
        const auto next = reader.next();
        ASSERT_EQ(next.has_value(), !expected.has_value()) << length;
        if (next) {
            EXPECT_FALSE(*next) << length;
        } else {
            EXPECT_EQ(next.error().code, *expected) << length;
            EXPECT_NE(next.error().message.find(std::to_string(length)), std::string::npos);
        }
    }
}

TEST(FrameReader, TheLargestFrameArrivesWhole) {
    const auto message = message_of(frame_bytes_max);
    FrameReader reader;
    reader.feed(framed({message}));
    EXPECT_EQ(drain(reader), std::vector<Bytes>{message});
}

TEST(FrameReader, GivesWhatCameBeforeTheFailure) {
    auto stream = framed({message_of(3)});
    append_be<std::uint32_t>(stream, 0);
    FrameReader reader;
    reader.feed(stream);
    std::optional<Error> failure;
    EXPECT_EQ(drain(reader, &failure), std::vector<Bytes>{message_of(3)});
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code, ErrorCode::malformed);
}

TEST(FrameReader, FailedStaysFailedAndBuffersNoMore) {
    Bytes bad;
    append_be<std::uint32_t>(bad, frame_bytes_max + 1);
    FrameReader reader;
    reader.feed(bad);
    const auto first = reader.next();
    ASSERT_FALSE(first);
    const auto held = reader.buffered();
    for (int i = 0; i < 3; ++i) {
        reader.feed(framed({message_of(10)}));
        const auto again = reader.next();
        ASSERT_FALSE(again);
        EXPECT_EQ(again.error(), first.error());
        EXPECT_EQ(reader.buffered(), held);
    }
}

TEST(AppendFrame, KeepsWhatIsThereAndRefusesWhatTheReaderWould) {
    struct Case {
        std::size_t bytes;
        std::optional<ErrorCode> expected;
    };
    const Case cases[] = {
        {.bytes = 0, .expected = ErrorCode::malformed},
        {.bytes = 1, .expected = std::nullopt},
        {.bytes = frame_bytes_max, .expected = std::nullopt},
        {.bytes = frame_bytes_max + 1, .expected = ErrorCode::too_large},
    };
    for (const auto& [bytes, expected] : cases) {
        Bytes out = message_of(3);
        const auto appended = append_frame(out, message_of(bytes));
        ASSERT_EQ(appended.has_value(), !expected.has_value()) << bytes;
        if (appended) {
            EXPECT_EQ(out.size(), 3 + frame_length_bytes + bytes);
            EXPECT_EQ(load_be<std::uint32_t>(ByteView(out).subspan(3)), bytes);
        } else {
            EXPECT_EQ(appended.error().code, *expected) << bytes;
            EXPECT_EQ(out, message_of(3)) << bytes;
        }
    }
}

}  // namespace
}  // namespace partyline::wire
