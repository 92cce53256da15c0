#include "engine/websocket/intake.hpp"

#include "protocol/utf8.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace longwire::engine {

namespace {

// What is inflated for one part: the end of a message may add some thousands of bytes.
constexpr std::size_t inflated_at_once = MessagePart::max_size - 8192;
// A small buffer is kept for the next message that came with it; a larger one is not.
constexpr std::size_t worth_keeping = 4096;
// What a cut character leaves behind.
constexpr std::size_t longest_rest = 3;

void free_if_large(std::vector<std::byte>& buffer) noexcept {
    if (buffer.capacity() > worth_keeping) buffer = std::vector<std::byte>();
}

}  // namespace

void Intake::add(MessageType type, std::span<const std::byte> bytes, Part part,
                 protocol::Compression* compression) {
    begun_ = true;
    type_ = type;
    ended_ = part == Part::last;
    compression_ = compression;
    std::vector<std::byte>& buffer = compression == nullptr ? plain_ : raw_;
    buffer.insert(buffer.end(), bytes.begin(), bytes.end());
}

std::expected<bool, const protocol::Failure*> Intake::ready(Wanted wanted) {
    if (!begun_) return false;
    const protocol::Failure* failure = nullptr;
    if (compression_ != nullptr)
        failure = wanted == Wanted::message ? inflate_message() : inflate_part();
    if (wanted == Wanted::message && untaken().size() > max_message_size_)
        failure = &protocol::broken_rule::too_big;
    if (failure != nullptr) return std::unexpected(failure);
    return all_is_plain() || (wanted == Wanted::part && size_of_part() > 0);
}

const protocol::Failure* Intake::inflate_message() {
    if (!inflation_ && ended_) return inflate_at_once(max_message_size_);
    protocol::Inflation& inflation = need_inflation();
    inflation.limit(max_message_size_ - std::min(max_message_size_, untaken().size()));
    const protocol::Failure* const failure =
        inflation.feed(std::span(raw_).subspan(raw_offset_), ended_);
    if (failure != nullptr) return failure;
    append_inflated();
    raw_.clear();
    raw_offset_ = 0;
    if (ended_) all_is_inflated();
    return nullptr;
}

const protocol::Failure* Intake::inflate_part() {
    if (size_of_part() > 0) return nullptr;
    // A decompressor of its own is worth its memory for what is large or slow to come.
    if (!inflation_ && ended_ && !compression_->decompressor.keeps_context()) {
        const protocol::Failure* const failure = inflate_at_once(inflated_at_once);
        if (failure != &protocol::broken_rule::too_big) return failure;
    }
    protocol::Inflation& inflation = need_inflation();
    inflation.limit(std::numeric_limits<std::size_t>::max());
    auto rest = std::span<const std::byte>(raw_).subspan(raw_offset_);
    const protocol::Failure* const failure = inflation.feed_some(rest, ended_, inflated_at_once);
    if (failure != nullptr) return failure;
    append_inflated();
    raw_offset_ = raw_.size() - rest.size();
    if (rest.empty()) {
        raw_.clear();
        raw_offset_ = 0;
    }
    if (inflation.finished()) all_is_inflated();
    return nullptr;
}

/// All of the message lies here.
const protocol::Failure* Intake::inflate_at_once(std::size_t most) {
    protocol::Decompressor& decompressor = compression_->decompressor;
    auto message = decompressor.decompress(raw_, most);
    if (!message) return message.error();
    if (type_ == MessageType::text && !protocol::is_valid_utf8(*message))
        return &protocol::broken_rule::text_not_utf8;
    plain_.assign(message->begin(), message->end());
    decompressor.give_back(std::move(*message));
    all_is_inflated();
    return nullptr;
}

protocol::Inflation& Intake::need_inflation() {
    if (!inflation_)
        inflation_ = std::make_unique<protocol::Inflation>(*compression_, type_, max_message_size_);
    return *inflation_;
}

void Intake::append_inflated() {
    auto inflated = inflation_->take();
    if (plain_.empty())
        plain_ = std::move(inflated);
    else
        plain_.insert(plain_.end(), inflated.begin(), inflated.end());
}

void Intake::all_is_inflated() noexcept {
    inflation_.reset();
    compression_ = nullptr;
    raw_.clear();
    raw_offset_ = 0;
}

std::size_t Intake::size_of_part() const noexcept {
    const auto rest = untaken();
    if (rest.size() <= MessagePart::max_size && all_is_plain()) return rest.size();
    const auto part = rest.first(std::min(rest.size(), MessagePart::max_size));
    return type_ == MessageType::text ? protocol::size_of_whole_characters(part) : part.size();
}

Message Intake::take_message() noexcept {
    taken_.swap(plain_);
    plain_.clear();
    const Message message(type_, std::span(taken_).subspan(offset_));
    begin_next();
    return message;
}

MessagePart Intake::take_part() {
    const std::size_t size = size_of_part();
    const auto part = untaken().first(size);
    const auto rest = untaken().subspan(size);
    const bool last = all_is_plain() && rest.empty();
    if (rest.size() > longest_rest) {
        offset_ += size;
        return {Message(type_, part), Part::more};
    }
    std::array<std::byte, longest_rest> cut = {};
    std::ranges::copy(rest, cut.begin());
    const std::size_t cut_size = rest.size();
    taken_.swap(plain_);
    plain_.assign(cut.begin(), cut.begin() + static_cast<std::ptrdiff_t>(cut_size));
    offset_ = 0;
    if (last) begin_next();
    return {Message(type_, part), last ? Part::last : Part::more};
}

void Intake::let_go() noexcept {
    free_if_large(taken_);
    if (raw_.empty()) free_if_large(raw_);
    if (plain_.empty()) free_if_large(plain_);
}

void Intake::begin_next() noexcept {
    all_is_inflated();
    offset_ = 0;
    begun_ = false;
    ended_ = false;
}

void Intake::drop_unfinished() noexcept {
    if (ended_) return;
    plain_ = std::vector<std::byte>();
    begin_next();
}

bool Intake::holds_something() const noexcept {
    return begun_ && (ended_ || raw_offset_ < raw_.size() || size_of_part() > 0);
}

std::uint64_t Intake::room(bool compressed) const noexcept {
    const std::uint64_t left = max_message_size_ - std::min(max_message_size_, untaken().size());
    // Compressed, a message may be a little longer than it is.
    return compressed && left < (std::uint64_t{1} << 62U) ? left + left / 8 + 1024 : left;
}

}  // namespace longwire::engine
