#pragma once

#include "answers.hpp"
#include "frames.hpp"
#include "requests.hpp"
#include "world.hpp"

#include <string>
#include <string_view>

namespace longwire::stateful {

/// The WebSocket of a client of Engine.IO: it answers pings, and keeps what was said.
class EngineLine {
public:
    EngineLine(World& world, Chance chance, std::string_view path, const std::string& query,
               int receive_buffer = 0)
        : wire(world.wires, receive_buffer), http(wire), frames(wire), chance_(chance) {
        http.ask("GET", upgrade(std::string(path) + "?EIO=4&transport=websocket" + query));
    }

    void say(std::string_view packet) { wire.send(client_frame(chance_, packet)); }
    void say_bytes(std::string_view bytes) { wire.send(client_frame(chance_, bytes, binary)); }
    /// Reads what there is; false once it is over.
    bool alive() {
        while (http.upgraded()) {
            const auto frame = frames.next();
            if (!frame) break;
            if (frame->opcode == text && frame->payload == "2") say("3");
            if (frame->opcode == text && heard.size() < std::size_t{1} << 20U)
                heard += frame->payload + '\n';
        }
        return !wire.ended() && !frames.code() && http.at(0).status < 200;
    }
    [[nodiscard]] bool has(std::string_view said) {
        alive();
        return heard.find(said) != std::string::npos;
    }
    /// The key by which it comes back, of the answer that begins so: "40{" or "40/hot,{".
    [[nodiscard]] std::string key_after(std::string_view begin) const {
        const std::size_t at = heard.find(begin);
        return at == std::string::npos ? std::string()
                                       : text_of(std::string_view(heard).substr(at, 300), "pid");
    }

    Wire wire;
    Answers http;
    Frames frames;
    std::string heard;

private:
    Chance chance_;
};

/// The session that an answer to the first poll has opened.
[[nodiscard]] inline std::string poll_target(std::string_view path, std::string_view opened) {
    return std::string(path) + "?EIO=4&transport=polling&sid=" + text_of(opened, "sid");
}

}  // namespace longwire::stateful
