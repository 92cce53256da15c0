// A client that wants to see one key, with a server of either version of TLS.
#include "certificates.hpp"
#include "net/pinned_keys.hpp"
#include "net/tls_channel.hpp"
#include "net/tls_context.hpp"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace longwire::net {
namespace {

const std::string other_pin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// A server that OpenSSL alone makes, so that its version of TLS can be chosen.
class PlainServer {
public:
    PlainServer(const TlsCertificate& certificate, int version, const std::string& client_roots)
        : context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free) {
        SSL_CTX_set_min_proto_version(context_.get(), version);
        SSL_CTX_set_max_proto_version(context_.get(), version);
        const char* const chain = certificate.certificate_file.c_str();
        EXPECT_EQ(SSL_CTX_use_certificate_chain_file(context_.get(), chain), 1);
        EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context_.get(), certificate.key_file.c_str(),
                                              SSL_FILETYPE_PEM),
                  1);
        constexpr std::array<unsigned char, 4> name = {'t', 'e', 's', 't'};
        SSL_CTX_set_session_id_context(context_.get(), name.data(), name.size());
        if (client_roots.empty()) return;
        SSL_CTX_load_verify_locations(context_.get(), client_roots.c_str(), nullptr);
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    }

    void accept() {
        connection_.reset(SSL_new(context_.get()));
        SSL_set_bio(connection_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_accept_state(connection_.get());
    }

    /// Takes what the client has sent, and gives what it answers.
    std::vector<std::byte> answer(std::span<const std::byte> bytes) {
        BIO_write(SSL_get_rbio(connection_.get()), bytes.data(), static_cast<int>(bytes.size()));
        std::array<char, 16> plain = {};
        if (SSL_do_handshake(connection_.get()) == 1)
            (void)SSL_read(connection_.get(), plain.data(), plain.size());
        std::vector<std::byte> sealed(BIO_ctrl_pending(SSL_get_wbio(connection_.get())));
        BIO_read(SSL_get_wbio(connection_.get()), sealed.data(), static_cast<int>(sealed.size()));
        return sealed;
    }

    [[nodiscard]] bool established() const { return SSL_is_init_finished(connection_.get()) == 1; }
    [[nodiscard]] bool saw_a_client_certificate() const {
        return SSL_get0_peer_certificate(connection_.get()) != nullptr;
    }

private:
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
    std::unique_ptr<SSL, decltype(&SSL_free)> connection_{nullptr, &SSL_free};
};

class TlsPin : public testing::TestWithParam<int> {
protected:
    void SetUp() override {
        settings.roots_file = certificates.root_file();
        present("server");
    }

    /// From now on the server shows another certificate, with another key.
    void present(const std::string& name) {
        const auto certificate = certificates.issue(name);
        server = std::make_unique<PlainServer>(certificate, GetParam(), certificates.root_file());
        const std::unique_ptr<BIO, decltype(&BIO_free)> file(
            BIO_new_file(certificate.certificate_file.c_str(), "r"), &BIO_free);
        const std::unique_ptr<X509, decltype(&X509_free)> read(
            PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr), &X509_free);
        pin = pin_of(*read);
    }

    void connect(const std::string& pins) {
        settings.pinned_keys = pins;
        const auto context = TlsContext::for_client(settings);
        ASSERT_TRUE(context) << context.error().message();
        client = *TlsChannel::connect(*context, "localhost", 443);
        server->accept();
        std::vector<std::byte> sealed;
        client->start(sealed);
        while (!sealed.empty()) {
            const auto answered = server->answer(std::exchange(sealed, {}));
            if (answered.empty()) break;
            std::vector<std::byte> buffer(TlsChannel::record_room + answered.size());
            std::memcpy(buffer.data() + TlsChannel::record_room, answered.data(), answered.size());
            (void)client->open(std::span(buffer).subspan(TlsChannel::record_room), buffer, sealed);
        }
    }

    void expect_rejection() const {
        EXPECT_FALSE(client->established());
        ASSERT_NE(client->failure(), nullptr);
        EXPECT_EQ(client->failure()->code(), ErrorCode::certificate_rejected);
        EXPECT_NE(client->failure()->message().find("it is " + pin), std::string::npos)
            << client->failure()->message();
        std::vector<std::byte> sealed;
        EXPECT_FALSE(client->seal(std::as_bytes(std::span("secret")), sealed));
        client->end(sealed);
        EXPECT_TRUE(sealed.empty());
    }

    Certificates certificates;
    ClientTls settings;
    std::unique_ptr<PlainServer> server;
    std::unique_ptr<TlsChannel> client;
    std::string pin;
};

INSTANTIATE_TEST_SUITE_P(Versions, TlsPin, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& tested) {
                             return tested.param == TLS1_2_VERSION ? std::string("Tls12")
                                                                   : std::string("Tls13");
                         });

TEST_P(TlsPin, LetsTheKeyInThatIsPinned) {
    for (const std::string& pins : {pin, other_pin + ";" + pin, pin + ";" + other_pin}) {
        connect(pins);
        EXPECT_TRUE(client->established()) << pins;
        EXPECT_EQ(client->failure(), nullptr) << pins;
    }
}

TEST_P(TlsPin, RejectsAnyOther) {
    connect(other_pin);
    expect_rejection();
    connect(other_pin + ";" + other_pin);
    expect_rejection();
}

TEST_P(TlsPin, RejectsAnyOtherAlsoWhereNothingIsVerified) {
    settings.roots_file = {};
    settings.verify = false;
    connect(other_pin);
    expect_rejection();
    connect(pin);
    EXPECT_TRUE(client->established());
}

// With TLS 1.2 the server speaks last: nothing can be kept from it.
class TlsPinOf13 : public TlsPin {};

INSTANTIATE_TEST_SUITE_P(Versions, TlsPinOf13, testing::Values(TLS1_3_VERSION));

TEST_P(TlsPinOf13, AWrongKeyIsToldNothing) {
    const auto own = certificates.issue("client");
    settings.certificate_file = own.certificate_file;
    settings.key_file = own.key_file;
    connect(pin);
    EXPECT_TRUE(server->established());
    EXPECT_TRUE(server->saw_a_client_certificate());
    connect(other_pin);
    expect_rejection();
    EXPECT_FALSE(server->established());
    EXPECT_FALSE(server->saw_a_client_certificate());
}

TEST_P(TlsPin, JudgesAResumedSessionByTheKeyItBeganWith) {
    connect(pin);
    EXPECT_FALSE(client->resumed());
    connect(pin);
    EXPECT_TRUE(client->resumed());
    EXPECT_TRUE(client->established());
    // The rejected handshake may have brought a session; it is rejected just the same.
    for (int count = 0; count < 3; ++count) {
        connect(other_pin);
        expect_rejection();
    }
}

TEST_P(TlsPin, SharesNoSessionWithClientsOfOtherPins) {
    connect("");
    connect(other_pin + ";" + pin);
    EXPECT_FALSE(client->resumed());
    connect(pin);
    EXPECT_FALSE(client->resumed());
    connect("");
    EXPECT_TRUE(client->resumed());
    connect(pin);
    EXPECT_TRUE(client->resumed());
}

TEST_P(TlsPin, RejectsTheNewKeyOfAServerThatWasKnown) {
    connect(pin);
    const std::string old_pin = pin;
    present("renewed");
    ASSERT_NE(pin, old_pin);
    connect(old_pin);
    expect_rejection();
    connect(old_pin + ";" + pin);
    EXPECT_TRUE(client->established());
}

}  // namespace
}  // namespace longwire::net
