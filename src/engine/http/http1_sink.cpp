#include "engine/http/http1_sink.hpp"

#include "engine/http/chunk_content.hpp"
#include "http/chunk_frame.hpp"
#include "http/date.hpp"
#include "http/response_writer.hpp"
#include "net/stream.hpp"

#include <ctime>
#include <string>
#include <string_view>
#include <utility>

namespace longwire::engine {

namespace {

std::span<const std::byte> bytes_of(std::string_view text) noexcept {
    return std::as_bytes(std::span(text));
}

/// A head that is being written, in memory that this thread keeps for the next one.
class Head {
public:
    Head() noexcept : text(std::move(kept())) { text.clear(); }
    ~Head() { kept() = std::move(text); }
    Head(const Head&) = delete;
    Head& operator=(const Head&) = delete;

    std::string text;

private:
    static std::string& kept() noexcept {
        thread_local std::string memory;
        return memory;
    }
};

}  // namespace

std::size_t Http1Sink::write(const Response& whole, bool to_head) {
    if (http::ends_connection(whole)) terms_.keep_alive = false;
    const std::string_view date = http::imf_fixdate_at(std::time(nullptr));
    Head head;
    http::append_response_head(
        head.text, whole,
        {.keep_alive = terms_.keep_alive, .minor_version = terms_.minor_version, .date = date});
    const bool bodiless = to_head || http::is_bodiless(http::written_status(whole.status));
    const auto body = bodiless ? std::span<const std::byte>{} : bytes_of(whole.body);
    stream_->write(bytes_of(head.text), body);
    return head.text.size() + body.size();
}

std::size_t Http1Sink::begin(const Response& response) {
    // Without chunks only the connection's end says that the body is whole.
    if (http::ends_connection(response) || !delimits_pieces()) terms_.keep_alive = false;
    const std::string_view date = http::imf_fixdate_at(std::time(nullptr));
    const std::string head =
        http::write_response_head(response, {.keep_alive = terms_.keep_alive,
                                             .chunked = delimits_pieces(),
                                             .length = false,
                                             .minor_version = terms_.minor_version,
                                             .date = date});
    stream_->write(bytes_of(head));
    return head.size();
}

std::span<const std::byte> Http1Sink::framed(const PreparedChunk& piece) const {
    const auto& content = *ChunkAccess::content(piece);
    return bytes_of(delimits_pieces() ? content.framed(http::frame_chunk) : content.bytes());
}

std::size_t Http1Sink::write(const PreparedChunk& piece) {
    const auto bytes = framed(piece);
    stream_->write_shared(ChunkAccess::content(piece), bytes);
    return bytes.size();
}

std::size_t Http1Sink::write_at_once(const PreparedChunk& piece) {
    if (!stream_->idle()) return 0;
    const auto bytes = framed(piece);
    // (Whatever is kept of it is kept by its owner: who has all of it at once counts nothing.)
    stream_->send_shared(ChunkAccess::content(piece), bytes);
    return bytes.size();
}

std::size_t Http1Sink::end() {
    if (!delimits_pieces()) return 0;
    stream_->write(bytes_of(http::last_chunk));
    return http::last_chunk.size();
}

std::size_t Http1Sink::switch_protocols(
    std::span<const std::pair<std::string, std::string>> fields) {
    Head head;
    http::append_switching_protocols(head.text, fields);
    stream_->write(bytes_of(head.text));
    return head.text.size();
}

void Http1Sink::write_continue() {
    stream_->write(bytes_of("HTTP/1.1 100 Continue\r\n\r\n"));
}

void Http1Sink::cut(net::Ending ending) {
    if (delimits_pieces())
        stream_->close(ending);
    else
        // The end of the connection would say that the body is whole.
        stream_->reset();
}

std::size_t Http1Sink::backlog() const noexcept {
    return stream_->backlog();
}

bool Http1Sink::congested() const noexcept {
    return stream_->congested();
}

void Http1Sink::tell_when_drained() {
    stream_->tell_when_drained();
}

}  // namespace longwire::engine
