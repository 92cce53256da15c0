#include "audience.hpp"

#include "frames.hpp"
#include "giving_up.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstring>

namespace {

// As bench/comparing/peers.py writes them into the server's configuration.
constexpr std::string_view app_key = "bench-key";
constexpr std::string_view app_secret = "bench-secret";

void say(Wire& wire, std::string_view bytes) {
    if (wire.send(bytes) < 0) give_up("cannot write");
}

/// All that comes until it has `mark` and ends with `end`.
std::string read_until(Wire& wire, std::string_view mark, std::string_view end) {
    std::string came;
    char letter = 0;
    while (!came.ends_with(end) || came.find(mark) == std::string::npos) {
        if (wire.receive(&letter, 1) != 1) give_up("the server ended the connection");
        came += letter;
    }
    return came;
}

std::string signature_of(const std::string& text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> made = {};
    unsigned size = 0;
    HMAC(EVP_sha256(), app_secret.data(), static_cast<int>(app_secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), made.data(), &size);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (unsigned index = 0; index < size; ++index) {
        hex += digits[made.at(index) >> 4U];
        hex += digits[made.at(index) & 15U];
    }
    return hex;
}

/// What clients publish has a channel of its own kind, which wants a signature.
void subscribe(Wire& wire) {
    const std::string hello = read_until(wire, "socket_id", "}\"}");
    constexpr std::string_view before = R"(socket_id\":\")";
    const std::size_t begin = hello.find(before) + before.size();
    const std::string id = hello.substr(begin, hello.find('\\', begin) - begin);
    say(wire, masked_frame(0x81, R"({"event":"pusher:subscribe","data":{"channel":"private-x",)"
                                 R"("auth":")" +
                                     std::string(app_key) + ':' + signature_of(id + ":private-x") +
                                     "\"}}"));
    read_until(wire, "subscription_succeeded", "\"{}\"}");
}

}  // namespace

Audience audience_of(std::string_view kind, const std::string& path, const std::string& payload) {
    Audience audience = {.path = path};
    unsigned first = 0x81;
    std::string said = payload;
    if (kind == "socketio")
        said = R"(42/x,["message",")" + payload + "\"]";
    else if (kind == "pusher")
        said = R"({"event":"client-message","channel":"private-x","data":")" + payload + "\"}";
    else if (kind == "fan")
        first = 0x82;
    audience.publish = masked_frame(first, said);
    audience.events = kind == "events";
    if (!audience.events) audience.answer = head_of(first, said.size(), false).size() + said.size();
    return audience;
}

void enter(std::string_view kind, Wire& wire) {
    if (kind == "pusher") subscribe(wire);
    if (kind != "socketio") return;
    // After the packet that opens a session; the answer to this one ends the greeting.
    say(wire, masked_frame(0x81, "40/x,"));
    read_until(wire, "40/x,{", "}");
}

void open_events(Wire& wire, const std::string& path) {
    say(wire, "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n");
    const std::string head = read_until(wire, "\r\n\r\n", "\r\n\r\n");
    if (head.find(" 200 ") == std::string::npos) give_up("refused: " + head);
    read_until(wire, "event: joined", "\n\n");
}

std::size_t events_in(std::string_view bytes, char& before) {
    std::size_t count = before == '\n' && bytes.starts_with('\n') ? 1 : 0;
    before = bytes.back();
    for (const char* at = bytes.data();;) {
        const auto left = static_cast<std::size_t>(bytes.data() + bytes.size() - at);
        at = static_cast<const char*>(memmem(at, left, "\n\n", 2));
        if (at == nullptr) return count;
        ++count;
        at += 2;
    }
}
