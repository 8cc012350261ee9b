// Holds the conversions against the schema itself, as protoc describes it: what the schema has and
// no example fills would be lost on the way without any other test noticing.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "wire/control.hpp"
#include "wire/control_examples.hpp"

namespace partyline::wire {
namespace {

namespace protobuf = google::protobuf;

/// Collects every field that is set, at any depth.
void collect_fields(const protobuf::Message& message, std::set<std::string>& found) {
    std::vector<const protobuf::FieldDescriptor*> fields;
    const auto& reflection = *message.GetReflection();
    reflection.ListFields(message, &fields);
    for (const auto* field : fields) {
        found.insert(field->full_name());
        if (field->cpp_type() != protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
            continue;
        }
        if (!field->is_repeated()) {
            collect_fields(reflection.GetMessage(message, field), found);
            continue;
        }
        for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
            collect_fields(reflection.GetRepeatedMessage(message, field, i), found);
        }
    }
}

class Schema : public testing::Test {
protected:
    void SetUp() override {
        std::ifstream in(PARTYLINE_CONTROL_DESCRIPTOR, std::ios::binary);
        protobuf::FileDescriptorSet set;
        ASSERT_TRUE(set.ParseFromIstream(&in)) << PARTYLINE_CONTROL_DESCRIPTOR;
        // What is imported comes before what imports it: control.proto is the last.
        for (const auto& described : set.file()) {
            files_.push_back(pool_.BuildFile(described));
            ASSERT_NE(files_.back(), nullptr);
        }
        ASSERT_FALSE(files_.empty());
    }

    std::unique_ptr<protobuf::Message> parse(const std::string& type, ByteView bytes) {
        const auto* descriptor = files_.back()->FindMessageTypeByName(type);
        std::unique_ptr<protobuf::Message> message(messages_.GetPrototype(descriptor)->New());
        EXPECT_TRUE(message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
        return message;
    }

    /// The name of the type of the body that is set, or "Unknown".
    static std::string body_type(const protobuf::Message& message) {
        const auto* body = message.GetDescriptor()->oneof_decl(0);
        const auto* field = message.GetReflection()->GetOneofFieldDescriptor(message, body);
        return field == nullptr ? "Unknown" : field->message_type()->name();
    }

    protobuf::DescriptorPool pool_;
    std::vector<const protobuf::FileDescriptor*> files_;
    protobuf::DynamicMessageFactory messages_;
};

TEST_F(Schema, EveryFieldIsCarried) {
    std::set<std::string> carried;
    for (const auto& body : examples::client_bodies()) {
        const auto message = parse("Client", encode(ClientMessage{.request_id = 1, .body = body}));
        collect_fields(*message, carried);
    }
    for (const auto& body : examples::server_bodies()) {
        const auto message =
            parse("Server", encode(ServerMessage{.seq = 1, .reply_to = 1, .body = body}));
        collect_fields(*message, carried);
    }
    for (const auto* file : files_) {
        for (int i = 0; i < file->message_type_count(); ++i) {
            const auto* type = file->message_type(i);
            for (int j = 0; j < type->field_count(); ++j) {
                EXPECT_TRUE(carried.contains(type->field(j)->full_name()))
                    << type->field(j)->full_name() << " is in no example or is not encoded";
            }
        }
    }
}

TEST_F(Schema, BodiesAreWhatTheyAreCalled) {
    for (const auto& body : examples::client_bodies()) {
        const auto message = parse("Client", encode(ClientMessage{.body = body}));
        EXPECT_EQ(body_type(*message), name_of(body));
    }
    for (const auto& body : examples::server_bodies()) {
        const auto message = parse("Server", encode(ServerMessage{.body = body}));
        EXPECT_EQ(body_type(*message), name_of(body));
    }
}

}  // namespace
}  // namespace partyline::wire
