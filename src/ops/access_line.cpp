#include "ops/access_line.hpp"

#include "ops/clock_time.hpp"
#include "ops/metrics.hpp"

#include <fmt/core.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <ctime>
#include <iterator>
#include <optional>
#include <string_view>

namespace longwire::ops {

namespace {

constexpr bool is_plain(char letter) noexcept {
    return letter >= ' ' && letter <= '~' && letter != '"' && letter != '\\';
}

/// Bytes that might mean something to whoever reads the line become \xNN.
std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char letter : text) {
        if (is_plain(letter))
            out += letter;
        else
            fmt::format_to(std::back_inserter(out), "\\x{:02X}",
                           static_cast<unsigned char>(letter));
    }
    return out;
}

/// The same for a text that stands in no quotation marks; "-" where there is none.
std::string one_word(std::string_view text) {
    if (text.empty()) return "-";
    std::string out = escaped(text);
    for (std::size_t space = 0; (space = out.find(' ', space)) != std::string::npos;)
        out.replace(space, 1, "\\x20");
    return out;
}

std::string in_quotes(std::string_view text) {
    return '"' + (text.empty() ? "-" : escaped(text)) + '"';
}

/// As the combined format has it, in this machine's time zone.
std::string local_time(std::chrono::system_clock::time_point when) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
    std::tm parts = {};
    localtime_r(&seconds, &parts);
    constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const long offset = parts.tm_gmtoff / 60;
    const long away = offset < 0 ? -offset : offset;
    return fmt::format("{:02}/{}/{:04}:{:02}:{:02}:{:02} {}{:02}{:02}", parts.tm_mday,
                       months.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900,
                       parts.tm_hour, parts.tm_min, parts.tm_sec, offset < 0 ? '-' : '+', away / 60,
                       away % 60);
}

double seconds_of(std::chrono::microseconds duration) noexcept {
    return static_cast<double>(duration.count()) / 1e6;
}

/// Writes the members of a JSON object.
class Members {
public:
    explicit Members(std::string& json) : json_(json) {}

    void text(std::string_view key, std::string_view value) {
        begin(key);
        if (std::ranges::all_of(value, is_plain)) {
            json_ += '"';
            json_ += value;
            json_ += '"';
            return;
        }
        // In ASCII, and what is not UTF-8 replaced.
        json_ +=
            nlohmann::json(value).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    }
    /// Nothing where there is none.
    void text_if_any(std::string_view key, std::string_view value) {
        if (!value.empty()) text(key, value);
    }
    template <class Number>
    void number(std::string_view key, Number value) {
        begin(key);
        fmt::format_to(std::back_inserter(json_), "{}", value);
    }
    void seconds(std::string_view key, std::chrono::microseconds value) {
        begin(key);
        fmt::format_to(std::back_inserter(json_), "{:.6f}", seconds_of(value));
    }

private:
    void begin(std::string_view key) {
        json_ += json_.empty() ? "{\"" : ",\"";
        json_ += key;
        json_ += "\":";
    }

    std::string& json_;
};

}  // namespace

std::string access_text(const AccessRecord& record, std::chrono::system_clock::time_point ended) {
    std::string request = "-";
    if (!record.method.empty())
        request = fmt::format("{} {} HTTP/1.{}", escaped(record.method), escaped(record.target),
                              record.minor_version);
    std::string line =
        fmt::format("{} - {} [{}] \"{}\" {} {} {} {} {:.6f}s received={}", one_word(record.client),
                    one_word(record.user), local_time(ended), request, record.status,
                    record.bytes_sent, in_quotes(record.origin), in_quotes(record.user_agent),
                    seconds_of(record.duration), record.bytes_received);
    if (record.refused)
        fmt::format_to(std::back_inserter(line), " refused={}", cause_name(*record.refused));
    if (!record.websocket) return line;
    const ConnectionRecord& its = *record.websocket;
    fmt::format_to(std::back_inserter(line), " in={} out={} closed={}", its.messages_received,
                   its.messages_sent, to_number(its.code));
    if (its.server_code)
        fmt::format_to(std::back_inserter(line), " by_server={}", to_number(*its.server_code));
    if (!its.reason.empty())
        fmt::format_to(std::back_inserter(line), " reason={}", in_quotes(its.reason));
    if (!its.subprotocol.empty())
        fmt::format_to(std::back_inserter(line), " subprotocol={}", one_word(its.subprotocol));
    return line;
}

std::string access_json(const AccessRecord& record, std::chrono::system_clock::time_point ended) {
    std::string json;
    Members members(json);
    members.text("time", universal_time(ended));
    members.text("peer", record.peer);
    members.text("client", record.client);
    members.text_if_any("user", record.user);
    if (!record.method.empty()) {
        members.text("method", record.method);
        members.text("target", record.target);
        members.text("protocol", record.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1");
    }
    members.number("tls", record.secure);
    members.number("status", record.status);
    members.seconds("seconds", record.duration);
    members.number("bytes_in", record.bytes_received);
    members.number("bytes_out", record.bytes_sent);
    members.text_if_any("origin", record.origin);
    members.text_if_any("user_agent", record.user_agent);
    if (record.refused) members.text("refused", cause_name(*record.refused));
    if (record.websocket) {
        const ConnectionRecord& its = *record.websocket;
        members.number("messages_in", its.messages_received);
        members.number("messages_out", its.messages_sent);
        members.number("close_code", to_number(its.code));
        if (its.server_code) members.number("server_close_code", to_number(*its.server_code));
        members.text_if_any("close_reason", its.reason);
        members.text_if_any("subprotocol", its.subprotocol);
    }
    json += '}';
    return json;
}

}  // namespace longwire::ops
