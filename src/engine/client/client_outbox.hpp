#pragma once

#include <longwire/message.hpp>

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

namespace longwire::engine {

/// Messages that wait to be sent, one behind the other in one piece of memory.
class ClientOutbox {
public:
    /// What a message takes here.
    [[nodiscard]] static std::size_t size_of(Message message) noexcept {
        return sizeof(Head) + message.size();
    }

    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    /// What all of them take.
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size() - begin_; }
    /// What they carry.
    [[nodiscard]] std::size_t payload() const noexcept { return size() - heads(); }
    [[nodiscard]] std::size_t heads() const noexcept { return heads_of(count_); }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    /// What so many messages take beside their payloads.
    [[nodiscard]] static std::size_t heads_of(std::size_t count) noexcept {
        return count * sizeof(Head);
    }

    void add(Message message) {
        const Head head = {.size = message.size() << 1 | (message.is_text() ? 1U : 0U)};
        const auto* const head_bytes = reinterpret_cast<const std::byte*>(&head);
        bytes_.insert(bytes_.end(), head_bytes, head_bytes + sizeof head);
        bytes_.insert(bytes_.end(), message.bytes().begin(), message.bytes().end());
        ++count_;
    }

    /// The first of at least one; valid until it is taken away, or another added.
    [[nodiscard]] Message front() const noexcept {
        Head head;
        std::memcpy(&head, bytes_.data() + begin_, sizeof head);
        return {(head.size & 1U) != 0 ? MessageType::text : MessageType::binary,
                std::span(bytes_).subspan(begin_ + sizeof head, head.size >> 1)};
    }

    void pop() noexcept {
        begin_ += size_of(front());
        --count_;
        if (count_ > 0) return;
        bytes_.clear();
        begin_ = 0;
    }

    /// Adds those of another, in their order.
    void add_all(const ClientOutbox& others) {
        const auto more = std::span(others.bytes_).subspan(others.begin_);
        bytes_.insert(bytes_.end(), more.begin(), more.end());
        count_ += others.count_;
    }

    /// Leaves the first of them, as many as take no more than `most`.
    void keep_first(std::size_t most) noexcept {
        std::size_t kept = 0;
        std::size_t end = begin_;
        for (; kept < count_; ++kept) {
            Head head;
            std::memcpy(&head, bytes_.data() + end, sizeof head);
            const std::size_t next = end + sizeof head + (head.size >> 1);
            if (next - begin_ > most) break;
            end = next;
        }
        bytes_.erase(bytes_.begin() + static_cast<std::ptrdiff_t>(end), bytes_.end());
        count_ = kept;
    }

private:
    struct Head {
        std::size_t size = 0;  // of the payload, times two; and one where it is text
    };

    std::vector<std::byte> bytes_;
    std::size_t begin_ = 0;
    std::size_t count_ = 0;
};

}  // namespace longwire::engine
