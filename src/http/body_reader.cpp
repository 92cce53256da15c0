#include "http/body_reader.hpp"

#include <algorithm>
#include <string>

namespace longwire::http {

namespace {

void append(std::vector<char>& body, std::span<const std::byte> bytes) {
    const auto* const data = reinterpret_cast<const char*>(bytes.data());
    body.insert(body.end(), data, data + bytes.size());
}

}  // namespace

BodyReader::Read BodyReader::read(std::span<const std::byte> bytes, std::vector<char>& body) {
    switch (framing_.kind) {
        case Framing::Kind::length:
            return read_length(bytes, body);
        case Framing::Kind::chunked:
            return read_chunks(bytes, body);
        case Framing::Kind::until_close:
            return read_until_close(bytes, body);
    }
    return {0, Status::failed};
}

BodyReader::Read BodyReader::read_length(std::span<const std::byte> bytes,
                                         std::vector<char>& body) {
    if (framing_.length > max_size_) return fail_too_large();
    const auto missing = static_cast<std::size_t>(framing_.length) - body.size();
    const std::size_t size = std::min(missing, bytes.size());
    append(body, bytes.first(size));
    return {size, size == missing ? Status::complete : Status::need_more};
}

BodyReader::Read BodyReader::read_chunks(std::span<const std::byte> bytes,
                                         std::vector<char>& body) {
    const auto decoded = chunks_.decode(bytes, body);
    switch (decoded.status) {
        case ChunkedDecoder::Status::need_more:
            return {decoded.consumed, Status::need_more};
        case ChunkedDecoder::Status::complete:
            return {decoded.consumed, Status::complete};
        case ChunkedDecoder::Status::failed:
            fault_ = chunks_.fault();
            break;
    }
    return {decoded.consumed, Status::failed};
}

BodyReader::Read BodyReader::read_until_close(std::span<const std::byte> bytes,
                                              std::vector<char>& body) {
    if (bytes.size() > max_size_ - body.size()) return fail_too_large();
    append(body, bytes);
    return {bytes.size(), Status::need_more};
}

BodyReader::Read BodyReader::fail_too_large() {
    fault_ = Fault{413, "the body is larger than " + std::to_string(max_size_) + " bytes"};
    return {0, Status::failed};
}

}  // namespace longwire::http
