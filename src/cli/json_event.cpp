#include "cli/json_event.hpp"

#include "cli/clock_text.hpp"
#include "cli/json_display.hpp"
#include "http/base64.hpp"

#include <fmt/core.h>
#include <longwire/http_answer.hpp>

namespace longwire::cli::json_event {

namespace {

std::string line(std::string_view type, std::string_view direction, std::string_view rest) {
    const std::string directed =
        direction.empty() ? std::string() : fmt::format(R"("direction":"{}",)", direction);
    return fmt::format("{{\"type\":\"{}\",{}\"time\":\"{}\"{}}}\n", type, directed, time_in_full(),
                       rest);
}

std::string answer_member(const HttpAnswer& answer) {
    std::string fields;
    for (const auto& [name, value] : answer.fields)
        fields += fmt::format("{}[{},{}]", fields.empty() ? "" : ",", json_string(name),
                              json_string(value));
    return fmt::format(
        R"(,"answer":{{"status":{},"status_line":{},"from_proxy":{},"fields":[{}],"body":{},)"
        R"("body_is_cut":{}}})",
        answer.status, json_string(answer.status_line), answer.from_proxy, fields,
        json_string(answer.body), answer.body_is_cut);
}

}  // namespace

std::string open(std::string_view url, const WebSocket& socket) {
    return line("open", "",
                fmt::format(R"(,"url":{},"peer":{},"subprotocol":{},"extensions":{})",
                            json_string(url), json_string(socket.peer()),
                            json_string(socket.protocol()), json_string(socket.extensions())));
}

std::string message(Direction direction, Message message) {
    const std::string data = message.is_text() ? json_string(message.text())
                                               : '"' + http::to_base64(message.text()) + '"';
    return line(message.is_text() ? "text" : "binary", direction == Direction::in ? "in" : "out",
                fmt::format(R"(,"size":{},"data":{})", message.size(), data));
}

std::string pong(std::chrono::microseconds took) {
    return line("pong", "in",
                fmt::format(R"(,"milliseconds":{:.3f})", static_cast<double>(took.count()) / 1000));
}

std::string close(const CloseStatus& status) {
    return line("close", "",
                fmt::format(R"(,"code":{},"reason":{},"clean":{})", to_number(status.code),
                            json_string(status.reason), status.clean));
}

std::string reconnecting(std::string_view why, std::chrono::milliseconds after) {
    return line("reconnecting", "",
                fmt::format(R"(,"after_ms":{},"why":{})", after.count(), json_string(why)));
}

std::string error(const Error& error, int exit_code) {
    return line(
        "error", "",
        fmt::format(R"(,"exit_code":{},"message":{}{})", exit_code, json_string(error.message()),
                    error.answer() == nullptr ? "" : answer_member(*error.answer())));
}

}  // namespace longwire::cli::json_event
