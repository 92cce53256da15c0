#include "ledger.hpp"

#include "broken.hpp"
#include "plain_utf8.hpp"

#include <algorithm>
#include <utility>

namespace longwire::simulation {

namespace {

// What a decoder may keep beside the message: itself, and a decompressor.
constexpr std::size_t fixed_memory = 1024 + protocol::Decompressor::memory;

/// All that stands before `offset` was received, and nothing that does not.
template <class Items>
void must_match(const Items& items, std::size_t received, std::uint64_t offset, const char* lost,
                const char* early) {
    require(received == items.size() || items[received].end > offset, lost);
    require(received == 0 || items[received - 1].end <= offset, early);
}

void must_be_next_control(const std::vector<Ledger::Item>& items, std::size_t received,
                          std::span<const std::byte> bytes, const char* what) {
    require(received < items.size() && std::ranges::equal(items[received].bytes, bytes), what);
}

}  // namespace

void Ledger::message(MessageType type, Bytes bytes, std::optional<CloseCode> fails) {
    messages_.push_back({.type = type, .bytes = std::move(bytes), .fails = fails});
}

void Ledger::place_frame(std::uint64_t begin, std::size_t header_size, std::uint64_t end,
                         bool in_message_after) {
    frames_.push_back({.begin = begin,
                       .header_size = header_size,
                       .end = end,
                       .in_message_after = in_message_after});
}

void Ledger::place_misdeed(std::uint64_t begin, std::uint64_t end, CloseCode code) {
    misdeed_ = PlacedMisdeed{.begin = begin, .end = end, .code = code};
}

// ---- what was received --------------------------------------------------------------------------

void Ledger::must_be_next(MessageType type, std::span<const std::byte> bytes, std::size_t from,
                          bool whole, const Reception& at) const {
    require(!heard_, "a message was delivered after the end");
    require(type == MessageType::binary || is_plain_utf8(bytes, !whole),
            "text was delivered that is not UTF-8");
    require(bytes.size() <= limit_, "a message above the limit was delivered");
    const bool known = received_messages_ < messages_.size();
    // Damage behind a message does not excuse the message.
    if (doubtful(at) && (!known || messages_[received_messages_].end > damaged_at_)) return;
    require(known, "a message was delivered that was not sent");
    const SentMessage& sent = messages_[received_messages_];
    require(sent.type == type, "a message was delivered with the wrong type");
    require(!whole || !sent.fails, "a message that breaks a rule was delivered");
    const auto expected = std::span(sent.bytes);
    require(whole ? bytes.size() == expected.size() : bytes.size() <= expected.size(),
            "a message was delivered with the wrong length");
    require(std::ranges::equal(bytes.subspan(from), expected.subspan(from, bytes.size() - from)),
            "a message was delivered changed");
}

void Ledger::got_message(MessageType type, std::span<const std::byte> bytes, const Reception& at) {
    must_be_next(type, bytes, 0, true, at);
    ++received_messages_;
}

void Ledger::got_chunk(MessageType type, std::span<const std::byte> bytes, bool last,
                       const Reception& at) {
    require(last || !bytes.empty(), "an empty part was delivered that is not the last");
    const std::size_t from = chunks_.size();
    chunks_.insert(chunks_.end(), bytes.begin(), bytes.end());
    must_be_next(type, chunks_, from, last, at);
    if (!last) return;
    chunks_.clear();
    ++received_messages_;
}

void Ledger::got_ping(std::span<const std::byte> bytes, const Reception& at) {
    require(!heard_, "a ping was delivered after the end");
    if (!doubtful(at))
        must_be_next_control(pings_, received_pings_, bytes, "a ping was delivered wrongly");
    ++received_pings_;
}

void Ledger::got_pong(std::span<const std::byte> bytes, const Reception& at) {
    require(!heard_, "a pong was delivered after the end");
    if (!doubtful(at))
        must_be_next_control(pongs_, received_pongs_, bytes, "a pong was delivered wrongly");
    ++received_pongs_;
}

void Ledger::got_closed(const CloseSaid& said, bool clean, const Reception& at) {
    require(!heard_, "the end was told twice");
    heard_ = said;
    if (said.code == CloseCode::abnormal_closure) {
        require(!clean, "a connection without a close frame ended cleanly");
        require(at.ended || at.broken, "1006 was told of a connection that is whole");
        return;
    }
    failed_ = !clean;
    if (!clean) {
        check_failure(said, at);
        return;
    }
    require(said.code == CloseCode::no_status_received || may_be_sent(said.code),
            "a close code was told that may not be sent");
    if (doubtful(at)) return;
    require(close_ && close_->end <= at.given, "a close frame was told that has not come");
    require(close_->said == said, "the close code or reason is not what the peer sent");
    require(received_messages_ == messages_.size(), "a message sent before the close was lost");
}

void Ledger::check_failure(const CloseSaid& said, const Reception& at) const {
    const CloseCode code = said.code;
    if (misdeed_ && at.given > misdeed_->begin && code == misdeed_->code) return;
    if (received_messages_ < messages_.size() && messages_[received_messages_].fails == code)
        return;
    require(doubtful(at), "the connection failed, and nothing was wrong with it");
    require(code == CloseCode::protocol_error || code == CloseCode::invalid_payload ||
                code == CloseCode::message_too_big,
            "the connection failed with a code that no broken rule has");
}

void Ledger::check(std::uint64_t consumed, const protocol::Connection& connection) {
    if (heard_ || consumed > damaged_at_) return;
    require(!misdeed_ || consumed < misdeed_->end, "a broken rule was overlooked");
    must_match(messages_, received_messages_, consumed, "a message that has come was not delivered",
               "a message was delivered before it has come");
    must_match(pings_, received_pings_, consumed, "a ping that has come was not told",
               "a ping was told before it has come");
    must_match(pongs_, received_pongs_, consumed, "a pong that has come was not told",
               "a pong was told before it has come");
    require(!close_ || close_->end > consumed, "a close frame that has come was not told");
    check_memory(consumed, connection);
}

void Ledger::check_memory(std::uint64_t consumed, const protocol::Connection& connection) {
    require(connection.held() <= fixed_memory + 2 * (limit_ + 2) + 1024,
            "more memory is kept than a message may take");
    if (misdeed_ && consumed > misdeed_->begin) return;
    while (frame_ < frames_.size() && frames_[frame_].end <= consumed) ++frame_;
    const auto unfinished = connection.unfinished_frame();
    const bool between = frame_ == frames_.size() || frames_[frame_].begin >= consumed;
    require(unfinished.has_value() != between, "it is not known whether a frame is unfinished");
    if (between) {
        const bool in_message = frame_ > 0 && frames_[frame_ - 1].in_message_after;
        require(in_message || connection.held() == 0, "memory is kept between messages");
        return;
    }
    const PlacedFrame& frame = frames_[frame_];
    const std::uint64_t header_end = frame.begin + frame.header_size;
    require(unfinished->length == (consumed < header_end ? 0 : frame.end - header_end),
            "the length of an unfinished frame is wrong");
}

}  // namespace longwire::simulation
