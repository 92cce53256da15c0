#include "engine/http/access_entry.hpp"

#include "engine/log.hpp"
#include "http/ip_address.hpp"

namespace longwire::engine {

namespace {

/// The text in its first `most` bytes: it may be kept for as long as a connection lasts.
std::string cut(std::string_view text, std::size_t most) {
    constexpr std::string_view dots = "...";
    if (text.size() <= most) return std::string(text);
    return std::string(text.substr(0, most - dots.size())).append(dots);
}

}  // namespace

AccessEntry::AccessEntry(const AccessSink& sink, const Request& request, std::string_view target,
                         std::size_t bytes)
    : sink_(sink),
      record_{
          .peer = std::string(request.peer()),
          .client = std::string(request.client_address()),
          .method = cut(request.method(), AccessRecord::longest_text),
          .target = cut(target, AccessRecord::longest_target),
          .minor_version = request.minor_version(),
          .secure = request.secure(),
          .bytes_received = bytes,
          .user_agent = cut(request.header("User-Agent").value_or(""), AccessRecord::longest_text),
          .origin = cut(request.header("Origin").value_or(""), AccessRecord::longest_text)},
      begun_(std::chrono::steady_clock::now()) {}

AccessEntry::AccessEntry(const AccessSink& sink, std::string_view peer, std::size_t bytes)
    : sink_(sink),
      record_{.peer = std::string(peer),
              .client = std::string(http::address_of_peer(peer)),
              .bytes_received = bytes},
      begun_(std::chrono::steady_clock::now()) {}

void AccessEntry::name_user(std::string_view user) {
    record_.user = cut(user, AccessRecord::longest_text);
}

void AccessEntry::open(std::string_view subprotocol) {
    record_.websocket.emplace().subprotocol = cut(subprotocol, AccessRecord::longest_text);
}

void AccessEntry::end(int status) {
    record_.status = status;
    tell();
}

void AccessEntry::close(CloseCode code, std::string_view reason) {
    if (!record_.websocket) return;
    record_.websocket->server_code = code;
    record_.websocket->reason = cut(reason, AccessRecord::longest_text);
}

void AccessEntry::end(CloseCode code, std::string_view reason) {
    record_.status = 101;
    if (record_.websocket) {
        record_.websocket->code = code;
        if (!reason.empty()) record_.websocket->reason = cut(reason, AccessRecord::longest_text);
    }
    tell();
}

void AccessEntry::tell() noexcept {
    record_.duration = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - begun_);
    try {
        sink_(record_);
    } catch (...) {
        log(LogLevel::warning, "the sink of access records threw an exception: " +
                                   std::string(current_exception_words()));
    }
}

}  // namespace longwire::engine
