#pragma once

#include <longwire/message.hpp>

#include <memory>

namespace longwire {

namespace engine {
class PreparedFrameAccess;
class WebSocketSession;
}  // namespace engine

/// A message encoded once, to be sent to many: every receiver shares the one encoded frame. Copies
/// are cheap and refer to the same bytes; any thread may make, copy, send and destroy one.
class PreparedMessage {
public:
    /// Encodes a copy of `message` (an unmasked frame, RFC 6455, section 5.2).
    explicit PreparedMessage(Message message);

    PreparedMessage(const PreparedMessage&) noexcept;
    PreparedMessage(PreparedMessage&&) noexcept;
    PreparedMessage& operator=(const PreparedMessage&) noexcept;
    PreparedMessage& operator=(PreparedMessage&&) noexcept;
    ~PreparedMessage();

private:
    friend class engine::PreparedFrameAccess;
    friend class engine::WebSocketSession;
    struct Frame;
    std::shared_ptr<const Frame> frame_;
};

}  // namespace longwire
