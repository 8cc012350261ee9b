#include "server/admin/prometheus.hpp"

#include <cassert>
#include <cmath>
#include <format>
#include <limits>

namespace partyline::admin {
namespace {

/// What the format says of help texts and label values: backslash and line feed, and the quote where
/// there are quotes.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '"': out += "\\\""; break;
            default: out += c;
        }
    }
    return out;
}

/// The shortest that reads back as the same number.
std::string number(double value) { return std::isinf(value) ? "+Inf" : std::format("{}", value); }

}  // namespace

void PrometheusText::counter(std::string_view name, std::string_view help, double value) {
    begin_counter(name, help);
    sample({}, value);
}

void PrometheusText::gauge(std::string_view name, std::string_view help, double value) {
    begin_gauge(name, help);
    sample({}, value);
}

void PrometheusText::begin_counter(std::string_view name, std::string_view help) {
    begin(name, help, "counter");
}

void PrometheusText::begin_gauge(std::string_view name, std::string_view help) {
    begin(name, help, "gauge");
}

void PrometheusText::begin(std::string_view name, std::string_view help, std::string_view type) {
    family_ = name;
    text_ += std::format("# HELP {} {}\n# TYPE {} {}\n", name, escaped(help), name, type);
}

void PrometheusText::sample(Labels labels, double value) { write(family_, labels, value); }

void PrometheusText::write(std::string_view name, Labels labels, double value) {
    text_ += name;
    if (labels.size() > 0) {
        const char* before = "{";
        for (const auto& label : labels) {
            text_ += std::format("{}{}=\"{}\"", before, label.name, escaped(label.value));
            before = ",";
        }
        text_ += '}';
    }
    text_ += std::format(" {}\n", number(value));
}

void PrometheusText::histogram(std::string_view name, std::string_view help,
                               const Histogram& histogram) {
    assert(histogram.counts.size() == histogram.bounds.size() + 1);
    begin(name, help, "histogram");
    const auto bucket = std::string(name) + "_bucket";
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
        below += histogram.counts[i];
        const auto bound = i < histogram.bounds.size() ? histogram.bounds[i]
                                                       : std::numeric_limits<double>::infinity();
        write(bucket, {{"le", number(bound)}}, static_cast<double>(below));
    }
    write(std::string(name) + "_sum", {}, histogram.sum);
    write(std::string(name) + "_count", {}, static_cast<double>(below));
}

}  // namespace partyline::admin
