#include "http/percent.hpp"

#include "http/field_grammar.hpp"

#include <cstddef>

namespace longwire::http {

namespace {

/// The byte that the escape at the beginning of `text` stands for.
std::optional<char> escaped(std::string_view text) noexcept {
    if (text.size() < 3) return std::nullopt;
    const int high = hex_value(text[1]);
    const int low = hex_value(text[2]);
    if (high < 0 || low < 0) return std::nullopt;
    return static_cast<char>(high * 16 + low);
}

template <class Keep>
std::string encode(std::string_view text, Keep keep) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char letter : text) {
        if (keep(letter)) {
            out.push_back(letter);
            continue;
        }
        const auto number = static_cast<unsigned char>(letter);
        out.push_back('%');
        out.push_back(digits[number >> 4U]);
        out.push_back(digits[number & 0xFU]);
    }
    return out;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t index = 0; index < text.size(); ++index) {
        if (text[index] != '%') {
            out.push_back(text[index]);
            continue;
        }
        const auto byte = escaped(text.substr(index));
        if (!byte) return std::nullopt;
        out.push_back(*byte);
        index += 2;
    }
    return out;
}

std::string form_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t index = 0; index < text.size(); ++index) {
        const auto byte = text[index] == '%' ? escaped(text.substr(index)) : std::nullopt;
        if (byte) index += 2;
        out.push_back(byte ? *byte : (text[index] == '+' ? ' ' : text[index]));
    }
    return out;
}

std::string percent_encode(std::string_view text) {
    return encode(text, [](char letter) {
        return is_digit(letter) || is_alpha(letter) || letter == '-' || letter == '.' ||
               letter == '_' || letter == '~';
    });
}

std::string percent_encode_target(std::string_view text) {
    return encode(text, [](char letter) {
        constexpr std::string_view refused = "\"<>`{}^|\\";
        return letter > ' ' && letter < '\x7F' && refused.find(letter) == std::string_view::npos;
    });
}

}  // namespace longwire::http
