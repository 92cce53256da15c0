#pragma once

#include "protocol/compression.hpp"
#include "protocol/failure.hpp"

#include <longwire/message.hpp>
#include <longwire/message_part.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <vector>

namespace longwire::engine {

/// Between the decoder and a coroutine: one message as it comes, which the coroutine takes whole or
/// in parts, as it chooses each time it asks. What is compressed is inflated only then, so that a
/// few bytes cannot become many while nobody wants them.
class Intake {
public:
    enum class Wanted : std::uint8_t { message, part };

    /// A message that is taken whole has at most `max_message_size` bytes.
    explicit Intake(std::size_t max_message_size) noexcept : max_message_size_(max_message_size) {}

    /// Takes in what has come next. `compression` is null for what is as it is; its text is valid
    /// so far. Only while nothing is ready.
    void add(MessageType type, std::span<const std::byte> bytes, Part part,
             protocol::Compression* compression);

    /// Whether what is wanted is there; inflates what that takes. A failure is one of broken_rule.
    [[nodiscard]] std::expected<bool, const protocol::Failure*> ready(Wanted wanted);

    /// What `ready` has found; valid until `let_go`.
    [[nodiscard]] Message take_message() noexcept;
    [[nodiscard]] MessagePart take_part();

    /// What was taken is needed no more.
    void let_go() noexcept;
    /// What is unfinished will never be whole.
    void drop_unfinished() noexcept;

    /// Whether anything of a message is here.
    [[nodiscard]] bool begun() const noexcept { return begun_; }
    /// Whether something waits that could be taken, or inflated first.
    [[nodiscard]] bool holds_something() const noexcept;
    /// How many bytes more may come of a message that is taken whole.
    [[nodiscard]] std::uint64_t room(bool compressed) const noexcept;
    /// The bytes of memory it keeps, roughly.
    [[nodiscard]] std::size_t held() const noexcept {
        return taken_.capacity() + plain_.capacity() + raw_.capacity() +
               (inflation_ ? inflation_->held() : 0);
    }

private:
    [[nodiscard]] const protocol::Failure* inflate_message();
    [[nodiscard]] const protocol::Failure* inflate_part();
    [[nodiscard]] const protocol::Failure* inflate_at_once(std::size_t most);
    protocol::Inflation& need_inflation();
    void append_inflated();
    void all_is_inflated() noexcept;
    [[nodiscard]] std::span<const std::byte> untaken() const noexcept {
        return std::span(plain_).subspan(offset_);
    }
    [[nodiscard]] std::size_t size_of_part() const noexcept;
    /// Whether nothing more comes, neither from the peer nor out of the inflation.
    [[nodiscard]] bool all_is_plain() const noexcept { return ended_ && compression_ == nullptr; }
    void begin_next() noexcept;

    std::vector<std::byte> taken_;  // what the coroutine has a view of, unless that is in plain_
    std::vector<std::byte> plain_;  // what it may have, from offset_ on
    std::vector<std::byte> raw_;    // what has still to be inflated, from raw_offset_ on
    std::size_t offset_ = 0;
    std::size_t raw_offset_ = 0;
    std::size_t max_message_size_;
    protocol::Compression* compression_ = nullptr;  // null where nothing is to be inflated any more
    std::unique_ptr<protocol::Inflation> inflation_;
    MessageType type_ = MessageType::text;
    bool begun_ = false;
    bool ended_ = false;  // the last of the message has come
};

}  // namespace longwire::engine
