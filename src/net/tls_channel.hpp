#pragma once

#include "net/tls_context.hpp"

#include <longwire/error.hpp>
#include <longwire/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct ssl_st;
struct bio_st;
struct evp_pkey_st;
struct x509_st;
struct x509_store_ctx_st;

namespace longwire::net {

/// The TLS of one connection: opens what comes and seals what goes. Does no I/O; the stream that
/// owns it does.
class TlsChannel {
public:
    /// The server's end. Errors: system.
    [[nodiscard]] static Result<std::unique_ptr<TlsChannel>> accept(
        std::shared_ptr<TlsContext> context);
    /// The client's end, for the server at `host` (a name or a numeric address) and `port`.
    [[nodiscard]] static Result<std::unique_ptr<TlsChannel>> connect(
        std::shared_ptr<TlsContext> context, const std::string& host, std::uint16_t port);
    ~TlsChannel();
    TlsChannel(const TlsChannel&) = delete;
    TlsChannel& operator=(const TlsChannel&) = delete;

    /// The client speaks first: appends its hello to `sealed`.
    void start(std::vector<std::byte>& sealed);

    enum class Status : std::uint8_t {
        proceed,
        ended,  ///< The peer has said that it sends no more (close_notify).
        failed  ///< `failure` says why; `sealed` may hold an alert that tells the peer.
    };
    struct Opened {
        std::size_t size = 0;  ///< Bytes of plain text, at the beginning of `plain`.
        Status status = Status::proceed;
    };
    /// Takes all of `received`, and appends to `sealed` what has to be answered. `plain` must have
    /// room for as much and `record_room` more; `received` may lie at its end, beyond that room.
    Opened open(std::span<const std::byte> received, std::span<std::byte> plain,
                std::vector<std::byte>& sealed);
    static constexpr std::size_t record_room = std::size_t{20} * 1024;

    /// Appends `plain`, sealed; only once established. False where the connection has failed.
    [[nodiscard]] bool seal(std::span<const std::byte> plain, std::vector<std::byte>& sealed);

    /// Appends that no more will be sent (close_notify), once.
    void end(std::vector<std::byte>& sealed);

    /// The handshake is done.
    [[nodiscard]] bool established() const noexcept { return established_; }
    /// A server that has received nothing yet.
    [[nodiscard]] bool expects_hello() const noexcept { return expects_hello_; }
    [[nodiscard]] bool is_server() const noexcept;
    /// Null unless it has failed.
    [[nodiscard]] const Error* failure() const noexcept { return failure_.get(); }
    /// A client's: the server wanted a certificate, and there was none to show.
    [[nodiscard]] bool certificate_missed() const noexcept { return certificate_missed_; }
    /// Whether an earlier session was resumed.
    [[nodiscard]] bool resumed() const noexcept;
    /// The subject of the certificate that the peer has shown and that was verified, as RFC 4514
    /// writes it ("CN=alice,O=Example"); empty where there is none.
    [[nodiscard]] std::string peer_subject() const;

    /// What was sealed and not taken by the kernel.
    [[nodiscard]] std::span<const std::byte> unsent() const noexcept {
        return std::span(unsent_).subspan(unsent_begin_);
    }
    void keep_unsent(std::span<const std::byte> sealed);
    void consume_unsent(std::size_t count) noexcept;

private:
    friend class TlsContext;
    struct Free {
        void operator()(ssl_st* connection) const noexcept;
    };

    explicit TlsChannel(std::shared_ptr<TlsContext> context);
    [[nodiscard]] Result<void> make();
    [[nodiscard]] bool shake_hands();
    [[nodiscard]] bool judge_key();
    void fail();

    /// What OpenSSL asks of each certificate; `verified` is its own opinion.
    static int judge_certificate(int verified, x509_store_ctx_st* chain);
    /// What OpenSSL asks of a client that has no certificate and is to show one.
    static int miss_certificate(ssl_st* connection, x509_st** certificate, evp_pkey_st** key);
    static const void* io_method();
    static int read_received(bio_st* io, char* data, int size);
    static int append_sealed(bio_st* io, const char* data, int size);
    static long control(bio_st* io, int command, long number, void* pointer);

    std::shared_ptr<TlsContext> context_;
    std::unique_ptr<ssl_st, Free> connection_;
    // What OpenSSL reads from and appends to, during one call.
    std::span<const std::byte> received_;
    std::vector<std::byte>* sealed_ = nullptr;
    std::vector<std::byte> unsent_;
    std::size_t unsent_begin_ = 0;
    std::string server_;  // a client's: "host:port"
    std::unique_ptr<Error> failure_;
    bool established_ = false;
    bool expects_hello_ = false;
    bool end_sent_ = false;
    bool certificate_missed_ = false;
};

}  // namespace longwire::net
