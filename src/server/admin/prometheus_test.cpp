#include "server/admin/prometheus.hpp"

#include <gtest/gtest.h>

#include <array>

namespace partyline::admin {
namespace {

TEST(Prometheus, WritesFamiliesAsTheFormatSays) {
    PrometheusText text;
    text.gauge("partyline_sessions", "Who is logged in.", 3);
    text.begin_counter("partyline_dropped_total", "Voice, by why.");
    text.sample({{"reason", "muted"}}, 12);
    text.sample({{"reason", "bad_mac"}, {"lane", "udp"}}, 0);
    text.counter("partyline_cpu_seconds_total", "Time.", 0.25);
    EXPECT_EQ(text.text(),
              "# HELP partyline_sessions Who is logged in.\n"
              "# TYPE partyline_sessions gauge\n"
              "partyline_sessions 3\n"
              "# HELP partyline_dropped_total Voice, by why.\n"
              "# TYPE partyline_dropped_total counter\n"
              "partyline_dropped_total{reason=\"muted\"} 12\n"
              "partyline_dropped_total{reason=\"bad_mac\",lane=\"udp\"} 0\n"
              "# HELP partyline_cpu_seconds_total Time.\n"
              "# TYPE partyline_cpu_seconds_total counter\n"
              "partyline_cpu_seconds_total 0.25\n");
}

TEST(Prometheus, ALargeCountLosesNoDigit) {
    PrometheusText text;
    text.counter("c", "h", 9007199254740991.0);
    EXPECT_TRUE(text.text().ends_with("\nc 9007199254740991\n")) << text.text();
}

TEST(Prometheus, ALabelMayHoldAnything) {
    PrometheusText text;
    text.begin_gauge("a", "back\\slash and\nline");
    text.sample({{"name", "\"quoted\" \\ and\nline"}}, 1);
    EXPECT_EQ(text.text(),
              "# HELP a back\\\\slash and\\nline\n"
              "# TYPE a gauge\n"
              "a{name=\"\\\"quoted\\\" \\\\ and\\nline\"} 1\n");
}

TEST(Prometheus, BucketsOfAHistogramAddUp) {
    PrometheusText text;
    constexpr std::array bounds{0.001, 0.5};
    constexpr std::array<std::uint64_t, 3> counts{2, 3, 1};
    text.histogram("h", "Times.", {.bounds = bounds, .counts = counts, .sum = 1.5});
    EXPECT_EQ(text.text(),
              "# HELP h Times.\n"
              "# TYPE h histogram\n"
              "h_bucket{le=\"0.001\"} 2\n"
              "h_bucket{le=\"0.5\"} 5\n"
              "h_bucket{le=\"+Inf\"} 6\n"
              "h_sum 1.5\n"
              "h_count 6\n");
}

}  // namespace
}  // namespace partyline::admin
