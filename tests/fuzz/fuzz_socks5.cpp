// What a SOCKS proxy, or whatever else listens there, says to a client.
#include "fuzz_input.hpp"

#include "net/socks5.hpp"

#include <array>

namespace longwire::fuzz {
namespace {

constexpr std::string_view proxy_name = "proxy:1080";
constexpr std::string_view password = "hunter2";

enum class Verdict : std::uint8_t { waiting, open, refused };

/// RFC 1928, section 6, as far as a reply tells.
Verdict plain_verdict_on_reply(std::string_view reply) {
    const auto at = [&](std::size_t place) { return static_cast<unsigned char>(reply[place]); };
    if (reply.empty()) return Verdict::waiting;
    if (at(0) != 5) return Verdict::refused;
    if (reply.size() < 2) return Verdict::waiting;
    if (at(1) != 0) return Verdict::refused;
    if (reply.size() < 5) return Verdict::waiting;
    std::size_t size = 0;
    if (at(3) == 1)
        size = 10;
    else if (at(3) == 3)
        size = 7U + at(4);
    else if (at(3) == 4)
        size = 22;
    else
        return Verdict::refused;
    if (reply.size() < size) return Verdict::waiting;
    return reply.size() == size ? Verdict::open : Verdict::refused;
}

/// What all that a proxy has said comes to, read in the plainest way.
Verdict plain_verdict(std::string_view said, bool has_user) {
    if (said.empty()) return Verdict::waiting;
    if (said[0] != 5) return Verdict::refused;
    if (said.size() < 2) return Verdict::waiting;
    if (said[1] == 0) return plain_verdict_on_reply(said.substr(2));
    if (said[1] != 2 || !has_user) return Verdict::refused;
    if (said.size() < 4) return Verdict::waiting;
    return said[3] == 0 ? plain_verdict_on_reply(said.substr(4)) : Verdict::refused;
}

/// One talk with a proxy: what the client said, and how it ended.
struct Talk {
    std::string sent;
    std::string error;
    Verdict verdict = Verdict::waiting;
};

/// A message goes to logs and terminals: one line, no secrets, and it says whom it is about.
void check_words(const Error& error) {
    const std::string& words = error.message();
    require(error.code() == ErrorCode::proxy_failed, "whatever goes wrong is the proxy's failure");
    require(
        std::ranges::all_of(words, [](char letter) { return letter >= ' ' && letter <= '~'; }) &&
            words.size() < 500,
        "what is said of a proxy stands on one short line");
    require(words.starts_with("the proxy " + std::string(proxy_name) + " does not connect to "),
            "the proxy is named");
    require(words.find(password) == std::string::npos, "a password is never shown");
}

/// Who asks, and for whom.
struct Client {
    bool has_user = false;
    std::string host;

    [[nodiscard]] net::Socks5 make() const {
        return {{.name = std::string(proxy_name),
                 .user = has_user ? "me" : "",
                 .password = has_user ? std::string(password) : ""},
                host,
                443};
    }
};

Talk talk(const Client& who, std::string_view said, Pieces pieces) {
    net::Socks5 client = who.make();
    Talk outcome;
    outcome.sent = client.begin();
    while (!said.empty() && outcome.verdict != Verdict::refused) {
        const std::string_view piece = said.substr(0, pieces.next(said.size()));
        said.remove_prefix(piece.size());
        const auto progress = client.receive(bytes_of(piece));
        if (progress) {
            outcome.sent += progress->answer;
            outcome.verdict = progress->done ? Verdict::open : Verdict::waiting;
        } else {
            check_words(progress.error());
            outcome.error = progress.error().message();
            outcome.verdict = Verdict::refused;
        }
    }
    check_words(client.ended());
    return outcome;
}

/// Everything that the client may ever say, in its order; what was said is a beginning of it.
std::string all_that_may_be_said(const Client& who, std::string_view said) {
    using namespace std::string_literals;
    using namespace std::string_view_literals;
    std::string all = who.has_user ? "\x05\x02\x00\x02"s : "\x05\x01\x00"s;
    // The secrets go only to those who ask for them.
    if (who.has_user && said.starts_with("\x05\x02"sv)) all += "\x01\x02me\x07hunter2";
    all += "\x05\x01\x00"s;
    if (who.host == "192.0.2.7")
        all += "\x01\xC0\x00\x02\x07"s;
    else if (who.host == "2001:db8::7")
        all += "\x04\x20\x01\x0D\xB8"s + std::string(11, '\0') + '\x07';
    else
        all += '\x03' + std::string(1, static_cast<char>(who.host.size())) + who.host;
    return all + "\x01\xBB"s;
}

void check_socks5(FuzzInput input) {
    const std::array<std::string, 4> hosts = {"server.example", "192.0.2.7", "2001:db8::7",
                                              std::string(255, 'h')};
    Client who{.has_user = input.flag(), .host = ""};
    who.host = hosts[input.number(0, hosts.size() - 1)];
    const Pieces pieces = input.pieces();
    const std::string said = input.rest();
    const Talk by_byte = talk(who, said, Pieces(0));
    const Talk in_pieces = talk(who, said, pieces);

    require(by_byte.verdict == plain_verdict(said, who.has_user),
            "the way is open after the answers of the RFC, and after no others");
    require(by_byte.verdict == in_pieces.verdict, "the pieces in which it comes change nothing");
    require_same(by_byte.error, in_pieces.error, "the pieces change nothing of what is told");
    const std::string all = all_that_may_be_said(who, said);
    require(all.starts_with(by_byte.sent), "the client says what the RFC has it say, and no more");
    require(by_byte.verdict != Verdict::open || by_byte.sent == all,
            "the way is open once the client has asked for all of it");
    // What is to be sent is lost where the same piece also holds what ends it.
    require(in_pieces.verdict == Verdict::refused ? by_byte.sent.starts_with(in_pieces.sent)
                                                  : by_byte.sent == in_pieces.sent,
            "the pieces change nothing of what is sent");
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check_socks5({data, size});
    return 0;
}
