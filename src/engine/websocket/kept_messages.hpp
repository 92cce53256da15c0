#pragma once

#include <longwire/message.hpp>
#include <longwire/prepared_message.hpp>

#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

namespace longwire::engine {

/// Messages that were sent while one that is sent in parts was unfinished (RFC 6455, section 5.4:
/// no message may stand between the fragments of another).
class KeptMessages {
public:
    void keep(Message message) {
        bytes_ += message.size();
        const auto payload = message.bytes();
        messages_.emplace_back(
            Copy{message.type(), std::vector<std::byte>(payload.begin(), payload.end())});
    }
    void keep(PreparedMessage message, std::size_t size) {
        bytes_ += size;
        messages_.emplace_back(std::move(message));
    }

    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

    /// Calls `send` with each, in their order.
    template <class Send>
    void send_all(Send&& send) const {
        for (const auto& message : messages_) {
            if (const auto* const prepared = std::get_if<PreparedMessage>(&message))
                send(*prepared);
            else
                send(Message(std::get<Copy>(message).type, std::get<Copy>(message).payload));
        }
    }

private:
    struct Copy {
        MessageType type;
        std::vector<std::byte> payload;
    };

    std::vector<std::variant<Copy, PreparedMessage>> messages_;
    std::size_t bytes_ = 0;
};

}  // namespace longwire::engine
