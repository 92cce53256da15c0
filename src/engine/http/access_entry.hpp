#pragma once

#include <longwire/access_record.hpp>
#include <longwire/close_code.hpp>
#include <longwire/request.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace longwire::engine {

/// A record of an access log that is being made. There is one only where somebody wants records:
/// whoever counts asks for that first, and then for nothing else.
class AccessEntry {
public:
    /// Of a request that has just come, in so many bytes; `target` is how it may be shown. The sink
    /// outlives it.
    AccessEntry(const AccessSink& sink, const Request& request, std::string_view target,
                std::size_t bytes);
    /// Of a connection from which no whole request came.
    AccessEntry(const AccessSink& sink, std::string_view peer, std::size_t bytes);

    void refuse(HandshakeFailure why) noexcept { record_.refused = why; }
    void name_user(std::string_view user);
    void add_received(std::size_t bytes) noexcept { record_.bytes_received += bytes; }
    void add_sent(std::size_t bytes) noexcept { record_.bytes_sent += bytes; }

    /// It has become a WebSocket.
    void open(std::string_view subprotocol);
    void add_message_received() noexcept { ++record_.websocket->messages_received; }
    void add_messages_sent(std::size_t count) noexcept {
        record_.websocket->messages_sent += count;
    }

    /// The server begins to close it.
    void close(CloseCode code, std::string_view reason);

    /// Tells the sink; once.
    void end(int status);
    void end(CloseCode code, std::string_view reason);

private:
    void tell() noexcept;

    const AccessSink& sink_;
    AccessRecord record_;
    std::chrono::steady_clock::time_point begun_;
};

}  // namespace longwire::engine
