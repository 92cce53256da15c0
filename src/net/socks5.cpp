#include "net/socks5.hpp"

#include <arpa/inet.h>

#include <array>
#include <utility>

namespace longwire::net {

namespace {

constexpr char version = 5;
constexpr char version_of_credentials = 1;
constexpr unsigned method_none = 0;
constexpr unsigned method_password = 2;
constexpr unsigned no_method = 0xFF;
constexpr std::size_t most_of_text = 255;  // its size is one byte

enum AddressType : unsigned { ipv4 = 1, name = 3, ipv6 = 4 };

/// RFC 1928, section 6.
std::string_view words_of_reply(unsigned reply) noexcept {
    switch (reply) {
        case 1:
            return "it failed, and does not say why";
        case 2:
            return "its rules do not allow that connection";
        case 3:
            return "the network is unreachable";
        case 4:
            return "the host is unreachable, or its name is not known there";
        case 5:
            return "the connection was refused; is the server running there?";
        case 6:
            return "the host is too far away (its time to live was over)";
        case 7:
            return "it cannot connect to others";
        case 8:
            return "it does not take this kind of address";
        default:
            return "it failed for a reason that is not in RFC 1928";
    }
}

/// The size of a reply, as far as its first bytes tell; 0: they do not yet.
std::size_t reply_size(std::span<const std::byte> reply) noexcept {
    constexpr std::size_t head = 4;
    constexpr std::size_t port = 2;
    if (reply.size() <= head) return 0;
    switch (std::to_integer<unsigned>(reply[3])) {
        case AddressType::ipv4:
            return head + 4 + port;
        case AddressType::ipv6:
            return head + 16 + port;
        case AddressType::name:
            return head + 1 + std::to_integer<std::size_t>(reply[head]) + port;
        default:
            return head;
    }
}

}  // namespace

Socks5::Socks5(Proxy proxy, std::string host, std::uint16_t port)
    : proxy_(std::move(proxy)), host_(std::move(host)), port_(port) {}

std::string Socks5::begin() {
    if (proxy_.user.empty()) return {version, 1, static_cast<char>(method_none)};
    return {version, 2, static_cast<char>(method_none), static_cast<char>(method_password)};
}

Result<Dialogue::Progress> Socks5::receive(std::span<const std::byte> bytes) {
    Progress whole;
    for (const std::byte byte : bytes) {
        // After the last answer nobody speaks before us; and no answer is longer than its fields.
        if (awaited_ == Awaited::nothing) return Failure(fail("it sent data too early"));
        received_.push_back(byte);
        Result<Progress> progress;
        switch (awaited_) {
            case Awaited::method:
                progress = choose_method();
                break;
            case Awaited::admission:
                progress = judge_admission();
                break;
            default:
                progress = judge_reply();
                break;
        }
        if (!progress) return progress;
        whole.answer += progress->answer;
        whole.done = progress->done;
    }
    return whole;
}

Result<Dialogue::Progress> Socks5::choose_method() {
    if (byte_at(0) != version) {
        const bool http = byte_at(0) == 'H';
        return Failure(fail(http ? "it speaks HTTP and not SOCKS; write http:// for it"
                                 : "its answer is not SOCKS version 5"));
    }
    if (received_.size() < 2) return Progress{};
    if (host_.size() > most_of_text)
        return Failure(fail("the name is longer than the 255 bytes that SOCKS can carry"));
    const unsigned method = byte_at(1);
    received_.clear();
    if (method == method_none) {
        awaited_ = Awaited::reply;
        return Progress{.answer = request()};
    }
    if (method == method_password && !proxy_.user.empty()) {
        awaited_ = Awaited::admission;
        return Progress{.answer = credentials()};
    }
    if (method != no_method)
        return Failure(fail("it chose a kind of authentication that was not offered"));
    return Failure(fail(proxy_.user.empty()
                            ? "it wants a user and a password: socks5://user:password@host:port"
                            : "it takes neither a user and a password nor none"));
}

Result<Dialogue::Progress> Socks5::judge_admission() {
    if (received_.size() < 2) return Progress{};
    // Some answer with the version of SOCKS, and not with that of RFC 1929.
    if (byte_at(1) != 0) return Failure(fail("it does not take this user and password"));
    received_.clear();
    awaited_ = Awaited::reply;
    return Progress{.answer = request()};
}

Result<Dialogue::Progress> Socks5::judge_reply() {
    if (byte_at(0) != version) return Failure(fail("its answer is not SOCKS version 5"));
    // A refusal is all that counts; some proxies leave out what follows it.
    if (received_.size() >= 2 && byte_at(1) != 0) return Failure(fail(words_of_reply(byte_at(1))));
    const std::size_t size = reply_size(received_);
    if (size == 0) return Progress{};
    if (size == 4) return Failure(fail("its answer holds an unknown kind of address"));
    if (received_.size() < size) return Progress{};
    awaited_ = Awaited::nothing;
    return Progress{.done = true};
}

std::string Socks5::credentials() const {
    std::string text = {version_of_credentials, static_cast<char>(proxy_.user.size())};
    text += proxy_.user;
    text += static_cast<char>(proxy_.password.size());
    return text + proxy_.password;
}

std::string Socks5::request() const {
    constexpr char connect = 1;
    std::string text = {version, connect, 0};
    std::array<char, 16> address = {};
    if (inet_pton(AF_INET, host_.c_str(), address.data()) == 1) {
        text += static_cast<char>(AddressType::ipv4);
        text.append(address.data(), 4);
    } else if (inet_pton(AF_INET6, host_.c_str(), address.data()) == 1) {
        text += static_cast<char>(AddressType::ipv6);
        text.append(address.data(), 16);
    } else {
        text += static_cast<char>(AddressType::name);
        text += static_cast<char>(host_.size());
        text += host_;
    }
    text += static_cast<char>(port_ >> 8);
    text += static_cast<char>(port_ & 0xFF);
    return text;
}

unsigned Socks5::byte_at(std::size_t place) const {
    return std::to_integer<unsigned>(received_[place]);
}

Error Socks5::ended() const {
    return fail(awaited_ == Awaited::method ? "it ended the connection without an answer"
                                            : "it ended the connection before it had connected");
}

Error Socks5::fail(std::string_view why) const {
    const bool is_ipv6 = host_.find(':') != std::string::npos;
    return {ErrorCode::proxy_failed, "the proxy " + proxy_.name + " does not connect to " +
                                         (is_ipv6 ? "[" + host_ + "]" : host_) + ":" +
                                         std::to_string(port_) + ": " + std::string(why)};
}

}  // namespace longwire::net
