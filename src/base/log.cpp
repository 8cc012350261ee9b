#include "base/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <iterator>
#include <memory>

#include "base/real_time.hpp"
#include "base/text.hpp"

namespace partyline::log {
namespace {

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warning: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
        case Level::off: return spdlog::level::off;
    }
    return spdlog::level::err;
}

constexpr const char* text_pattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";

/// Lines that a machine reads.
class JsonFormatter final : public spdlog::formatter {
public:
    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
        const auto time = std::chrono::floor<std::chrono::milliseconds>(message.time);
        const auto level = spdlog::level::to_string_view(message.level);
        std::format_to(std::back_inserter(out),
                       R"({{"time":"{:%FT%T}Z","level":"{}","message":{}}})", time,
                       std::string_view(level.data(), level.size()),
                       to_json_string({message.payload.data(), message.payload.size()}));
        out.push_back('\n');
    }
    [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
        return std::make_unique<JsonFormatter>();
    }
};

std::unique_ptr<spdlog::formatter> make_formatter(Format format) {
    if (format == Format::json) {
        return std::make_unique<JsonFormatter>();
    }
    return std::make_unique<spdlog::pattern_formatter>(text_pattern,
                                                       spdlog::pattern_time_type::utc);
}

void append_escaped(std::string& out, char c) {
    switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\n': out += "\\n"; break;
        case '\t': out += "\\t"; break;
        default: {
            const auto byte = static_cast<unsigned char>(c);
            if (byte < 0x20 || byte == 0x7F) {
                out += std::format("\\u{:04x}", byte);
            } else {
                out += c;
            }
        }
    }
}

spdlog::logger& logger() {
    static spdlog::logger instance = [] {
        spdlog::logger made("partyline", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made.set_level(spdlog::level::warn);
        made.set_formatter(make_formatter(Format::text));
        made.flush_on(spdlog::level::debug);
        return made;
    }();
    return instance;
}

}  // namespace

void set_level(Level level) { logger().set_level(to_spdlog(level)); }

// The sink takes its lock for it, so lines of other threads are whole, before and after.
void set_format(Format format) { logger().set_formatter(make_formatter(format)); }

std::string to_json_string(std::string_view line) {
    const auto plain = is_utf8(line) ? std::string(line) : to_plain_text(line);
    std::string out = "\"";
    for (const char c : plain) {
        append_escaped(out, c);
    }
    return out + '"';
}

bool enabled(Level level) {
#ifdef PARTYLINE_REAL_TIME_GUARD
    // Also of a line that nobody asked for today.
    forbid_in_real_time("logged");
#endif
    return logger().should_log(to_spdlog(level));
}

void write(Level level, std::string_view line) {
    logger().log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace partyline::log
