// One connection to the server, plain or with TLS, as cheap as either can be.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

struct FreeTls {
    void operator()(SSL* tls) const { SSL_free(tls); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTls>;

/// TLS as clients have it, but for the certificate, which is taken as it is.
TlsContext tls_context();

class Wire {
public:
    /// Connects, and waits for it; the `index`th connection of many. Without `tls` it is plain.
    void open(int port, std::size_t index, SSL_CTX* tls);
    /// From here on nothing waits.
    void stop_waiting();

    /// What was taken; less than 0: nothing can be for now.
    std::ptrdiff_t send(std::string_view bytes);
    /// What came, 0 at the end; less than 0: nothing, for now. With TLS there may be more of which
    /// epoll knows nothing, where all of `size` was filled.
    std::ptrdiff_t receive(char* buffer, std::size_t size);
    [[nodiscard]] int socket() const { return socket_; }

private:
    int socket_ = -1;
    std::unique_ptr<SSL, FreeTls> tls_;
};
