#include "net/tls_context.hpp"

#include "net/tls_certificate.hpp"
#include "net/tls_channel.hpp"
#include "net/tls_failure.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

namespace longwire::net {

namespace {

// Of the sessions and of the settings that a client keeps, others make way beyond these.
constexpr std::size_t most_sessions = 1024;
constexpr std::size_t most_clients = 64;

constexpr std::array<unsigned char, 9> http_1_1 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// HTTP/1.1 is all that is spoken here. A client that lists protocols without it is told so
// (RFC 7301, section 3.2).
int choose_protocol(SSL* /*connection*/, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void* /*argument*/) {
    unsigned char* found = nullptr;
    const int outcome = SSL_select_next_proto(&found, size, http_1_1.data(), http_1_1.size(),
                                              offered, offered_size);
    if (outcome != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

void configure(SSL_CTX& context, TlsVersion oldest) {
    SSL_CTX_set_min_proto_version(&context,
                                  oldest == TlsVersion::tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(&context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                      SSL_OP_PRIORITIZE_CHACHA | SSL_OP_CIPHER_SERVER_PREFERENCE);
    // An idle connection keeps no record buffers.
    SSL_CTX_set_mode(&context, SSL_MODE_RELEASE_BUFFERS);
}

Error no_context() {
    return {ErrorCode::system, "cannot set up TLS: " + std::string(newest_openssl_reason())};
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const noexcept {
    SSL_CTX_free(context);
}

void TlsContext::Free::operator()(ssl_session_st* session) const noexcept {
    SSL_SESSION_free(session);
}

TlsContext::~TlsContext() = default;

std::string TlsContext::fingerprint() const {
    return fingerprint_of(*contexts_.front());
}

// ---- of a server --------------------------------------------------------------------------------

Result<void> TlsContext::configure_server(SSL_CTX& context, const ServerTls& settings) {
    configure(context, settings.oldest);
    // Sessions are kept by clients, in tickets, and cost us nothing.
    SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
    constexpr std::array<unsigned char, 8> name = {'l', 'o', 'n', 'g', 'w', 'i', 'r', 'e'};
    SSL_CTX_set_session_id_context(&context, name.data(), name.size());
    SSL_CTX_set_alpn_select_cb(&context, choose_protocol, nullptr);
    SSL_CTX_set_tlsext_servername_callback(&context, choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(&context, this);
    if (settings.client_certificates == ClientCertificates::none) return {};
    if (auto used = use_roots(context, settings.client_roots_file); !used) return used;
    // The names tell clients with several certificates which one to show.
    SSL_CTX_set_client_CA_list(&context,
                               SSL_load_client_CA_file(settings.client_roots_file.c_str()));
    const bool needed = settings.client_certificates == ClientCertificates::needed;
    SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | (needed ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       TlsChannel::judge_certificate);
    return {};
}

Result<std::shared_ptr<TlsContext>> TlsContext::for_server(const ServerTls& settings,
                                                           const std::string& host,
                                                           const TlsContext* previous) {
    if (settings.certificates.empty() != settings.self_signed)
        return failure(ErrorCode::invalid_argument,
                       "TLS needs a certificate: name its file and its key's, or have a "
                       "self-signed one made, but not both");
    // A certificate that is made in memory stays what clients have been told to trust.
    std::shared_ptr<TlsContext> made(new TlsContext());
    const std::size_t count = std::max<std::size_t>(settings.certificates.size(), 1);
    for (std::size_t index = 0; index < count; ++index) {
        Handle context(SSL_CTX_new(TLS_server_method()));
        if (!context) return Failure(no_context());
        if (auto configured = made->configure_server(*context, settings); !configured)
            return Failure(std::move(configured.error()));
        auto used = settings.self_signed ? use_self_signed(*context, host)
                                         : use_certificate(*context, settings.certificates[index]);
        if (!used) return Failure(std::move(used.error()));
        made->contexts_.push_back(std::move(context));
    }
    if (previous != nullptr) {
        std::array<unsigned char, 256> keys = {};
        SSL_CTX* const before = previous->contexts_.front().get();
        const auto size = SSL_CTX_get_tlsext_ticket_keys(before, nullptr, 0);
        if (size > 0 && std::cmp_less_equal(size, keys.size()) &&
            SSL_CTX_get_tlsext_ticket_keys(before, keys.data(), static_cast<int>(size)) == 1)
            SSL_CTX_set_tlsext_ticket_keys(made->contexts_.front().get(), keys.data(),
                                           static_cast<int>(size));
        OPENSSL_cleanse(keys.data(), keys.size());
    }
    return made;
}

int TlsContext::choose_certificate(SSL* connection, int* /*alert*/, void* self) {
    const char* const name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
    const auto& contexts = static_cast<const TlsContext*>(self)->contexts_;
    if (name == nullptr || contexts.size() < 2) return SSL_TLSEXT_ERR_OK;
    for (const Handle& context : contexts) {
        if (!is_for(*context, name)) continue;
        SSL_set_SSL_CTX(connection, context.get());
        break;
    }
    return SSL_TLSEXT_ERR_OK;
}

// ---- of clients ---------------------------------------------------------------------------------

namespace {

/// What changes when the file does.
std::string identity_of(std::string_view file) {
    struct stat status = {};
    if (file.empty() || ::stat(std::string(file).c_str(), &status) != 0) return std::string(file);
    return std::string(file) + '\n' + std::to_string(status.st_ino) + ' ' +
           std::to_string(status.st_size) + ' ' + std::to_string(status.st_mtim.tv_sec) + '.' +
           std::to_string(status.st_mtim.tv_nsec);
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::for_client(const ClientTls& settings) {
    // Reading the system's roots takes milliseconds, and they are the same for everyone.
    static std::mutex mutex;
    // The one that was used last stands last.
    using Known = std::pair<std::string, std::shared_ptr<TlsContext>>;
    static std::vector<Known> known;
    const std::string key =
        identity_of(settings.roots_file) + '\0' + identity_of(settings.certificate_file) + '\0' +
        identity_of(settings.key_file) + '\0' + (settings.verify ? '1' : '0') +
        (settings.oldest == TlsVersion::tls_1_3 ? '3' : '2') + std::string(settings.pinned_keys);
    const std::scoped_lock lock(mutex);
    if (const auto found = std::ranges::find(known, key, &Known::first); found != known.end()) {
        std::rotate(found, found + 1, known.end());
        return known.back().second;
    }
    auto made = make_client(settings);
    if (!made) return made;
    if (known.size() >= most_clients) known.erase(known.begin());
    known.emplace_back(key, *made);
    return made;
}

Result<std::shared_ptr<TlsContext>> TlsContext::make_client(const ClientTls& settings) {
    if (settings.certificate_file.empty() != settings.key_file.empty())
        return failure(ErrorCode::invalid_argument,
                       "a client certificate needs both files, the certificate's and its key's");
    auto pins = PinnedKeys::parse(settings.pinned_keys);
    if (!pins) return Failure(std::move(pins.error()));
    std::shared_ptr<TlsContext> made(new TlsContext());
    made->pinned_keys_ = std::move(*pins);
    Handle context(SSL_CTX_new(TLS_client_method()));
    if (!context) return Failure(no_context());
    configure(*context, settings.oldest);
    SSL_CTX_set_alpn_protos(context.get(), http_1_1.data(), http_1_1.size());
    SSL_CTX_set_session_cache_mode(context.get(),
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context.get(), keep_session);
    SSL_CTX_set_client_cert_cb(context.get(), TlsChannel::miss_certificate);
    SSL_CTX_set_verify(context.get(), settings.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                       settings.verify ? TlsChannel::judge_certificate : nullptr);
    if (!settings.roots_file.empty()) {
        if (auto used = use_roots(*context, std::string(settings.roots_file)); !used)
            return Failure(std::move(used.error()));
    } else if (settings.verify) {
        SSL_CTX_set_default_verify_paths(context.get());
    }
    if (!settings.certificate_file.empty()) {
        auto used =
            use_certificate(*context, {.certificate_file = std::string(settings.certificate_file),
                                       .key_file = std::string(settings.key_file)});
        if (!used) return Failure(std::move(used.error()));
    }
    made->contexts_.push_back(std::move(context));
    return made;
}

int TlsContext::keep_session(SSL* connection, SSL_SESSION* session) {
    const auto* const channel = static_cast<const TlsChannel*>(SSL_get_app_data(connection));
    TlsContext& context = *channel->context_;
    const std::scoped_lock lock(context.sessions_mutex_);
    auto& sessions = context.sessions_;
    if (sessions.size() >= most_sessions) sessions.erase(sessions.begin());
    sessions.insert_or_assign(channel->server_, Session(session));
    return 1;  // the session is ours now
}

TlsContext::Session TlsContext::take_session(const std::string& server) {
    const std::scoped_lock lock(sessions_mutex_);
    const auto found = sessions_.find(server);
    if (found == sessions_.end()) return {};
    // Used twice, the connections could be told to be one client's (RFC 8446, appendix C.4).
    Session session = std::move(found->second);
    sessions_.erase(found);
    return session;
}

}  // namespace longwire::net
