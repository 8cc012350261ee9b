// Figures as Prometheus reads them: its text exposition format, version 0.0.4.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace partyline::admin {

/// Content-Type of what PrometheusText writes.
inline constexpr std::string_view prometheus_content_type =
    "text/plain; version=0.0.4; charset=utf-8";

/// Collects families, each written once. Names are ours and right; label values may be anything. One
/// thread.
class PrometheusText {
public:
    struct Label {
        std::string_view name;
        std::string_view value;
    };
    using Labels = std::initializer_list<Label>;

    /// Only grows. By custom the name ends in "_total".
    void counter(std::string_view name, std::string_view help, double value);
    void gauge(std::string_view name, std::string_view help, double value);

    /// A family of several samples: begin_counter(), then sample() for each.
    void begin_counter(std::string_view name, std::string_view help);
    void begin_gauge(std::string_view name, std::string_view help);
    void sample(Labels labels, double value);

    struct Histogram {
        /// Upper bounds, rising; one that is endless follows by itself.
        std::span<const double> bounds;
        /// How many fell into each bucket alone: one more than there are bounds.
        std::span<const std::uint64_t> counts;
        double sum = 0;
    };
    void histogram(std::string_view name, std::string_view help, const Histogram& histogram);

    [[nodiscard]] const std::string& text() const { return text_; }

private:
    void begin(std::string_view name, std::string_view help, std::string_view type);
    void write(std::string_view name, Labels labels, double value);

    std::string family_;
    std::string text_;
};

}  // namespace partyline::admin
