#include "client/volumes.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <future>
#include <limits>
#include <optional>

#include "client/kept_file.hpp"
#include "client/limits.hpp"
#include "platform/scratch_folder.hpp"

namespace partyline::client {
namespace {

crypto::PublicKey key(int seed) {
    crypto::PublicKey bytes{};
    bytes.fill(static_cast<std::byte>(seed));
    bytes[1] = static_cast<std::byte>(seed >> 8);
    return bytes;
}

TEST(Volumes, AreKeptFromRunToRunByWhoSomebodyIs) {
    const platform::ScratchFolder folder;
    const auto path = (folder.path() / "volumes").string();
    const auto ann = volume_owner(key(1));
    const auto bob = volume_owner(key(9), "Bob the Builder");
    {
        auto volumes = Volumes::open(path).value();
        EXPECT_TRUE(volumes.empty());
        EXPECT_EQ(volumes.of(ann), Volume{});
        EXPECT_TRUE(volumes.set(ann, {.gain_db = -6.5F}));
        EXPECT_TRUE(volumes.set(bob, {.gain_db = 3, .muted = true}));
    }
    auto volumes = Volumes::open(path).value();
    EXPECT_EQ(volumes.of(ann), (Volume{.gain_db = -6.5F}));
    EXPECT_EQ(volumes.of(bob), (Volume{.gain_db = 3, .muted = true}));
    EXPECT_EQ(volumes.of(volume_owner(key(8), "Bob the Builder")), Volume{})
        << "somebody of that name elsewhere is somebody else";
    EXPECT_TRUE(volumes.set(bob, {}));
    EXPECT_EQ(Volumes::open(path).value().of(bob), Volume{});
    EXPECT_EQ(Volumes::open(path).value().of(ann), (Volume{.gain_db = -6.5F}));
}

TEST(Volumes, AnAccountThatWasSetBackIsKnownToHaveBeenSet) {
    const platform::ScratchFolder folder;
    const auto path = (folder.path() / "volumes").string();
    const auto account = volume_owner(key(9), "Ann");
    auto volumes = Volumes::open(path).value();
    EXPECT_EQ(volumes.find(account), std::nullopt);
    EXPECT_TRUE(volumes.set(volume_owner(key(1)), {.muted = true}));
    EXPECT_TRUE(volumes.set(account, {}));
    EXPECT_EQ(Volumes::open(path).value().find(account), Volume{});
    EXPECT_TRUE(volumes.set(volume_owner(key(1)), {}));
    EXPECT_EQ(Volumes::open(path).value().find(volume_owner(key(1))), std::nullopt)
        << "nothing depends on that";
}

TEST(Volumes, TwoTalkiesDoNotUndoEachOther) {
    const platform::ScratchFolder folder;
    const auto path = (folder.path() / "volumes").string();
    auto one = Volumes::open(path).value();
    auto other = Volumes::open(path).value();
    EXPECT_TRUE(one.set(volume_owner(key(1)), {.gain_db = 1}));
    EXPECT_TRUE(other.set(volume_owner(key(2)), {.gain_db = 2}));
    const auto kept = Volumes::open(path).value();
    EXPECT_EQ(kept.of(volume_owner(key(1))).gain_db, 1);
    EXPECT_EQ(kept.of(volume_owner(key(2))).gain_db, 2);
}

TEST(Volumes, NobodyWaitsForAnotherToReadThem) {
    const platform::ScratchFolder folder;
    const auto path = (folder.path() / "volumes").string();
    EXPECT_TRUE(Volumes::open(path).value().set(volume_owner(key(1)), {.gain_db = 1}));
    std::optional<KeptFile> held(KeptFile::open(path, "what another talkie changes").value());
    auto opened = std::async(std::launch::async, [&path] {
        return Volumes::open(path).value().of(volume_owner(key(1))).gain_db;
    });
    const bool at_once = opened.wait_for(std::chrono::seconds(60)) == std::future_status::ready;
    held.reset();
    EXPECT_TRUE(at_once);
    EXPECT_EQ(opened.get(), 1);
}

TEST(Volumes, WithoutAFileTheyHoldForThisRun) {
    auto volumes = Volumes::open({}).value();
    EXPECT_TRUE(volumes.set(volume_owner(key(1)), {.muted = true}));
    EXPECT_TRUE(volumes.of(volume_owner(key(1))).muted);
}

TEST(Volumes, AFileThatCannotBeReadIsNamedWithItsLine) {
    const auto device = volume_owner(key(1));
    EXPECT_TRUE(parse_volumes("# a comment\n\n-6.0 heard " + device + "\r\n"));
    EXPECT_TRUE(parse_volumes("-40 heard " + device));
    EXPECT_TRUE(parse_volumes("20 muted " + device));
    for (const std::string& bad :
         {"loud heard " + device, "-40.5 heard " + device, "20.5 heard " + device,
          "nan heard " + device, "0 loud " + device, std::string("0 heard"),
          std::string("0 heard device"), std::string("0 heard device AAAA"),
          "0 heard account " + device.substr(7), "0 heard account " + device.substr(7) + " ",
          std::string("0 heard friend x")}) {
        const auto parsed = parse_volumes("\n" + bad);
        ASSERT_FALSE(parsed) << bad;
        EXPECT_EQ(parsed.error().code, ErrorCode::config);
        EXPECT_TRUE(parsed.error().message.contains("line 2")) << parsed.error().message;
    }

    const platform::ScratchFolder folder;
    const auto path = (folder.path() / "volumes").string();
    std::ofstream(path) << "rubbish\n";
    const auto opened = Volumes::open(path);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::config);
    EXPECT_TRUE(opened.error().message.contains(path));
}

TEST(Volumes, OneTooManyIsNotKeptButHolds) {
    const platform::ScratchFolder folder;
    const auto path = (folder.path() / "volumes").string();
    VolumeTable full;
    for (int i = 0; full.size() < volumes_max; ++i) {
        full.emplace(volume_owner(key(1), "name " + std::to_string(i)), Volume{.gain_db = 1});
    }
    std::ofstream(path) << print_volumes(full);
    auto volumes = Volumes::open(path).value();
    const auto again = full.begin()->first;
    EXPECT_TRUE(volumes.set(again, {.gain_db = 2})) << "whoever is there already may change";
    const auto kept = volumes.set(volume_owner(key(2)), {.gain_db = 3});
    ASSERT_FALSE(kept);
    EXPECT_EQ(kept.error().code, ErrorCode::too_large);
    EXPECT_EQ(volumes.of(volume_owner(key(2))).gain_db, 3);
    EXPECT_EQ(Volumes::open(path).value().of(volume_owner(key(2))), Volume{});

    full.emplace(volume_owner(key(3)), Volume{.gain_db = 1});
    EXPECT_EQ(parse_volumes(print_volumes(full)).error().code, ErrorCode::too_large);
}

TEST(Volume, IsAFactor) {
    EXPECT_EQ(gain_of({}), 1);
    EXPECT_EQ(gain_of({.gain_db = 20, .muted = true}), 0);
    EXPECT_NEAR(gain_of({.gain_db = 20}), 10, 1e-4);
    EXPECT_NEAR(gain_of({.gain_db = -40}), 0.01, 1e-6);
    EXPECT_FALSE(is_in_range({.gain_db = std::numeric_limits<float>::quiet_NaN()}));
    EXPECT_FALSE(is_in_range({.gain_db = volume_db_max + 0.1F}));
    EXPECT_TRUE(is_in_range({.gain_db = volume_db_min}));
}

}  // namespace
}  // namespace partyline::client
