#include "http/response_writer.hpp"

#include "http/field_grammar.hpp"
#include "http/percent.hpp"

#include <longwire/header_field.hpp>

#include <algorithm>
#include <array>
#include <cassert>

namespace longwire::http {

namespace {

constexpr std::array<std::string_view, 3> own_fields = {"Content-Length", "Transfer-Encoding",
                                                        "Connection"};

void append_field(std::string& out, std::string_view name, std::string_view value) {
    if (!is_token(name) || !is_field_value(value)) return;
    out.append(name).append(": ").append(value).append("\r\n");
}

void append_status_line(std::string& out, int status) {
    out.append("HTTP/1.1 ").append(std::to_string(status)).append(" ");
    out.append(reason_phrase(status)).append("\r\n");
}

void append_connection(std::string& out, const Response& response, const WriteOptions& options) {
    // Upgrade must be named in Connection (RFC 9110, section 7.8): so with 426.
    const bool upgrades = std::ranges::any_of(response.headers, [](const Field& field) {
        return same_field_name(field.first, "Upgrade");
    });
    std::string value = upgrades ? "Upgrade" : "";
    std::string_view option;
    if (!options.keep_alive)
        option = "close";
    else if (options.minor_version == 0)
        option = "keep-alive";
    if (!value.empty() && !option.empty()) value += ", ";
    value += option;
    if (!value.empty()) append_field(out, "Connection", value);
}

}  // namespace

bool ends_connection(const Response& response) noexcept {
    return std::ranges::any_of(response.headers, [](const Field& field) {
        return same_field_name(field.first, "Connection") && same_field_name(field.second, "close");
    });
}

std::string write_response_head(const Response& response, const WriteOptions& options) {
    const int status = written_status(response.status);
    std::string out;
    append_status_line(out, status);
    if (!options.date.empty()) append_field(out, "Date", options.date);
    for (const auto& [name, value] : response.headers) {
        const bool is_own =
            std::ranges::any_of(own_fields,
                                [&](std::string_view own) { return same_field_name(own, name); }) ||
            (!options.date.empty() && same_field_name(name, "Date"));
        if (!is_own) append_field(out, name, value);
    }
    if (options.chunked && !is_bodiless(status))
        append_field(out, "Transfer-Encoding", "chunked");
    else if (options.length && !is_bodiless(status))
        append_field(out, "Content-Length", std::to_string(response.body.size()));
    append_connection(out, response, options);
    out += "\r\n";
    return out;
}

std::string write_response(const Response& response, const WriteOptions& options) {
    std::string out = write_response_head(response, options);
    if (!options.head_only && !is_bodiless(written_status(response.status))) out += response.body;
    return out;
}

std::string write_switching_protocols(std::span<const Field> fields) {
    std::string out;
    append_status_line(out, 101);
    for (const auto& [name, value] : fields) append_field(out, name, value);
    out += "\r\n";
    return out;
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
