#include "cli/bench/payload.hpp"

#include "cli/secret.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace longwire::cli {

namespace {

/// Text as services send it, of `size` bytes.
std::string made_text(std::size_t size) {
    std::string text;
    std::uint64_t number = 88172645463325252U;
    while (text.size() < size) {
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        text += R"({"id":)" + std::to_string(number % 1'000'000) + R"(,"symbol":")" +
                static_cast<char>('A' + number % 26) + R"(","price":)" +
                std::to_string(number / 26 % 100'000) + "},";
    }
    text.resize(size);
    return text;
}

}  // namespace

Result<std::string> payload_of(const BenchOptions& options) {
    const bool stamped = options.publishers > 0;
    if (options.payload_file.empty())
        return made_text(stamped ? std::max(options.size, stamp_size) : options.size);
    auto content = read_file(options.payload_file, most_payload - stamp_size);
    if (!content) return content;
    if (content->empty())
        return failure(ErrorCode::invalid_argument,
                       options.payload_file + " is empty; a message needs a byte to measure");
    if (!options.binary && !simdjson::validate_utf8(*content))
        return failure(ErrorCode::invalid_argument,
                       options.payload_file + " is not UTF-8, as text has to be; add --binary");
    // Before the file's own bytes, since a stamp over them could cut a character.
    return stamped ? std::string(stamp_size, '0') + *content : std::move(content);
}

}  // namespace longwire::cli
