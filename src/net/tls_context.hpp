#pragma once

#include "net/pinned_keys.hpp"

#include <longwire/result.hpp>
#include <longwire/tls.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;
struct ssl_session_st;

namespace longwire::net {

/// What the TLS connections of one listening address, or of clients with the same settings, have in
/// common: certificates, trusted roots, sessions to resume. Any thread.
class TlsContext {
public:
    /// `host` is for a self-signed certificate. Sessions of `previous`, if given, can be resumed.
    /// Errors: invalid_argument, certificate_unusable, system.
    [[nodiscard]] static Result<std::shared_ptr<TlsContext>> for_server(
        const ServerTls& settings, const std::string& host, const TlsContext* previous = nullptr);
    /// The same one again for the same settings, unless the files have changed. Errors as above.
    [[nodiscard]] static Result<std::shared_ptr<TlsContext>> for_client(const ClientTls& settings);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    /// The SHA-256 of the first certificate: "AB:CD:…".
    [[nodiscard]] std::string fingerprint() const;

private:
    friend class TlsChannel;
    struct Free {
        void operator()(ssl_ctx_st* context) const noexcept;
        void operator()(ssl_session_st* session) const noexcept;
    };
    using Handle = std::unique_ptr<ssl_ctx_st, Free>;
    using Session = std::unique_ptr<ssl_session_st, Free>;

    TlsContext() = default;
    [[nodiscard]] Result<void> configure_server(ssl_ctx_st& context, const ServerTls& settings);
    [[nodiscard]] static Result<std::shared_ptr<TlsContext>> make_client(const ClientTls& settings);
    static int choose_certificate(ssl_st* connection, int* alert, void* self);
    static int keep_session(ssl_st* connection, ssl_session_st* session);
    [[nodiscard]] Session take_session(const std::string& server);

    std::vector<Handle> contexts_;  // one a certificate; the first is the usual one
    PinnedKeys pinned_keys_;        // a client's

    std::mutex sessions_mutex_;
    std::unordered_map<std::string, Session> sessions_;  // a client's, by host and port
};

}  // namespace longwire::net
