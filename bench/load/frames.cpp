#include "frames.hpp"

#include "giving_up.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>

std::string json_of(std::size_t size) {
    std::string json = R"({"type":"trades","items":[)";
    unsigned number = 12345;
    constexpr std::array symbols = {"BTC-USD", "ETH-USD", "SOL-EUR", "XRP-USD", "ADA-GBP"};
    for (unsigned item = 0; json.size() < size; ++item) {
        number = number * 1103515245 + 12345;
        json += R"({"id":)" + std::to_string(1000000 + item * 7) + R"(,"symbol":")" +
                symbols.at((number >> 16U) % symbols.size()) + R"(","price":)" +
                std::to_string((number >> 8U) % 60000) + "." + std::to_string(number % 100) +
                R"(,"side":")" + ((number >> 20U) % 2 != 0 ? "buy" : "sell") + R"(","time":)" +
                std::to_string(1700000000U + item * 3) + "},";
    }
    json.resize(size - 2);
    return json + "]}";
}

std::string deflated(const std::string& text) {
    std::string output(text.size() + 128, '\0');
    z_stream stream = {};
    deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(output.data());
    stream.avail_out = static_cast<uInt>(output.size());
    deflate(&stream, Z_SYNC_FLUSH);
    output.resize(output.size() - stream.avail_out - 4);
    deflateEnd(&stream);
    return output;
}

std::string head_of(unsigned first, std::size_t size, bool masked) {
    const unsigned mask = masked ? 0x80 : 0;
    std::string head(1, static_cast<char>(first));
    const auto put = [&](std::size_t value, unsigned bytes) {
        while (bytes-- > 0) head += static_cast<char>(value >> 8 * bytes & 0xFF);
    };
    if (size < 126) {
        put(mask | size, 1);
    } else if (size < 65536) {
        put(mask | 126, 1);
        put(size, 2);
    } else {
        put(mask | 127, 1);
        put(size, 8);
    }
    return head;
}

std::string masked_frame(unsigned first, std::string_view payload) {
    constexpr std::string_view key = "\x12\x34\x56\x78";
    std::string frame = head_of(first, payload.size(), true) + std::string(key);
    for (std::size_t index = 0; index < payload.size(); ++index)
        frame += static_cast<char>(payload[index] ^ key[index % 4]);
    return frame;
}

std::string opening_request(const std::string& path, bool compressed) {
    std::string request = "GET " + path +
                          " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    if (compressed)
        request +=
            "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; "
            "server_no_context_takeover\r\n";
    return request + "\r\n";
}

void check_opening_answer(std::string head, bool compressed) {
    if (head.find(" 101 ") == std::string::npos) give_up("refused: " + head);
    std::transform(head.begin(), head.end(), head.begin(), ::tolower);
    if (compressed && head.find("permessage-deflate") == std::string::npos)
        give_up("the server does not compress");
}
