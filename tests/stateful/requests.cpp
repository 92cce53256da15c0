#include "requests.hpp"

#include <cstddef>

namespace longwire::stateful {

std::string request(std::string_view method, std::string_view target, const Fields& fields,
                    std::string_view body) {
    std::string text(method);
    text += ' ';
    text += target;
    text += " HTTP/1.1\r\nHost: localhost\r\n";
    for (const auto& [name, value] : fields) text += name + ": " + value + "\r\n";
    if (!body.empty() || method == "POST")
        text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    text += "\r\n";
    return text += body;
}

std::string upgrade(std::string_view target, const Fields& fields) {
    Fields all = {{"Upgrade", "websocket"},
                  {"Connection", "Upgrade"},
                  {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                  {"Sec-WebSocket-Version", "13"}};
    all.insert(all.end(), fields.begin(), fields.end());
    return request("GET", target, all);
}

std::string mutated(Chance& chance, std::string bytes) {
    for (std::uint64_t left = chance.between(1, 3); left > 0 && !bytes.empty(); --left) {
        const auto at = static_cast<std::size_t>(chance.between(0, bytes.size() - 1));
        switch (chance.between(0, 3)) {
            case 0:
                bytes[at] = static_cast<char>(chance.byte());
                break;
            case 1:
                bytes.resize(at);
                break;
            case 2:
                bytes.insert(at, 1 + static_cast<std::size_t>(chance.between(0, 2)),
                             static_cast<char>(chance.byte()));
                break;
            default:
                bytes.insert(at, bytes.substr(at, static_cast<std::size_t>(chance.between(1, 30))));
                break;
        }
    }
    return bytes;
}

std::string odd_body(Chance& chance) {
    switch (chance.between(0, 11)) {
        case 0:
        case 1:
        case 2:
            return {};
        case 3:
            return "null";
        case 4:
            return std::string(1, '\0');
        case 5:
            return "[" + std::string(70, '[');
        case 6:
            return R"({"a":)";
        case 7:
            return "\xEF\xBB\xBF{}";
        case 8:
            return "\"\xC3";
        case 9:
            return "[]";
        case 10:
            return std::string(chance.small_or_large(20'000), 'x');
        default:
            return "{}";
    }
}

std::string in_query(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string encoded;
    for (const char letter : text) {
        if (plain.find(letter) != std::string_view::npos) {
            encoded += letter;
            continue;
        }
        const auto number = static_cast<unsigned char>(letter);
        encoded += '%';
        encoded += digits[number >> 4U];
        encoded += digits[number & 15U];
    }
    return encoded;
}

std::string text_of(std::string_view json, std::string_view name) {
    const std::string key = "\"" + std::string(name) + "\":\"";
    const std::size_t at = json.find(key);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = json.substr(at + key.size());
    return std::string(rest.substr(0, rest.find('"')));
}

}  // namespace longwire::stateful
