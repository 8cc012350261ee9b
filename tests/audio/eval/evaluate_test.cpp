#include "audio/eval/evaluate.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "audio/eval/campaign.hpp"

namespace partyline::audio_eval {
namespace {

using ::testing::HasSubstr;

/// A minute would take too long in each build; what is asserted shows in seconds, too.
constexpr scenes::Lengths brief{.far_alone_s = 12, .both_s = 6, .near_alone_s = 4, .noise_s = 10};

const Results& results() {
    static const auto measured =
        run({.recordings =
                 scenes::find_recordings("/usr/share", scenes::Extent::demo, scenes::Half::scoring)
                     .value(),
             .lengths = brief,
             .scenes = {"fan10", "echo60"},
             .chains = {"unprocessed", "mumble", "apm"},
             .seeds = 1})
            .value();
    return measured;
}

double figure_of(const Results& measured, const std::string& scene, const std::string& name,
                 const std::string& chain) {
    for (const auto& row : measured.rows) {
        if (row.scene == scene && row.figure == name) {
            const auto found = row.by_chain.find(chain);
            return found == row.by_chain.end() ? -999 : found->second.values.at(0);
        }
    }
    ADD_FAILURE() << "no figure " << name << " of " << scene;
    return -999;
}

double figure(const std::string& scene, const std::string& name, const std::string& chain) {
    return figure_of(results(), scene, name, chain);
}

TEST(Evaluation, WithoutAChainNothingChanges) {
    EXPECT_NEAR(figure("fan10", "SDR, dB", "unprocessed"), 11, 3);
    EXPECT_NEAR(figure("fan10", "noise attenuation, dB", "unprocessed"), 0, 0.5);
    EXPECT_NEAR(figure("echo60", "ERLE 0-2 s, dB", "unprocessed"), 0, 0.01);
    EXPECT_NEAR(figure("echo60", "near end alone STOI", "unprocessed"), 1, 0.01);
    EXPECT_LT(figure("echo60", "double talk STOI", "unprocessed"), 0.9);
    EXPECT_EQ(figure("fan10", "voice recall", "unprocessed"), -999) << "it has no opinion";
}

TEST(Evaluation, FansBecomeQuieterAndTheVoiceStays) {
    for (const char* chain : {"mumble", "apm"}) {
        SCOPED_TRACE(chain);
        EXPECT_GT(figure("fan10", "noise attenuation, dB", chain), 5);
        EXPECT_GT(figure("fan10", "STOI", chain), 0.8);
        EXPECT_GT(figure("fan10", "voice recall", chain), 0.5);
    }
}

TEST(Evaluation, EchoBecomesQuieterAndTheVoiceStays) {
    // AEC3 removes far more echo than Mumble's canceller, and the voice with it.
    EXPECT_GT(figure("echo60", "ERLE later, dB", "mumble"), 6);
    EXPECT_GT(figure("echo60", "ERLE later, dB", "apm"), 25);
    EXPECT_GT(figure("echo60", "double talk STOI", "mumble"), 0.7);
    EXPECT_LT(figure("echo60", "double talk STOI", "apm"),
              figure("echo60", "double talk STOI", "mumble"));
    EXPECT_EQ(figure("echo60", "echo taken for speech", "unprocessed"), -999);
    for (const char* chain : {"mumble", "apm"}) {
        EXPECT_LE(figure("echo60", "echo taken for speech", chain), 1) << chain;
        EXPECT_GE(figure("echo60", "echo taken for speech", chain), 0) << chain;
        EXPECT_GT(figure("echo60", "near end alone STOI", chain), 0.85) << chain;
    }
}

/// One short mixture of the one voice that is here. docs/audio.md has them all, with the keyboards.
TEST(Evaluation, OurChainIsBetterThanMumbles) {
    const auto recordings =
        scenes::find_recordings("/usr/share", scenes::Extent::demo, scenes::Half::scoring);
    ASSERT_TRUE(recordings);
    const auto ran = run({.recordings = *recordings,
                          .lengths = brief,
                          .scenes = {"fan5", "echo60", "echo250"},
                          .chains = {"mumble", "ours"},
                          .seeds = 1});
    ASSERT_TRUE(ran);
    const auto& ours = *ran;
    const std::pair<std::string, std::vector<std::string>> better[] = {
        {"fan5", {"STOI"}},
        {"echo60", {"ERLE 0-2 s, dB", "ERLE later, dB", "double talk STOI"}},
        {"echo250", {"ERLE later, dB", "double talk STOI"}}};
    for (const auto& [scene, names] : better) {
        for (const auto& name : names) {
            EXPECT_GT(figure_of(ours, scene, name, "ours"), figure_of(ours, scene, name, "mumble"))
                << scene << ": " << name;
        }
    }
}

TEST(Evaluation, TablesHaveARowForEachFigureAndAColumnForEachChain) {
    const std::vector<std::string> chains{"unprocessed", "mumble", "apm"};
    const auto text = table(results(), chains);
    EXPECT_THAT(text, HasSubstr("\nfan10\n    STOI"));
    EXPECT_THAT(text, HasSubstr("cost of 10 ms"));
    const auto page = markdown(results(), chains);
    EXPECT_THAT(
        page,
        HasSubstr("| scene | figure | unprocessed | mumble | apm |\n|---|---|---|---|---|\n"));
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(page, '\n')), results().rows.size() + 3);
    EXPECT_THAT(json(results()), HasSubstr("\"double talk STOI\""));
}

/// Half as loud, one frame late, and sure that every second frame is speech.
class Stub final : public chains::Chain {
public:
    void process(dsp::ConstFrame near, dsp::ConstFrame, dsp::Frame out) override {
        std::ranges::copy(before_, out.begin());
        std::ranges::transform(near, before_.begin(), [](float sample) { return sample / 2; });
        voice_ = !voice_;
    }
    [[nodiscard]] std::size_t delay_samples() const override { return dsp::frame_samples; }
    [[nodiscard]] std::optional<bool> voice() const override { return voice_; }
    [[nodiscard]] std::size_t pre_roll_frames() const override { return 1; }

private:
    std::array<float, dsp::frame_samples> before_{};
    bool voice_ = false;
};

TEST(Evaluation, AChainsDelayAndPreRollCount) {
    const auto recordings =
        scenes::find_recordings("/usr/share", scenes::Extent::demo, scenes::Half::scoring).value();
    const auto material = scenes::gather(recordings, brief, 1).value();
    const auto scene = scenes::make_scene("clean", material);
    Stub stub;
    const auto outcome = evaluate(scene, stub);
    const auto value = [&](const char* name) {
        return std::ranges::find(outcome.figures, name, &Figure::name)->value;
    };
    EXPECT_GT(value("STOI"), 0.99);
    EXPECT_NEAR(value("noise attenuation, dB"), 0, 0.1) << "the voice became quieter as well";
    EXPECT_NEAR(value("noise attenuation as sent, dB"), 0, 0.1) << "all is sent";
    EXPECT_GT(value("voice recall"), 0.99) << "the frames between are pre-roll";
    EXPECT_EQ(value("clipped starts"), 0);
}

}  // namespace
}  // namespace partyline::audio_eval
