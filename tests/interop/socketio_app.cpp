// The server side of a Socket.IO application for socketio.test.mjs: it says its port, and does with
// each event what that says. Its arguments: the milliseconds of recovery (0: none); "hub", for
// rooms that are channels of a Hub.
#include <longwire/longwire.hpp>
#include <longwire/socketio.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using longwire::socketio::Acknowledge;
using longwire::socketio::Application;
using longwire::socketio::Arguments;
using longwire::socketio::Json;
using longwire::socketio::Namespace;
using longwire::socketio::Socket;

namespace {

struct Counter {
    int count = 0;
};

longwire::Task<> ask(Socket& socket, Arguments arguments) {
    // (It stays where it is until the answer is there, or says that the client has gone.)
    const auto handle = socket.handle();
    const auto answer = co_await socket.request("question", arguments, 5s);
    if (answer) handle.send("answered", *answer);
}

void add_rooms(Namespace& name_space) {
    name_space
        .on("join",
            [](Socket& socket, const Arguments& arguments, const Acknowledge& acknowledge) {
                socket.join(arguments.text(0).value_or(""));
                acknowledge(socket.in(arguments.text(0).value_or("")));
            })
        .on("leave",
            [](Socket& socket, const Arguments& arguments, const Acknowledge& acknowledge) {
                socket.leave(arguments.text(0).value_or(""));
                acknowledge();
            })
        .on("to", [](Socket& socket, const Arguments& arguments, const Acknowledge&) {
            socket.to(arguments.text(0).value_or("")).send("said", arguments.without(1));
        });
}

void add_audiences(longwire::SocketIo& io, Namespace& name_space) {
    name_space
        .on("to both",
            [](Socket& socket, const Arguments& arguments, const Acknowledge&) {
                socket.to(arguments.text(0).value_or(""))
                    .to(arguments.text(1).value_or(""))
                    .send("said", arguments.without(2));
            })
        .on("to all except",
            [&io](Socket& socket, const Arguments& arguments, const Acknowledge&) {
                io.of(socket.name_space())
                    .everybody()
                    .except(arguments.text(0).value_or(""))
                    .send("said", arguments.without(1));
            })
        .on("volatile to", [&io](Socket& socket, const Arguments& arguments, const Acknowledge&) {
            io.of(socket.name_space())
                .to(arguments.text(0).value_or(""))
                .send_volatile("said", arguments.without(1));
        });
}

void add_questions(Namespace& name_space) {
    name_space
        .on("ask", [](Socket&, const Arguments& arguments,
                      const Acknowledge& acknowledge) { acknowledge.send(arguments); })
        .on("ask elsewhere",
            [](Socket&, const Arguments& arguments, const Acknowledge& acknowledge) {
                std::thread([arguments, acknowledge] { acknowledge.send(arguments); }).detach();
            })
        .on("ask me",
            [](Socket& socket, const Arguments& arguments, const Acknowledge&) {
                socket.request("question", arguments, 5s,
                               [handle = socket.handle()](longwire::Result<Arguments> answer) {
                                   if (answer) handle.send("answered", *answer);
                               });
            })
        .on("ask me as a coroutine",
            [](Socket& socket, const Arguments& arguments, const Acknowledge&) {
                longwire::spawn(ask(socket, arguments));
            })
        .on("ask me in vain", [](Socket& socket, const Arguments&, const Acknowledge&) {
            socket.request(
                "nobody answers", {}, 50ms,
                [handle = socket.handle()](longwire::Result<Arguments> answer) {
                    handle.emit("no answer",
                                !answer && answer.error().code() == longwire::ErrorCode::timed_out);
                });
        });
}

void add_rest(longwire::SocketIo& io, Namespace& name_space) {
    name_space
        .on("echo", [](Socket& socket, const Arguments& arguments,
                       const Acknowledge&) { socket.send("echo", arguments); })
        .on("everybody",
            [&io](Socket& socket, const Arguments& arguments, const Acknowledge&) {
                io.of(socket.name_space()).everybody().send("news", arguments);
            })
        .on("others", [](Socket& socket, const Arguments& arguments,
                         const Acknowledge&) { socket.broadcast().send("news", arguments); })
        .on("direct",
            [&io](Socket& socket, const Arguments& arguments, const Acknowledge&) {
                io.of(socket.name_space())
                    .to(arguments.text(0).value_or(""))
                    .send("direct", arguments.without(1));
            })
        .on("volatile", [](Socket& socket, const Arguments&,
                           const Acknowledge&) { socket.emit_volatile("now", 1); })
        .on("count",
            [](Socket& socket, const Arguments&, const Acknowledge& acknowledge) {
                acknowledge(++socket.state<Counter>().count, socket.recovered());
            })
        .on("kick",
            [](Socket& socket, const Arguments& arguments, const Acknowledge&) {
                socket.disconnect(arguments.boolean(0).value_or(false));
            })
        .on("throw", [](Socket&, const Arguments&, const Acknowledge&) { throw 1; });
}

longwire::HubOptions hub_options() {
    return {.rules = {{.history_count = 1000, .presence = true}},
            .authenticate =
                [](const longwire::Request& request) -> longwire::Result<longwire::ChannelUser> {
                return longwire::ChannelUser{.name = request.query("user").value_or(""),
                                             .info = {}};
            },
            .authorize = [](longwire::AuthorizationRequest question) { question.allow(); }};
}

void add_channels(longwire::Hub& hub, Namespace& name_space) {
    name_space
        .on("join as",
            [](Socket& socket, const Arguments& arguments, const Acknowledge& acknowledge) {
                socket.join(arguments.text(0).value_or(""),
                            {.name = arguments.text(1).value_or(""), .info = {}});
                acknowledge();
            })
        .on("publish", [&hub](Socket&, const Arguments& arguments, const Acknowledge& acknowledge) {
            hub.publish(
                arguments.text(0).value_or(""), arguments.text(1).value_or(""),
                {.on_published = [acknowledge](const longwire::Result<std::string>& position) {
                    acknowledge(position.value_or(""));
                }});
        });
}

}  // namespace

int main(int count, char** arguments) {
    longwire::Server server({.threads = 2});
    longwire::SocketIoOptions options;
    options.recovery = std::chrono::milliseconds(count > 1 ? std::atoi(arguments[1]) : 0);
    std::unique_ptr<longwire::Hub> hub;
    std::unique_ptr<longwire::SocketIo> made;
    if (count > 2) {
        hub = std::make_unique<longwire::Hub>(server, hub_options());
        made = std::make_unique<longwire::SocketIo>(*hub, options);
        add_channels(*hub, made->of("/"));
    } else {
        made = std::make_unique<longwire::SocketIo>(server, options);
    }
    longwire::SocketIo& io = *made;
    for (const char* const name : {"/", "/other"}) {
        Namespace& name_space = io.of(name);
        add_rooms(name_space);
        add_audiences(io, name_space);
        add_questions(name_space);
        add_rest(io, name_space);
    }
    io.of("/private").use([](const Application& application) {
        std::thread([application] {
            if (application.handshake().auth_text("token") == "open")
                application.allow();
            else
                application.refuse("not you", Json{R"({"code":7})"});
        }).detach();
    });
    io.of("/nobody-decides").use([](const Application&) {});
    const auto listening = server.listen({});
    if (!listening) return 1;
    std::printf("Listening on %s\n", listening->address.c_str());
    std::fflush(stdout);
    return server.run();
}
