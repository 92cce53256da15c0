#include "http/chunked_decoder.hpp"

#include "http/field_grammar.hpp"

#include <algorithm>
#include <string>

namespace longwire::http {

namespace {

constexpr unsigned max_digits = 16;

}  // namespace

ChunkedDecoder::ChunkedDecoder(const Limits& limits) noexcept
    : limits_(limits),
      trailers_(HeadScanner::Kind::trailers, limits.max_head_size, limits.max_fields) {}

ChunkedDecoder::Decoded ChunkedDecoder::decode(std::span<const std::byte> bytes,
                                               std::vector<char>& body) {
    std::size_t index = 0;
    while (index < bytes.size()) {
        if (state_ == State::trailers) {
            const auto scanned = trailers_.scan(bytes.subspan(index));
            index += scanned.consumed;
            if (scanned.status == HeadScanner::Status::need_more) break;
            if (scanned.status == HeadScanner::Status::complete) return {index, Status::complete};
            fault_ = trailers_.fault();
            return {index, Status::failed};
        }
        if (state_ == State::data) {
            const auto rest = bytes.subspan(index);
            const auto size =
                static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, rest.size()));
            const auto* const data = reinterpret_cast<const char*>(rest.data());
            body.insert(body.end(), data, data + size);
            index += size;
            remaining_ -= size;
            if (remaining_ == 0) state_ = State::data_cr;
            continue;
        }
        if (!take(static_cast<char>(bytes[index++]), body.size())) return {index, Status::failed};
    }
    return {index, Status::need_more};
}

bool ChunkedDecoder::take(char letter, std::size_t body_size) {
    switch (state_) {
        case State::size:
            return take_size(letter);
        case State::extension:
            return take_extension(letter);
        case State::size_end:
            return end_size_line(letter, body_size);
        case State::data_cr:
            if (letter != '\r') return fail(400, "a chunk is longer than its size says");
            state_ = State::data_lf;
            return true;
        case State::data_lf:
            if (letter != '\n') return fail(400, "a chunk does not end in CR LF");
            state_ = State::size;
            return true;
        case State::data:
        case State::trailers:
            break;
    }
    return false;
}

bool ChunkedDecoder::take_size(char letter) {
    if (const int digit = hex_value(letter); digit >= 0) {
        if (++digits_ > max_digits) return fail(400, "a chunk size has more than 16 digits");
        remaining_ = remaining_ * 16 + static_cast<unsigned>(digit);
        return true;
    }
    if (digits_ == 0 || (letter != '\r' && letter != ';'))
        return fail(400, "a chunk size is not a hexadecimal number (RFC 9112, section 7.1)");
    state_ = letter == '\r' ? State::size_end : State::extension;
    return true;
}

bool ChunkedDecoder::take_extension(char letter) {
    if (letter == '\r') {
        state_ = State::size_end;
        return true;
    }
    if (letter == '\n') return fail(400, "a chunk size line ends in LF alone");
    if (!is_value_letter(letter)) return fail(400, "a chunk extension holds a control character");
    if (++extension_bytes_ > limits_.max_head_size)
        return fail(400, "the chunk extensions are larger than " +
                             std::to_string(limits_.max_head_size) + " bytes");
    return true;
}

bool ChunkedDecoder::end_size_line(char letter, std::size_t body_size) {
    if (letter != '\n') return fail(400, "a chunk size line has a CR that no LF follows");
    digits_ = 0;
    if (remaining_ == 0) {
        // What the extensions took is no longer there for the trailers.
        trailers_ = HeadScanner(HeadScanner::Kind::trailers,
                                limits_.max_head_size - extension_bytes_, limits_.max_fields);
        state_ = State::trailers;
        return true;
    }
    if (remaining_ > limits_.max_body_size - body_size)
        return fail(413,
                    "the body is larger than " + std::to_string(limits_.max_body_size) + " bytes");
    state_ = State::data;
    return true;
}

bool ChunkedDecoder::fail(int status, std::string_view words) {
    fault_ = Fault{status, std::string(words)};
    return false;
}

}  // namespace longwire::http
