#include "wire.hpp"

#include "giving_up.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string>

TlsContext tls_context() {
    TlsContext context(SSL_CTX_new(TLS_client_method()));
    if (!context) give_up("OpenSSL makes no context");
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Several records a system call.
    SSL_CTX_set_read_ahead(context.get(), 1);
    SSL_CTX_set_default_read_buffer_len(context.get(), std::size_t{64} * 1024);
    return context;
}

void Wire::open(int port, std::size_t index, SSL_CTX* tls) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    // More than some 28,000 connections have no room between two addresses.
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(index / 20000));
    if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        give_up("cannot connect to port " + std::to_string(port));
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (tls == nullptr) return;
    tls_.reset(SSL_new(tls));
    SSL_set_fd(tls_.get(), socket_);
    if (SSL_connect(tls_.get()) != 1) give_up("the TLS handshake failed");
}

void Wire::stop_waiting() {
    fcntl(socket_, F_SETFL, O_NONBLOCK);
}

std::ptrdiff_t Wire::send(std::string_view bytes) {
    if (!tls_) return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    std::size_t sent = 0;
    return SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent) == 1
               ? static_cast<std::ptrdiff_t>(sent)
               : -1;
}

std::ptrdiff_t Wire::receive(char* buffer, std::size_t size) {
    if (!tls_) return ::recv(socket_, buffer, size, 0);
    std::size_t all = 0;
    while (all < size) {
        std::size_t came = 0;
        if (SSL_read_ex(tls_.get(), buffer + all, size - all, &came) != 1) {
            if (all == 0 && SSL_get_error(tls_.get(), 0) != SSL_ERROR_WANT_READ) return 0;
            break;
        }
        all += came;
        // A socket that waits would do so for what may never come.
        if (size == 1) break;
    }
    return all > 0 ? static_cast<std::ptrdiff_t>(all) : -1;
}
