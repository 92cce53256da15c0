// Boost.Beast: an echo at every path, asynchronous, on one thread.
// Usage: server PORT [deflate | tls CERTIFICATE KEY]
#include <functional>
#include <utility>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast.hpp>
#include <boost/beast/ssl.hpp>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <type_traits>

namespace beast = boost::beast;
namespace asio = boost::asio;
using asio::ip::tcp;

using TlsStream = beast::ssl_stream<tcp::socket>;

template <class Lower>
class Session : public std::enable_shared_from_this<Session<Lower>> {
public:
    template <class... Lowers>
    explicit Session(bool deflate, Lowers&&... lower) : stream_(std::forward<Lowers>(lower)...) {
        beast::websocket::permessage_deflate how;
        how.server_enable = deflate;
        how.server_no_context_takeover = how.client_no_context_takeover = true;
        stream_.set_option(how);
        stream_.read_message_max(64 * 1024 * 1024);
        beast::get_lowest_layer(stream_).set_option(tcp::no_delay(true));
    }
    void run() {
        if constexpr (std::is_same_v<Lower, TlsStream>)
            stream_.next_layer().async_handshake(
                asio::ssl::stream_base::server,
                [self = this->shared_from_this()](beast::error_code error) {
                    if (!error) self->accept();
                });
        else
            accept();
    }

private:
    void accept() {
        stream_.async_accept([self = this->shared_from_this()](beast::error_code error) {
            if (!error) self->read();
        });
    }
    void read() {
        stream_.async_read(buffer_,
                           [self = this->shared_from_this()](beast::error_code error, std::size_t) {
                               if (!error) self->write();
                           });
    }
    void write() {
        stream_.text(stream_.got_text());
        stream_.async_write(buffer_.data(), [self = this->shared_from_this()](
                                                beast::error_code error, std::size_t) {
            if (error) return;
            self->buffer_.consume(self->buffer_.size());
            self->read();
        });
    }
    beast::websocket::stream<Lower> stream_;
    beast::flat_buffer buffer_;
};

int main(int count, char** arguments) {
    if (count < 2) return 2;
    const std::string_view mode = count > 2 ? arguments[2] : "";
    asio::io_context context(1);
    asio::ssl::context tls(asio::ssl::context::tls_server);
    if (mode == "tls" && count > 4) {
        tls.use_certificate_chain_file(arguments[3]);
        tls.use_private_key_file(arguments[4], asio::ssl::context::pem);
    }
    tcp::acceptor acceptor(context,
                           {tcp::v4(), static_cast<std::uint16_t>(std::atoi(arguments[1]))});
    std::function<void()> accept = [&] {
        acceptor.async_accept([&](beast::error_code error, tcp::socket socket) {
            if (!error && mode == "tls")
                std::make_shared<Session<TlsStream>>(false, std::move(socket), tls)->run();
            else if (!error)
                std::make_shared<Session<tcp::socket>>(mode == "deflate", std::move(socket))->run();
            accept();
        });
    };
    accept();
    context.run();
}
