#pragma once

#include <longwire/http_reply.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace longwire {

/// The bytes of a piece, with room around them for the protocol that frames what it sends, so that
/// one piece for many replies is framed once and sent whole.
struct PreparedChunk::Content {
    static constexpr std::size_t room_before = 18;  // of the longest length in hexadecimal digits
    static constexpr std::size_t room_after = 2;

    explicit Content(std::string_view bytes) {
        memory.reserve(room_before + bytes.size() + room_after);
        memory.append(room_before, '\0').append(bytes).append(room_after, '\0');
    }

    [[nodiscard]] std::size_t size() const noexcept {
        return memory.size() - room_before - room_after;
    }
    [[nodiscard]] std::string_view bytes() const noexcept {
        return std::string_view(memory).substr(room_before, size());
    }
    /// The bytes within a frame, of which `frame` (of bytes and both rooms) writes what stands
    /// after them, and before them, at the end of that room: it returns how much that is. It is
    /// called for the first of whoever asks, whichever thread that is on.
    template <class Frame>
    [[nodiscard]] std::string_view framed(Frame frame) const {
        // (std::call_once is a call of the system's library each time.)
        if (!is_framed.load(std::memory_order_acquire))
            std::call_once(framed_once, [&] {
                const std::span<char> all(memory);
                before = frame(bytes(), all.first<room_before>(), all.last<room_after>());
                is_framed.store(true, std::memory_order_release);
            });
        return std::string_view(memory).substr(room_before - before);
    }

    mutable std::once_flag framed_once = {};
    mutable std::atomic<bool> is_framed = false;
    mutable std::string memory = {};
    mutable std::size_t before = 0;
};

namespace engine {

/// Looks into pieces.
class ChunkAccess {
public:
    /// Null where the piece is empty.
    [[nodiscard]] static const std::shared_ptr<const PreparedChunk::Content>& content(
        const PreparedChunk& chunk) noexcept {
        return chunk.content_;
    }
};

}  // namespace engine

}  // namespace longwire
