#include "net/tls_channel.hpp"

#include "net/tls_failure.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

namespace longwire::net {

namespace {

/// What is left over of others would be taken for an error of what follows. There is seldom any,
/// and to look costs less than to clear.
void forget_errors() noexcept {
    if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

void TlsChannel::Free::operator()(ssl_st* connection) const noexcept {
    SSL_free(connection);
}

TlsChannel::TlsChannel(std::shared_ptr<TlsContext> context) : context_(std::move(context)) {}

TlsChannel::~TlsChannel() {
    // Otherwise OpenSSL takes a connection that was not ended in form for a reason to forget its
    // session.
    if (connection_ && !failure_)
        SSL_set_shutdown(connection_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

// ---- OpenSSL's way to the bytes -----------------------------------------------------------------

int TlsChannel::read_received(BIO* io, char* data, int size) {
    auto& received = static_cast<TlsChannel*>(BIO_get_data(io))->received_;
    BIO_clear_retry_flags(io);
    const std::size_t count = std::min(received.size(), static_cast<std::size_t>(size));
    if (count == 0) {
        BIO_set_retry_read(io);
        return -1;
    }
    std::memcpy(data, received.data(), count);
    received = received.subspan(count);
    return static_cast<int>(count);
}

int TlsChannel::append_sealed(BIO* io, const char* data, int size) {
    auto& sealed = *static_cast<TlsChannel*>(BIO_get_data(io))->sealed_;
    const auto bytes = std::as_bytes(std::span(data, static_cast<std::size_t>(size)));
    sealed.insert(sealed.end(), bytes.begin(), bytes.end());
    return size;
}

long TlsChannel::control(BIO* /*io*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const void* TlsChannel::io_method() {
    static const BIO_METHOD* const method = [] {
        BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
        BIO_meth_set_read(made, read_received);
        BIO_meth_set_write(made, append_sealed);
        BIO_meth_set_ctrl(made, control);
        return made;
    }();
    return method;
}

Result<void> TlsChannel::make() {
    ERR_clear_error();
    connection_.reset(SSL_new(context_->contexts_.front().get()));
    BIO* const io = BIO_new(static_cast<const BIO_METHOD*>(io_method()));
    if (!connection_ || io == nullptr) {
        BIO_free(io);
        return longwire::failure(ErrorCode::system, "cannot begin a TLS connection: " +
                                                        std::string(newest_openssl_reason()));
    }
    BIO_set_data(io, this);
    BIO_set_init(io, 1);
    SSL_set_bio(connection_.get(), io, io);
    SSL_set_app_data(connection_.get(), this);
    return {};
}

// ---- the two ends -------------------------------------------------------------------------------

Result<std::unique_ptr<TlsChannel>> TlsChannel::accept(std::shared_ptr<TlsContext> context) {
    std::unique_ptr<TlsChannel> channel(new TlsChannel(std::move(context)));
    if (auto made = channel->make(); !made) return Failure(std::move(made.error()));
    SSL_set_accept_state(channel->connection_.get());
    channel->expects_hello_ = true;
    return channel;
}

Result<std::unique_ptr<TlsChannel>> TlsChannel::connect(std::shared_ptr<TlsContext> context,
                                                        const std::string& host,
                                                        std::uint16_t port) {
    std::unique_ptr<TlsChannel> channel(new TlsChannel(std::move(context)));
    if (auto made = channel->make(); !made) return Failure(std::move(made.error()));
    SSL* const connection = channel->connection_.get();
    channel->server_ = host + ':' + std::to_string(port);
    SSL_set_connect_state(connection);
    X509_VERIFY_PARAM* const judged = SSL_get0_param(connection);
    // An address is never sent as a server name (RFC 6066, section 3).
    if (X509_VERIFY_PARAM_set1_ip_asc(judged, host.c_str()) != 1) {
        X509_VERIFY_PARAM_set_hostflags(judged, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        X509_VERIFY_PARAM_set1_host(judged, host.data(), host.size());
        SSL_set_tlsext_host_name(connection, host.c_str());
    }
    ERR_clear_error();
    if (const auto session = channel->context_->take_session(channel->server_))
        SSL_set_session(connection, session.get());
    return channel;
}

bool TlsChannel::is_server() const noexcept {
    return SSL_is_server(connection_.get()) != 0;
}

bool TlsChannel::resumed() const noexcept {
    return SSL_session_reused(connection_.get()) != 0;
}

std::string TlsChannel::peer_subject() const {
    const X509* const certificate = SSL_get0_peer_certificate(connection_.get());
    if (certificate == nullptr || SSL_get_verify_mode(connection_.get()) == SSL_VERIFY_NONE ||
        SSL_get_verify_result(connection_.get()) != X509_V_OK)
        return {};
    const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), &BIO_free);
    X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0,
                       XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    char* data = nullptr;
    const long size = BIO_get_mem_data(text.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

// ---- bytes --------------------------------------------------------------------------------------

void TlsChannel::fail() {
    // The rejection of a certificate has been put into words already.
    if (!failure_) failure_ = std::make_unique<Error>(describe_tls_failure());
}

int TlsChannel::miss_certificate(SSL* connection, X509** /*certificate*/, EVP_PKEY** /*key*/) {
    static_cast<TlsChannel*>(SSL_get_app_data(connection))->certificate_missed_ = true;
    return 0;
}

int TlsChannel::judge_certificate(int verified, X509_STORE_CTX* chain) {
    const auto* const connection = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto& channel = *static_cast<TlsChannel*>(SSL_get_app_data(connection));
    const X509* const certificate = X509_STORE_CTX_get_current_cert(chain);
    const int why = X509_STORE_CTX_get_error(chain);
    if (verified == 1 || channel.failure_ || certificate == nullptr) return verified;
    const std::string_view server = channel.server_;
    channel.failure_ = std::make_unique<Error>(
        channel.is_server()
            ? Error(ErrorCode::certificate_rejected,
                    std::string("the client's certificate cannot be trusted: ") +
                        X509_verify_cert_error_string(why))
            : describe_rejection(why, *certificate, server.substr(0, server.rfind(':'))));
    return verified;
}

/// Whether the server's key is one of those that were pinned, where some were.
bool TlsChannel::judge_key() {
    const PinnedKeys& pins = context_->pinned_keys_;
    const X509* const certificate = SSL_get0_peer_certificate(connection_.get());
    if (pins.empty() || pins.match(certificate)) return true;
    failure_ = std::make_unique<Error>(
        ErrorCode::certificate_rejected,
        "the key of the server's certificate is not one of those that are pinned: it is " +
            (certificate == nullptr ? std::string("none") : pin_of(*certificate)));
    return false;
}

bool TlsChannel::shake_hands() {
    const std::size_t said_before = sealed_->size();
    const int status = SSL_do_handshake(connection_.get());
    if (status == 1 && !judge_key()) {
        // Our certificate, and that we are content, are not for whoever has another key.
        sealed_->resize(said_before);
        return false;
    }
    established_ = status == 1;
    if (established_ || SSL_get_error(connection_.get(), status) == SSL_ERROR_WANT_READ)
        return true;
    fail();
    return false;
}

void TlsChannel::start(std::vector<std::byte>& sealed) {
    received_ = {};
    sealed_ = &sealed;
    ERR_clear_error();
    // What could fail here fails again, and is reported, when the server has answered.
    (void)shake_hands();
}

TlsChannel::Opened TlsChannel::open(std::span<const std::byte> received, std::span<std::byte> plain,
                                    std::vector<std::byte>& sealed) {
    received_ = received;
    sealed_ = &sealed;
    expects_hello_ = false;
    Opened opened;
    if (failure_) return {.size = 0, .status = Status::failed};
    forget_errors();
    if (!established_ && !shake_hands()) opened.status = Status::failed;
    while (established_ && opened.status == Status::proceed && opened.size < plain.size()) {
        const auto room = plain.subspan(opened.size);
        std::size_t size = 0;
        const int status = SSL_read_ex(connection_.get(), room.data(), room.size(), &size);
        opened.size += size;
        if (status == 1) {
            // To be told that there is no more costs half as much as what there was.
            if (received_.empty() && SSL_has_pending(connection_.get()) == 0) break;
            continue;
        }
        const int why = SSL_get_error(connection_.get(), status);
        if (why == SSL_ERROR_WANT_READ) break;
        opened.status = why == SSL_ERROR_ZERO_RETURN ? Status::ended : Status::failed;
        if (opened.status == Status::failed) fail();
    }
    return opened;
}

bool TlsChannel::seal(std::span<const std::byte> plain, std::vector<std::byte>& sealed) {
    if (failure_ || plain.empty()) return !failure_;
    received_ = {};
    sealed_ = &sealed;
    forget_errors();
    std::size_t size = 0;
    if (SSL_write_ex(connection_.get(), plain.data(), plain.size(), &size) == 1) return true;
    fail();
    return false;
}

void TlsChannel::end(std::vector<std::byte>& sealed) {
    if (!established_ || failure_ || std::exchange(end_sent_, true)) return;
    received_ = {};
    sealed_ = &sealed;
    ERR_clear_error();
    SSL_shutdown(connection_.get());
}

void TlsChannel::keep_unsent(std::span<const std::byte> sealed) {
    unsent_.insert(unsent_.end(), sealed.begin(), sealed.end());
}

void TlsChannel::consume_unsent(std::size_t count) noexcept {
    unsent_begin_ += count;
    if (unsent_begin_ < unsent_.size()) return;
    // Idle, the connection keeps no memory for it.
    unsent_ = {};
    unsent_begin_ = 0;
}

}  // namespace longwire::net
