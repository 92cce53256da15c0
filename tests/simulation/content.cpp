#include "content.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>

namespace longwire::simulation {

namespace {

// The first and the last character of each length, and what stands at the surrogates.
constexpr std::string_view characters[] = {"a",
                                           "\x7F",
                                           std::string_view("\0", 1),
                                           "\xC2\x80",
                                           "\xDF\xBF",
                                           "\xE0\xA0\x80",
                                           "\xEC\x8D\x94",
                                           "\xED\x9F\xBF",
                                           "\xEE\x80\x80",
                                           "\xEF\xBF\xBF",
                                           "\xF0\x90\x80\x80",
                                           "\xF4\x8F\xBF\xBF"};

constexpr std::string_view words[] = {
    R"({"price":)", R"("time":1700000000,)", R"("name":"wire"},)", "0123456789", "   ", "\n"};

template <class Draw>
std::string fill(std::size_t size, Draw draw) {
    std::string text;
    while (text.size() < size) {
        const std::string_view piece = draw();
        if (piece.size() > size - text.size())
            text.append(size - text.size(), '.');
        else
            text += piece;
    }
    return text;
}

}  // namespace

std::string make_text(Chance& chance, std::size_t size) {
    return fill(size, [&] { return characters[chance.between(0, std::size(characters) - 1)]; });
}

Bytes make_content(Chance& chance, MessageType type, std::size_t size) {
    std::string text;
    switch (chance.between(0, 3)) {
        case 0:  // one byte, over and over
            text.assign(size, static_cast<char>(chance.between('a', 'z')));
            break;
        case 1:
            text = fill(size, [&] { return words[chance.between(0, std::size(words) - 1)]; });
            break;
        case 2: {  // the same again after a long way: for large windows
            const std::string part = make_text(chance, std::min<std::size_t>(size, 1200));
            text = fill(size, [&] { return std::string_view(part); });
            break;
        }
        default:
            if (type == MessageType::text) {
                text = make_text(chance, size);
            } else {
                text.resize(size);
                for (char& letter : text) letter = static_cast<char>(chance.byte());
            }
    }
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

}  // namespace longwire::simulation
