// websocketpp: an echo at every path, on one thread. Usage: server PORT
#include <cstdint>
#include <cstdlib>
#include <websocketpp/config/asio_no_tls.hpp>
#include <websocketpp/server.hpp>

using Server = websocketpp::server<websocketpp::config::asio>;

int main(int count, char** arguments) {
    if (count < 2) return 2;
    Server server;
    server.clear_access_channels(websocketpp::log::alevel::all);
    server.clear_error_channels(websocketpp::log::elevel::all);
    server.init_asio();
    server.set_reuse_addr(true);
    server.set_max_message_size(64 * 1024 * 1024);
    server.set_tcp_post_init_handler([&](websocketpp::connection_hdl handle) {
        server.get_con_from_hdl(handle)->get_raw_socket().set_option(
            websocketpp::lib::asio::ip::tcp::no_delay(true));
    });
    server.set_message_handler(
        [&](websocketpp::connection_hdl handle, Server::message_ptr message) {
            server.send(handle, message->get_payload(), message->get_opcode());
        });
    server.listen(static_cast<std::uint16_t>(std::atoi(arguments[1])));
    server.start_accept();
    server.run();
}
