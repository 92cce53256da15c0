#include "outbox.hpp"

#include "broken.hpp"

#include <algorithm>
#include <utility>

namespace longwire::simulation {

using protocol::Opcode;

bool Outbox::let_write(Asked asked, const std::function<void()>& call) {
    asked_ = std::move(asked);
    call();
    const bool written = !asked_.has_value();
    asked_.reset();
    return written;
}

void Outbox::write(std::span<const std::byte> bytes) {
    if (dropped_) return;
    part_.insert(part_.end(), bytes.begin(), bytes.end());
    if (auto read = read_frame(part_, role_))
        take_frame(std::move(*read), std::exchange(part_, {}));
}

void Outbox::take_frame(ReadFrame read, Bytes bytes) {
    // But pongs are owed until the peer's close frame has come (RFC 6455, section 5.5.2).
    require(!close_ || (read.frame.opcode == Opcode::pong && !asked_),
            "a frame was written after the close frame");
    require(read.frame.fin && read.frame.opcode != Opcode::continuation, "a fragment was written");
    ++frames_;
    const bool data = !is_control(read.frame.opcode);
    if (data)
        judge_data(read.frame);
    else
        judge_control(read.frame);
    Waiting waiting = {.frame = std::move(read.frame)};
    if (!data || !chance_.percent(plan_.fragment_percent)) waiting.as_written = std::move(bytes);
    send(std::move(waiting));
}

void Outbox::judge_data(const Frame& frame) {
    require(asked_ && asked_->opcode == frame.opcode, "a message was written that was not sent");
    Bytes plain = frame.payload;
    if (frame.compressed) {
        require(inflater_ != nullptr, "a message was compressed that must not be");
        require(asked_->payload.size() >= plan_.threshold, "a short message was compressed");
        require(frame.payload.size() < asked_->payload.size(),
                "a message was compressed and did not get smaller");
        plain = inflater_->inflate_message(frame.payload);
    }
    require(plain == asked_->payload, "a message was written changed");
    ledger_.message(frame.opcode == Opcode::text ? MessageType::text : MessageType::binary,
                    std::move(plain), asked_->fails);
    asked_.reset();
}

void Outbox::judge_control(const Frame& frame) {
    if (frame.opcode == Opcode::close) {
        const auto& payload = frame.payload;
        require(payload.size() != 1, "a close frame was written with half a code");
        CloseSaid said;
        if (!payload.empty()) {
            const unsigned number =
                std::to_integer<unsigned>(payload[0]) << 8U | std::to_integer<unsigned>(payload[1]);
            said.code = static_cast<CloseCode>(number);
            require(may_be_sent(said.code), "a close code was written that may not be sent");
            for (const std::byte letter : std::span(payload).subspan(2))
                said.reason += static_cast<char>(letter);
        }
        ledger_.close(said);
        close_ = std::move(said);
        return;
    }
    // Whatever a message or ping of ours is interrupted by is an answer.
    const bool asked = asked_ && asked_->opcode == frame.opcode;
    if (asked) require(frame.payload == asked_->payload, "a control frame was written changed");
    require(asked || frame.opcode == Opcode::pong, "a ping was written that was not sent");
    if (asked)
        asked_.reset();
    else
        answer_ = frame.payload;
    if (frame.opcode == Opcode::ping)
        ledger_.ping(frame.payload);
    else
        ledger_.pong(frame.payload);
}

bool Outbox::take_answer(std::span<const std::byte> payload) {
    const auto answer = std::exchange(answer_, std::nullopt);
    return answer && std::ranges::equal(*answer, payload);
}

// ---- fragments ----------------------------------------------------------------------------------

void Outbox::write_misdeed(Bytes bytes, CloseCode code) {
    send({.frame = {}, .as_written = std::move(bytes), .breaks_rule = code});
}

void Outbox::send(Waiting waiting) {
    const bool overtakes = !waiting.breaks_rule && (waiting.frame.opcode == Opcode::ping ||
                                                    waiting.frame.opcode == Opcode::pong);
    if (overtakes || (queue_.empty() && waiting.as_written)) {
        put(waiting);
        return;
    }
    queue_.push_back(std::move(waiting));
    fragment_later();
}

void Outbox::fragment_later() {
    if (fragmenting_) return;
    fragmenting_ = true;
    timeline_.after(chance_.between(0, 30), [this] {
        fragmenting_ = false;
        if (dropped_) return;
        send_part();
        if (!queue_.empty())
            fragment_later();
        else if (shut_)
            wire_.shut();
    });
}

void Outbox::send_part() {
    Waiting& first = queue_.front();
    if (first.as_written) {
        put(first);
        queue_.pop_front();
        return;
    }
    Bytes& rest = first.frame.payload;
    const std::size_t size = chance_.one_in(4)
                                 ? rest.size()
                                 : static_cast<std::size_t>(chance_.small_or_large(rest.size()));
    const auto middle = rest.begin() + static_cast<std::ptrdiff_t>(size);
    const bool last = middle == rest.end() && !chance_.one_in(8);
    put({.frame = {.opcode = first.continues ? Opcode::continuation : first.frame.opcode,
                   .fin = last,
                   .compressed = first.frame.compressed && !first.continues,
                   .payload = Bytes(rest.begin(), middle)}});
    rest.erase(rest.begin(), middle);
    first.continues = true;
    if (last) queue_.pop_front();
}

FrameBytes Outbox::encode(const Frame& frame) {
    protocol::MaskingKey key;
    for (std::byte& byte : key) byte = chance_.byte();
    return write_frame(frame, role_ == protocol::Role::client ? std::optional(key) : std::nullopt);
}

void Outbox::put(const Waiting& waiting) {
    const std::uint64_t begin = wire_.written();
    if (waiting.breaks_rule) {
        wire_.write(*waiting.as_written);
        ledger_.place_misdeed(begin, wire_.written(), *waiting.breaks_rule);
    } else if (waiting.as_written) {
        wire_.write(*waiting.as_written);
        place(waiting.frame, begin, waiting.as_written->size() - waiting.frame.payload.size());
    } else {
        const FrameBytes encoded = encode(waiting.frame);
        wire_.write(encoded.bytes);
        place(waiting.frame, begin, encoded.header_size);
    }
}

void Outbox::place(const Frame& frame, std::uint64_t begin, std::size_t header_size) {
    const std::uint64_t end = begin + header_size + frame.payload.size();
    if (!is_control(frame.opcode)) in_message_ = !frame.fin;
    ledger_.place_frame(begin, header_size, end, in_message_);
    if (frame.opcode == Opcode::ping)
        ledger_.place_ping(end);
    else if (frame.opcode == Opcode::pong)
        ledger_.place_pong(end);
    else if (frame.opcode == Opcode::close)
        ledger_.place_close(end);
    else if (frame.fin)
        ledger_.place_message(end);
}

void Outbox::shut() {
    if (shut_ || dropped_) return;
    shut_ = true;
    if (queue_.empty()) wire_.shut();
}

void Outbox::drop() {
    dropped_ = true;
    queue_.clear();
}

}  // namespace longwire::simulation
