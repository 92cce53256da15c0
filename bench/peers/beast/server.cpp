// Boost.Beast: an echo at every path, asynchronous, on one thread. Usage: server PORT [deflate]
#include <functional>
#include <utility>

#include <boost/asio.hpp>
#include <boost/beast.hpp>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace beast = boost::beast;
namespace asio = boost::asio;
using asio::ip::tcp;

class Session : public std::enable_shared_from_this<Session> {
public:
    Session(tcp::socket socket, bool deflate) : stream_(std::move(socket)) {
        beast::websocket::permessage_deflate how;
        how.server_enable = deflate;
        how.server_no_context_takeover = how.client_no_context_takeover = true;
        stream_.set_option(how);
        stream_.read_message_max(64 * 1024 * 1024);
        beast::get_lowest_layer(stream_).set_option(tcp::no_delay(true));
    }
    void run() {
        stream_.async_accept([self = shared_from_this()](beast::error_code error) {
            if (!error) self->read();
        });
    }

private:
    void read() {
        stream_.async_read(buffer_,
                           [self = shared_from_this()](beast::error_code error, std::size_t) {
                               if (!error) self->write();
                           });
    }
    void write() {
        stream_.text(stream_.got_text());
        stream_.async_write(buffer_.data(),
                            [self = shared_from_this()](beast::error_code error, std::size_t) {
                                if (error) return;
                                self->buffer_.consume(self->buffer_.size());
                                self->read();
                            });
    }
    beast::websocket::stream<tcp::socket> stream_;
    beast::flat_buffer buffer_;
};

int main(int count, char** arguments) {
    if (count < 2) return 2;
    const bool deflate = count > 2 && std::string_view(arguments[2]) == "deflate";
    asio::io_context context(1);
    tcp::acceptor acceptor(context,
                           {tcp::v4(), static_cast<std::uint16_t>(std::atoi(arguments[1]))});
    std::function<void()> accept = [&] {
        acceptor.async_accept([&](beast::error_code error, tcp::socket socket) {
            if (!error) std::make_shared<Session>(std::move(socket), deflate)->run();
            accept();
        });
    };
    accept();
    context.run();
}
