#include "program.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

namespace longwire::stateful {

using socketio::Acknowledge;
using socketio::Arguments;
using socketio::Socket;
using std::chrono::milliseconds;

Program::Program(Server& server, const SocketIoOptions& options, Later& later)
    : later_(later), io_(server, options) {
    for (const std::string_view name : {"/", "/other", "/rooms-*"}) set_up(name);
    io_.of("/guarded").use([this](const socketio::Application& asked) { let_in(asked); });
}

/// The first argument of most events is a number, by which the client chooses.
void Program::set_up(std::string_view name_space) {
    auto& here = io_.of(name_space);
    here.on_connection([](Socket& socket) { socket.join("lobby"); });
    here.on_disconnect([](Socket& socket, std::string_view reason) {
        socket.to("lobby").emit("left", reason);
        socket.emit("too late");
    });
    here.on("ask", [this](Socket& socket, const Arguments& arguments,
                          const Acknowledge& acknowledge) { ask(socket, arguments, acknowledge); });
    here.on("say", [](Socket& socket, const Arguments& arguments, const Acknowledge& acknowledge) {
        socket.to("lobby").send("said", arguments);
        acknowledge("said");
    });
    here.on("join", [](Socket& socket, const Arguments& arguments, const Acknowledge&) {
        socket.join(arguments.text(0).value_or("somewhere"));
    });
    here.on("leave", [](Socket& socket, const Arguments& arguments, const Acknowledge&) {
        socket.leave(arguments.text(0).value_or("somewhere"));
    });
    here.on("shout", [&here](Socket& socket, const Arguments& arguments, const Acknowledge&) {
        here.everybody().except("quiet").send("shouted", arguments);
        socket.broadcast().send_volatile("shouted", arguments);
    });
    here.on("go", [](Socket& socket, const Arguments& arguments, const Acknowledge& acknowledge) {
        socket.disconnect(arguments.json(0) == "1");
        acknowledge("gone");
        socket.emit("gone");
    });
    here.on_other([this](Socket& socket, std::string_view event, const Arguments& arguments,
                         const Acknowledge& acknowledge) {
        if (event == "throw") throw std::runtime_error("on purpose");
        const auto handle = socket.handle();
        later_.after(milliseconds(5), [handle, acknowledge, arguments] {
            acknowledge.send(arguments);
            handle.emit("late", 1);
            handle.join("later");
        });
    });
}

void Program::let_in(const socketio::Application& asked) {
    const std::string how = asked.handshake().auth_text("how").value_or("late");
    if (how == "refuse") return asked.refuse("not you");
    if (how == "never") return later_.never([asked] {});
    later_.after(milliseconds(20), [asked] { asked.allow(); });
}

/// Asks the client, and waits for so many milliseconds, which may be none, or fewer.
void Program::ask(Socket& socket, const Arguments& arguments, const Acknowledge& acknowledge) {
    const std::string wanted(arguments.json(0));
    const milliseconds timeout(wanted == "late" ? 50 : std::atoi(wanted.c_str()));
    const bool goes = arguments.text(1) == "go";
    socket.request("question", Arguments::of("what?"), timeout,
                   [acknowledge, handle = socket.handle(), goes](const Result<Arguments>& answer) {
                       if (goes) handle.disconnect();
                       acknowledge(answer ? "answered" : "not answered");
                   });
}

}  // namespace longwire::stateful
