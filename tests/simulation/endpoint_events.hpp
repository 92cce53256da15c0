#pragma once

#include "broken.hpp"
#include "endpoint.hpp"

#include <algorithm>

namespace longwire::simulation {

/// The handler that the Connection of an endpoint calls.
struct Endpoint::Events {
    Endpoint& endpoint;

    void write(std::span<const std::byte> head, std::span<const std::byte> payload) const {
        require(!endpoint.told_shut_, "something was written after the sending side was shut");
        require(!endpoint.received_.received_close(), "something was written after the end");
        endpoint.outbox_.write(head);
        endpoint.outbox_.write(payload);
        // Who writes may be the first to find the network broken.
        const bool found = endpoint.surroundings_.broken
                               ? endpoint.chance_.one_in(2)
                               : endpoint.chance_.percent(endpoint.plan_.failing_writes);
        if (found && !endpoint.lost_) endpoint.abort();
    }

    void on_ping(std::span<const std::byte> payload) const {
        endpoint.tell("gets a ping, bytes:", payload.size());
        endpoint.received_.got_ping(payload, endpoint.reception_);
        if (!endpoint.lost_)
            require(endpoint.outbox_.take_answer(payload), "a ping was not answered by its pong");
        endpoint.do_something(true);
    }
    void on_pong(std::span<const std::byte> payload) const {
        endpoint.tell("gets a pong, bytes:", payload.size());
        endpoint.received_.got_pong(payload, endpoint.reception_);
        endpoint.do_something(true);
    }
    void on_closed(CloseCode code, std::string_view reason, bool clean) const {
        endpoint.closed(code, reason, clean);
    }
    void shutdown_write() const {
        require(endpoint.received_.received_close().has_value(),
                "the sending side was to be shut before the end was told");
        require(!endpoint.told_shut_, "the sending side was to be shut twice");
        endpoint.told_shut_ = true;
        if (!endpoint.await_peer_ || endpoint.ended_) endpoint.shut();
    }
};

struct Endpoint::WholeMessages : Events {
    protocol::Flow on_message(MessageType type, std::span<std::byte> message) const {
        endpoint.tell("gets a message, bytes:", message.size());
        endpoint.received_.got_message(type, message, endpoint.reception_);
        // It is the handler's to change.
        std::ranges::fill(message, std::byte{0xEE});
        return endpoint.after_message();
    }
};

struct Endpoint::Chunks : Events {
    protocol::Flow on_chunk(MessageType type, std::span<std::byte> chunk, bool last) const {
        endpoint.tell(last ? "gets the last part, bytes:" : "gets a part, bytes:", chunk.size());
        endpoint.received_.got_chunk(type, chunk, last, endpoint.reception_);
        std::ranges::fill(chunk, std::byte{0xEE});
        return endpoint.after_message();
    }
};

template <class Call>
auto Endpoint::with_handler(Call call) {
    if (plan_.takes_chunks) {
        Chunks chunks{{*this}};
        return call(chunks);
    }
    WholeMessages whole{{*this}};
    return call(whole);
}

}  // namespace longwire::simulation
