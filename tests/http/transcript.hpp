#pragma once

#include "http/limits.hpp"
#include "http/request_parser.hpp"
#include "http/response_parser.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::http::testing {

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

inline std::string describe(const Request& request, const RequestParser& parser) {
    std::string out = "request " + std::string(request.method()) + " " +
                      std::string(request.target()) + " path=" + std::string(request.path()) +
                      " query=" + std::string(request.query()) + " 1." +
                      std::to_string(request.minor_version()) + "\n";
    for (const HeaderField& field : request.headers())
        out += "  " + std::string(field.name) + "=" + std::string(field.value) + "\n";
    out += "  body=[" + std::string(request.body()) + "]";
    if (parser.keep_alive()) out += " keep-alive";
    if (parser.upgrade_requested()) out += " upgrade";
    return out + "\n";
}

/// What a connection would make of `pieces`, as text: every request, up to the first upgrade (with
/// the bytes that are left for the other protocol) or the refusal.
inline std::string requests_in(std::span<const std::string_view> pieces,
                               const Limits& limits = {}) {
    RequestParser parser(limits);
    std::string out;
    for (std::size_t index = 0; index < pieces.size(); ++index) {
        std::string_view rest = pieces[index];
        while (!rest.empty()) {
            const auto parsed = parser.parse(bytes_of(rest));
            rest.remove_prefix(parsed.consumed);
            if (parsed.status == RequestParser::Status::failed) {
                const Response refusal = parser.refusal();
                return out + "refused " + std::to_string(refusal.status) + " " + refusal.body;
            }
            if (parsed.status == RequestParser::Status::need_more) {
                if (!rest.empty()) return out + "BYTES LEFT BEHIND";
                continue;
            }
            out += describe(parser.take_request(), parser);
            if (!parser.upgrade_requested()) continue;
            out += "left=[" + std::string(rest);
            for (const std::string_view later : pieces.subspan(index + 1)) out += later;
            return out + "]";
        }
    }
    return out;
}

inline std::string requests_in(std::string_view text, const Limits& limits = {}) {
    return requests_in(std::span(&text, 1), limits);
}

/// What a client would make of `pieces`: the head, then the body, then what is left.
inline std::string response_in(std::span<const std::string_view> pieces,
                               const Limits& limits = {}) {
    ResponseParser parser(limits);
    std::string out;
    bool has_head = false;
    bool complete = false;
    for (std::string_view rest : pieces) {
        if (!has_head) {
            const auto parsed = parser.parse(bytes_of(rest));
            if (parsed.status == ResponseParser::Status::failed)
                return "failed: " + parser.reason();
            rest.remove_prefix(parsed.consumed);
            has_head = parsed.status == ResponseParser::Status::head;
            if (!has_head) continue;
            out = "head " + std::to_string(parser.status()) + " 1." +
                  std::to_string(parser.minor_version()) + "\n";
            for (const HeaderField& field : parser.fields())
                out += "  " + std::string(field.name) + "=" + std::string(field.value) + "\n";
        }
        if (!complete && parser.status() != 101) {
            const auto collected = parser.collect_body(bytes_of(rest));
            if (collected.status == ResponseParser::BodyStatus::failed)
                return out + "failed: " + parser.reason();
            complete = collected.status == ResponseParser::BodyStatus::complete;
            rest.remove_prefix(collected.consumed);
            if (!complete) continue;
        }
        out += rest;
    }
    if (complete) out += "|complete";
    if (parser.is_truncated()) out += "|truncated";
    return has_head ? out + "|body=[" + std::string(parser.body()) + "]" : out;
}

inline std::string response_in(std::string_view text, const Limits& limits = {}) {
    return response_in(std::span(&text, 1), limits);
}

/// `text` in pieces of one byte.
inline std::vector<std::string_view> single_bytes(std::string_view text) {
    std::vector<std::string_view> pieces;
    for (std::size_t index = 0; index < text.size(); ++index)
        pieces.push_back(text.substr(index, 1));
    return pieces;
}

}  // namespace longwire::http::testing
