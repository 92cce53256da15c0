#pragma once

#include "fuzz_input.hpp"
#include "plain_utf8.hpp"

#include "protocol/connection.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace longwire::fuzz {

struct ConnectionSettings {
    protocol::Role role;
    ConnectionLimits limits;
    bool compressed;
    bool keep_our_context;
    bool keep_their_context;
    std::uint8_t script;  ///< What the endpoint does at each of its events.
};

/// What an endpoint has seen and written.
struct Account {
    std::string log;
    std::string output;  ///< Each frame in a line, as the peer reads it.
    bool closed = false;
};

/// Reads what an endpoint writes, as its peer.
class Listener {
public:
    explicit Listener(const ConnectionSettings& settings)
        : role_(settings.role == protocol::Role::server ? protocol::Role::client
                                                        : protocol::Role::server),
          compression_(15, settings.keep_their_context, settings.keep_our_context, 0),
          connection_(role_, limits_) {
        if (settings.compressed) connection_.use(compression_);
    }

    void hear(std::span<const std::byte> bytes) {
        std::string copy = text_of(bytes);
        require(connection_.receive(writable_bytes_of(copy), *this) == copy.size(),
                "a peer takes all that is written");
    }

    static void write(std::span<const std::byte>, std::span<const std::byte>) {}
    protocol::Flow on_message(MessageType type, std::span<std::byte> payload) {
        output += (type == MessageType::text ? "text " : "binary ") + text_of(payload) + "\n";
        return protocol::Flow::proceed;
    }
    void on_ping(std::span<const std::byte> payload) {
        output += "ping " + text_of(payload) + "\n";
    }
    void on_pong(std::span<const std::byte> payload) {
        output += "pong " + text_of(payload) + "\n";
    }
    void on_closed(CloseCode code, std::string_view reason, bool clean) {
        require(clean, "what is written breaks no rule");
        output += "close " + std::to_string(to_number(code)) + " " + std::string(reason) + "\n";
        closed = true;
    }
    static void shutdown_write() {}

    std::string output;
    bool closed = false;

private:
    ConnectionLimits limits_ = {.max_message_size = std::size_t{1} << 30U};
    protocol::Role role_;
    protocol::Compression compression_;
    protocol::Connection connection_;
};

/// One endpoint, and all that must hold of it at any time.
class Endpoint {
public:
    explicit Endpoint(const ConnectionSettings& settings)
        : settings_(settings),
          compression_(15, settings.keep_our_context, settings.keep_their_context, 64),
          peer_(settings),
          connection_(settings.role, settings_.limits) {
        if (settings.compressed) connection_.use(compression_);
    }

    void write(std::span<const std::byte> head, std::span<const std::byte> payload) {
        require(!shut_, "nothing is written after the sending side was shut");
        require(!head.empty() || !payload.empty(), "something is written");
        if (peer_.closed && !head.empty()) note_late(head.front());
        peer_.hear(head);
        peer_.hear(payload);
    }
    void on_ping(std::span<const std::byte> payload) {
        require(payload.size() <= protocol::max_control_payload, "a ping is short");
        note("ping ", payload);
    }
    void on_pong(std::span<const std::byte> payload) {
        require(payload.size() <= protocol::max_control_payload, "a pong is short");
        note("pong ", payload);
    }
    void on_closed(CloseCode code, std::string_view reason, bool clean) {
        require(!account_.closed, "a connection is closed once");
        require(connection_.state() == ReadyState::closed, "and is then closed");
        require(is_plain_utf8(reason), "the reason is UTF-8");
        account_.closed = true;
        account_.log += "closed " + std::to_string(to_number(code)) + " " + std::string(reason) +
                        (clean ? " clean\n" : "\n");
    }
    void shutdown_write() {
        require(account_.closed && !shut_, "the sending side is shut once, after the end");
        shut_ = true;
    }

    [[nodiscard]] bool is_closed() const noexcept { return account_.closed; }

protected:
    protocol::Flow note_message(MessageType type, std::string_view payload) {
        require(!account_.closed, "no message comes after the end");
        require(payload.size() <= settings_.limits.max_message_size,
                "a message is within its limit");
        require(type == MessageType::binary || is_plain_utf8(payload), "text is UTF-8");
        note(type == MessageType::text ? "text " : "binary ", bytes_of(payload));
        act(type, payload);
        return protocol::Flow::proceed;
    }

    template <class Handler>
    std::size_t receive(std::span<std::byte> bytes, Handler& handler) {
        return connection_.receive(bytes, handler);
    }
    template <class Handler>
    Account finish(Handler& handler) {
        connection_.end_of_stream(handler);
        require(account_.closed, "the end of the stream ends the connection");
        account_.output = std::move(peer_.output);
        return std::move(account_);
    }

private:
    /// RFC 6455, section 5.5.2: pings are answered until the peer's close frame has come.
    void note_late(std::byte first) {
        constexpr std::byte whole_pong{0x8A};
        require(first == whole_pong && !account_.closed,
                "after a close frame only pongs are written");
        account_.log += "late pong\n";
    }

    void note(std::string_view kind, std::span<const std::byte> payload) {
        account_.log += std::string(kind) + text_of(payload) + "\n";
    }

    /// What is done at a message hangs on the script and on how many came before it.
    void act(MessageType type, std::string_view payload) {
        const unsigned turn = (settings_.script >> (messages_++ % 4 * 2)) & 3U;
        const bool open = connection_.state() == ReadyState::open;
        bool sent = open;
        if (turn == 0) sent = connection_.send(type, bytes_of(payload), *this);
        if (turn == 1) sent = connection_.ping(bytes_of(payload.substr(0, 125)), *this);
        if (turn == 2 && messages_ > 2) connection_.close(CloseCode::normal, payload, *this);
        if (turn == 3 && messages_ > 8) connection_.abort(*this);
        require(sent == open, "what is sent depends on the state alone");
    }

    ConnectionSettings settings_;
    protocol::Compression compression_;
    Listener peer_;
    protocol::Connection connection_;
    Account account_;
    unsigned messages_ = 0;
    bool shut_ = false;
};

struct WholeMessages : Endpoint {
    using Endpoint::Endpoint;

    protocol::Flow on_message(MessageType type, std::span<std::byte> payload) {
        return note_message(type, text_of(payload));
    }
    std::size_t take(std::span<std::byte> bytes) { return receive(bytes, *this); }
    Account end() { return finish(*this); }
};

struct MessageParts : Endpoint {
    using Endpoint::Endpoint;

    protocol::Flow on_chunk(MessageType type, std::span<std::byte> chunk, bool last) {
        parts += text_of(chunk);
        require(type == MessageType::binary || may_become_plain_utf8(parts),
                "text in parts is UTF-8 so far");
        return last ? note_message(type, std::exchange(parts, {})) : protocol::Flow::pause;
    }
    std::size_t take(std::span<std::byte> bytes) { return receive(bytes, *this); }
    Account end() { return finish(*this); }

    std::string parts;
};

/// Feeds `bytes` to an endpoint of that kind, and then the end of the stream.
template <class Kind>
Account feed_connection(const ConnectionSettings& settings, std::string bytes, Pieces* pieces) {
    Kind endpoint(settings);
    std::span<std::byte> rest = writable_bytes_of(bytes);
    while (!rest.empty()) {
        const auto piece = rest.first(pieces != nullptr ? pieces->next(rest.size()) : rest.size());
        const std::size_t consumed = endpoint.take(piece);
        require(consumed > 0 && consumed <= piece.size(), "some of a piece is consumed");
        rest = rest.subspan(consumed);
    }
    return endpoint.end();
}

/// What was written before the close frame; that one says which rule was found broken first.
inline std::string without_close(const std::string& output) {
    const auto place = output.rfind("close ");
    return place == std::string::npos ? output : output.substr(0, place);
}

}  // namespace longwire::fuzz
