#include "engine/http/turned_away.hpp"

#include "http/date.hpp"
#include "http/response_writer.hpp"

#include <sys/socket.h>

#include <array>
#include <ctime>
#include <string>

namespace longwire::engine {

Response too_many() {
    return Response::text(503, "The server has reached its limit of connections. Try again later.")
        .with("Retry-After", "10");
}

Response refusal_for(net::Admission::Refusal why) {
    if (why == net::Admission::Refusal::network_full)
        return Response::text(429, "There are too many connections from your address.")
            .with("Retry-After", "10");
    return too_many();
}

void turn_away(net::Descriptor socket, const Response& response) {
    const std::string_view date = http::imf_fixdate_at(std::time(nullptr));
    const std::string answer = http::write_response(response, {.keep_alive = false, .date = date});
    ::send(socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(socket.get(), SHUT_WR);
    // What is left unread would make our close a reset, which could destroy the answer.
    std::array<char, 4096> request;  // what is read is not looked at
    constexpr int most = 8;
    for (int count = 0; count < most; ++count)
        if (::recv(socket.get(), request.data(), request.size(), MSG_DONTWAIT) <= 0) break;
}

}  // namespace longwire::engine
