// What an HTTP proxy, or whatever else listens there, answers to CONNECT.
#include "fuzz_input.hpp"

#include "engine/client/http_tunnel.hpp"

#include <longwire/http_answer.hpp>

namespace longwire::fuzz {
namespace {

constexpr std::string_view password = "hunter2";

enum class Verdict : std::uint8_t { waiting, open, refused, failed };

/// One talk with a proxy, and how it ended.
struct Talk {
    Verdict verdict = Verdict::waiting;
    std::string told;      // of a failure
    std::size_t left = 0;  // of what it said, when the way was open
};

/// A message goes to logs and terminals: one line, no secrets, and it says whom it is about.
std::string words_of(const Error& error) {
    std::string words = error.message();
    require(error.code() == ErrorCode::proxy_failed, "whatever goes wrong is the proxy's failure");
    require(
        std::ranges::all_of(words, [](char letter) { return letter >= ' ' && letter <= '~'; }) &&
            words.size() < 500,
        "what is said of a proxy stands on one short line");
    require(words.starts_with("the proxy proxy:3128 does not connect to server:8443: "),
            "the proxy is named");
    require(words.find(password) == std::string::npos, "a password is never shown");
    if (const HttpAnswer* const answer = error.answer()) {
        require(answer->from_proxy && (answer->status < 200 || answer->status > 299),
                "an answer that opens no way is shown as the proxy's");
        require(answer->body.size() <= HttpAnswer::max_body_size, "what is shown of it is bounded");
        words += "\n" + std::to_string(answer->status) + " " + answer->status_line;
        for (const auto& [name, value] : answer->fields) words += "\n" + name + ":" + value;
        words += "\n" + answer->body + (answer->body_is_cut ? " (cut)" : "");
    }
    return words;
}

/// What was told, but for what was quoted: as much as had come.
std::string without_quotation(std::string told) {
    constexpr std::string_view before = "it begins with \"";
    const std::size_t begin = told.find(before);
    if (begin == std::string::npos) return told;
    const std::size_t first = begin + before.size();
    return told.erase(first, told.find('"', first) - first);
}

Talk talk(bool has_user, std::string_view said, Pieces pieces) {
    engine::Proxy proxy;
    proxy.host = "proxy";
    proxy.port = 3128;
    if (has_user) {
        proxy.user = "me";
        proxy.password = password;
    }
    engine::HttpTunnel tunnel(proxy, "server:8443");
    const std::string begun = tunnel.begin();
    require(begun.starts_with("CONNECT server:8443 HTTP/1.1\r\n") && begun.ends_with("\r\n\r\n"),
            "the proxy is asked for the server");
    Talk outcome;
    while (!said.empty()) {
        const std::string_view piece = said.substr(0, pieces.next(said.size()));
        said.remove_prefix(piece.size());
        const auto progress = tunnel.receive(bytes_of(piece));
        if (!progress)
            return {.verdict = Verdict::failed, .told = words_of(progress.error()), .left = 0};
        require(progress->answer.empty(), "a proxy is told no more than whom to connect to");
        require(outcome.verdict != Verdict::refused || (progress->refused && !progress->done),
                "a way that was refused stays closed");
        if (progress->done) return {.verdict = Verdict::open, .told = {}, .left = said.size()};
        if (progress->refused) outcome.verdict = Verdict::refused;
    }
    (void)words_of(tunnel.cut_off());
    outcome.told = words_of(tunnel.ended());
    return outcome;
}

void check(FuzzInput input) {
    const bool has_user = input.flag();
    const Pieces pieces = input.pieces();
    const std::string said = input.rest();
    if (said.find(password) != std::string::npos) return;  // (the fuzzer sees what is compared)
    const Talk by_byte = talk(has_user, said, Pieces(0));
    const Talk in_pieces = talk(has_user, said, pieces);
    if (by_byte.verdict == Verdict::open) {
        require(said.starts_with("HTTP/1.") &&
                    said.substr(0, said.size() - by_byte.left).ends_with('\n'),
                "a way is open after the head of an answer");
        // What came with the head came too early.
        require(in_pieces.verdict == Verdict::open ||
                    (in_pieces.verdict == Verdict::failed && by_byte.left > 0),
                "the pieces in which it comes do not close it");
        require(in_pieces.verdict != Verdict::open || in_pieces.left == by_byte.left,
                "nothing after the head is swallowed");
        return;
    }
    require(by_byte.verdict == in_pieces.verdict, "the pieces in which it comes change nothing");
    require_same(without_quotation(by_byte.told), without_quotation(in_pieces.told),
                 "the pieces change nothing of what is told");
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check({data, size});
    return 0;
}
