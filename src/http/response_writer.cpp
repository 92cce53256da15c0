#include "http/response_writer.hpp"

#include "http/field_grammar.hpp"
#include "http/letter_run.hpp"
#include "http/percent.hpp"

#include <longwire/header_field.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cstddef>
#include <limits>

namespace longwire::http {

namespace {

constexpr std::array<std::string_view, 3> own_fields = {"Content-Length", "Transfer-Encoding",
                                                        "Connection"};

template <class... Text>
void append(std::string& out, const Text&... texts) {
    const std::array<std::string_view, sizeof...(texts)> pieces = {texts...};
    const std::size_t before = out.size();
    std::size_t size = before;
    for (const std::string_view piece : pieces) size += piece.size();
    // (Libraries differ in whether they tell the size that was asked for or what there is room
    // for.)
    out.resize_and_overwrite(size, [&](char* begin, std::size_t /*room*/) {
        char* end = begin + before;
        for (const std::string_view piece : pieces) end = std::ranges::copy(piece, end).out;
        return size;
    });
}

/// A number in decimal.
class Digits {
public:
    explicit Digits(std::size_t number) noexcept
        : end_(std::to_chars(digits_.begin(), digits_.end(), number).ptr) {}
    [[nodiscard]] std::string_view text() const noexcept { return {digits_.begin(), end_}; }

private:
    std::array<char, std::numeric_limits<std::size_t>::digits10 + 1> digits_;
    const char* end_;
};

/// One whose name and value are ours.
void append_own_field(std::string& out, std::string_view name, std::string_view value) {
    append(out, name, ": ", value, "\r\n");
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    const bool printable =
        printable_run<Beyond::all>(std::as_bytes(std::span(value))) == value.size();
    if (!is_token(name) || (!printable && !is_field_value(value))) return;
    append_own_field(out, name, value);
}

void append_status_line(std::string& out, int status) {
    const auto digit = [&](int place) { return static_cast<char>('0' + status / place % 10); };
    out.append("HTTP/1.1 ").append({digit(100), digit(10), digit(1), ' '});
    out.append(reason_phrase(status)).append("\r\n");
}

/// Room for a head with these fields, the status line and what is written beside them.
void reserve_for(std::string& out, std::span<const Field> fields) {
    std::size_t size = out.size() + 192;
    for (const auto& [name, value] : fields) size += name.size() + value.size() + 4;
    out.reserve(size);
}

void append_connection(std::string& out, const Response& response, const WriteOptions& options) {
    // Upgrade must be named in Connection (RFC 9110, section 7.8): so with 426.
    const bool upgrades = std::ranges::any_of(response.headers, [](const Field& field) {
        return same_field_name(field.first, "Upgrade");
    });
    std::string_view option;
    if (!options.keep_alive)
        option = "close";
    else if (options.minor_version == 0)
        option = "keep-alive";
    if (upgrades)
        append(out, "Connection: Upgrade", option.empty() ? "" : ", ", option, "\r\n");
    else if (!option.empty())
        append_own_field(out, "Connection", option);
}

}  // namespace

bool ends_connection(const Response& response) noexcept {
    return std::ranges::any_of(response.headers, [](const Field& field) {
        return same_field_name(field.first, "Connection") && same_field_name(field.second, "close");
    });
}

std::string write_response_head(const Response& response, const WriteOptions& options) {
    std::string out;
    append_response_head(out, response, options);
    return out;
}

void append_response_head(std::string& out, const Response& response, const WriteOptions& options) {
    const int status = written_status(response.status);
    reserve_for(out, response.headers);
    append_status_line(out, status);
    if (!options.date.empty()) append_own_field(out, "Date", options.date);
    for (const auto& [name, value] : response.headers) {
        const bool is_own =
            std::ranges::any_of(own_fields,
                                [&](std::string_view own) { return same_field_name(own, name); }) ||
            (!options.date.empty() && same_field_name(name, "Date"));
        if (!is_own) append_field(out, name, value);
    }
    if (options.chunked && !is_bodiless(status))
        append_own_field(out, "Transfer-Encoding", "chunked");
    else if (options.length && !is_bodiless(status))
        append_own_field(out, "Content-Length", Digits(response.body.size()).text());
    append_connection(out, response, options);
    out += "\r\n";
}

std::string write_response(const Response& response, const WriteOptions& options) {
    std::string out = write_response_head(response, options);
    if (!options.head_only && !is_bodiless(written_status(response.status))) out += response.body;
    return out;
}

std::string write_switching_protocols(std::span<const Field> fields) {
    std::string out;
    append_switching_protocols(out, fields);
    return out;
}

void append_switching_protocols(std::string& out, std::span<const Field> fields) {
    reserve_for(out, fields);
    append_status_line(out, 101);
    for (const auto& [name, value] : fields) append_field(out, name, value);
    out += "\r\n";
}

std::string write_request(std::string_view method, std::string_view target,
                          std::span<const Field> fields) {
    assert(is_token(method));
    std::string out(method);
    out.append(" ").append(percent_encode_target(target)).append(" HTTP/1.1\r\n");
    for (const auto& [name, value] : fields) append_field(out, name, value);
    out += "\r\n";
    return out;
}

}  // namespace longwire::http
