// The two ends of a TLS connection, joined in memory.
#include "net/tls_channel.hpp"

#include "tls_ends.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace longwire::net {
namespace {

class TlsChannelTest : public TlsEnds {};

TEST_F(TlsChannelTest, CarriesWhatIsSealedHoweverItIsSplit) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20}) {
        started = false;
        make_client("localhost");
        join(piece);
        ASSERT_TRUE(client.channel->established());
        ASSERT_TRUE(server.channel->established());
        const std::string text(100'000, 'x');
        client.seal(text);
        server.seal("hello");
        join(piece);
        EXPECT_EQ(server.opened, text);
        EXPECT_EQ(client.opened, "hello");
    }
}

TEST_F(TlsChannelTest, SaysWhenThePeerHasEnded) {
    join();
    client.seal("last words");
    client.channel->end(client.outgoing);
    join();
    EXPECT_EQ(server.opened, "last words");
    EXPECT_EQ(server.status, TlsChannel::Status::ended);
}

TEST_F(TlsChannelTest, ResumesASession) {
    join();
    EXPECT_FALSE(client.channel->resumed());
    reconnect();
    EXPECT_TRUE(client.channel->resumed());
    EXPECT_TRUE(server.channel->resumed());
}

TEST_F(TlsChannelTest, DoesNotResumeTheSessionOfAnotherServer) {
    join();
    reconnect("127.0.0.1");
    EXPECT_TRUE(client.channel->established());
    EXPECT_FALSE(client.channel->resumed());
}

TEST_F(TlsChannelTest, ResumesASessionAfterTheCertificateWasRenewed) {
    join();
    server_settings.certificates = {certificates.issue("renewed")};
    server_context = *TlsContext::for_server(server_settings, "", server_context.get());
    reconnect();
    EXPECT_TRUE(client.channel->resumed());
}

TEST_F(TlsChannelTest, DoesNotResumeAtAServerThatStartedAnew) {
    join();
    make_server();
    reconnect();
    EXPECT_TRUE(client.channel->established());
    EXPECT_FALSE(client.channel->resumed());
}

TEST_F(TlsChannelTest, ShowsTheCertificateOfTheNameThatWasAskedFor) {
    server_settings.certificates = {
        certificates.issue("a", {.names = "DNS:a.example"}),
        certificates.issue("b", {.names = "DNS:b.example,DNS:*.b.example"})};
    make_server();
    // Each client checks the name, so it can only be content with the right one.
    for (const std::string host : {"a.example", "b.example", "www.b.example"}) {
        reconnect(host);
        EXPECT_TRUE(client.channel->established()) << host;
    }
    reconnect("c.example");
    ASSERT_NE(client.channel->failure(), nullptr);
    EXPECT_NE(client.channel->failure()->message().find("DNS:a.example"), std::string::npos)
        << client.channel->failure()->message();
}

TEST_F(TlsChannelTest, SpeaksOnlyTheVersionsThatAreWanted) {
    server_settings.oldest = TlsVersion::tls_1_3;
    make_server();
    reconnect();
    EXPECT_TRUE(client.channel->established());
}

TEST_F(TlsChannelTest, KnowsTheClientByItsVerifiedCertificate) {
    const auto alice = certificates.issue(
        "alice", {.names = "email:alice@example.org", .common_name = "Алиса, of Example"});
    server_settings.client_certificates = ClientCertificates::needed;
    server_settings.client_roots_file = certificates.root_file();
    make_server();
    client_settings.certificate_file = alice.certificate_file;
    client_settings.key_file = alice.key_file;
    reconnect();
    EXPECT_EQ(server.channel->peer_subject(), "CN=Алиса\\, of Example");
    reconnect();
    EXPECT_TRUE(server.channel->resumed());
    EXPECT_EQ(server.channel->peer_subject(), "CN=Алиса\\, of Example");
}

TEST_F(TlsChannelTest, RefusesAClientWithoutTheCertificateThatIsNeeded) {
    server_settings.client_certificates = ClientCertificates::needed;
    server_settings.client_roots_file = certificates.root_file();
    make_server();
    reconnect();
    ASSERT_NE(server.channel->failure(), nullptr);
    EXPECT_EQ(server.channel->failure()->message(),
              "the client showed no certificate, and one is needed here");
    ASSERT_NE(client.channel->failure(), nullptr);
    EXPECT_EQ(client.channel->failure()->code(), ErrorCode::tls_failed);
}

TEST_F(TlsChannelTest, RefusesAClientWhoseCertificateNobodyKnows) {
    const auto mallory = certificates.issue("mallory", {.self_signed = true});
    server_settings.client_certificates = ClientCertificates::asked;
    server_settings.client_roots_file = certificates.root_file();
    make_server();
    reconnect();
    EXPECT_TRUE(server.channel->established());
    EXPECT_EQ(server.channel->peer_subject(), "");
    client_settings.certificate_file = mallory.certificate_file;
    client_settings.key_file = mallory.key_file;
    reconnect();
    ASSERT_NE(server.channel->failure(), nullptr);
    EXPECT_EQ(server.channel->failure()->code(), ErrorCode::certificate_rejected);
    EXPECT_EQ(client.channel->failure()->message(), "the peer does not trust our certificate");
}

TEST_F(TlsChannelTest, TheSettingsThatAreInUseAreNotMadeAnew) {
    const auto context = *TlsContext::for_client(client_settings);
    for (int other = 0; other < 100; ++other) {
        std::string pin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        pin[8] = static_cast<char>('A' + other / 26);
        pin[9] = static_cast<char>('A' + other % 26);
        ClientTls others = client_settings;
        others.pinned_keys = pin;
        ASSERT_TRUE(TlsContext::for_client(others));
        ASSERT_EQ(*TlsContext::for_client(client_settings), context) << other;
    }
}

struct Rejection {
    const char* name;
    Certificates::Wanted wanted;
    const char* words;
};

class Rejected : public TlsChannelTest, public testing::WithParamInterface<Rejection> {};

TEST_P(Rejected, IsPutIntoWords) {
    server_settings.certificates = {certificates.issue("bad", GetParam().wanted)};
    make_server();
    reconnect();
    ASSERT_NE(client.channel->failure(), nullptr);
    EXPECT_EQ(client.channel->failure()->code(), ErrorCode::certificate_rejected);
    EXPECT_NE(client.channel->failure()->message().find(GetParam().words), std::string::npos)
        << client.channel->failure()->message();
    EXPECT_FALSE(client.channel->established());
    // Whoever does not verify is let through.
    client_settings.verify = false;
    reconnect();
    EXPECT_TRUE(client.channel->established());
}

INSTANTIATE_TEST_SUITE_P(
    TlsChannelTest, Rejected,
    testing::Values(Rejection{"expired",
                              {.valid_from_days = -10, .valid_to_days = -1},
                              "its certificate expired on "},
                    Rejection{"early", {.valid_from_days = 2}, "is this machine's clock right?"},
                    Rejection{"other_host",
                              {.names = "DNS:example.org,DNS:www.example.org"},
                              "is for DNS:example.org, DNS:www.example.org, and not for localhost"},
                    Rejection{
                        "self_signed", {.self_signed = true}, "its certificate is self-signed"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(TlsChannelTest, NamesTheIssuerThatIsNotTrusted) {
    const Certificates others("Other Root");
    client_settings.roots_file = others.root_file();
    reconnect();
    ASSERT_NE(client.channel->failure(), nullptr);
    EXPECT_NE(client.channel->failure()->message().find("issued by CN = Test Root"),
              std::string::npos)
        << client.channel->failure()->message();
}

TEST_F(TlsChannelTest, ASelfSignedCertificateCanBeTrustedAsItIs) {
    const auto own = certificates.issue("own", {.self_signed = true});
    server_settings.certificates = {own};
    make_server();
    client_settings.roots_file = own.certificate_file;
    reconnect();
    EXPECT_TRUE(client.channel->established());
}

TEST_F(TlsChannelTest, SaysThatAPeerDoesNotSpeakTls) {
    client.channel->start(client.outgoing);
    const std::string_view answer = "HTTP/1.1 400 Bad Request\r\n\r\n";
    client.take(std::as_bytes(std::span(answer)));
    EXPECT_EQ(client.status, TlsChannel::Status::failed);
    EXPECT_NE(client.channel->failure()->message().find("does not speak TLS on this port"),
              std::string::npos);
}

TEST_F(TlsChannelTest, FailsOnAnAlteredRecord) {
    join();
    client.seal("what was meant");
    client.outgoing.back() ^= std::byte{1};
    join();
    EXPECT_EQ(server.status, TlsChannel::Status::failed);
    EXPECT_EQ(server.opened, "");
    EXPECT_FALSE(server.channel->seal({}, server.outgoing));
}

// ---- files --------------------------------------------------------------------------------------

class TlsFiles : public TlsChannelTest {
protected:
    std::string error_of(const TlsCertificate& files) {
        server_settings.certificates = {files};
        const auto context = TlsContext::for_server(server_settings, "");
        if (context) return "none";
        EXPECT_EQ(context.error().code(), ErrorCode::certificate_unusable);
        return context.error().message();
    }
};

TEST_F(TlsFiles, AreNamedWhenTheyCannotBeUsed) {
    const auto good = certificates.issue("good");
    const auto other = certificates.issue("other");
    const std::string nothing = certificates.file("nothing.pem");
    EXPECT_EQ(error_of({nothing, good.key_file}),
              "cannot use the certificate " + nothing + ": No such file or directory");
    EXPECT_EQ(error_of({good.certificate_file, nothing}),
              "cannot use the private key " + nothing + ": No such file or directory");
    EXPECT_EQ(error_of({good.certificate_file, other.key_file}),
              "cannot use the private key " + other.key_file +
                  ": it does not belong to the certificate " + good.certificate_file);
    EXPECT_EQ(error_of({good.key_file, good.key_file}),
              "cannot use the certificate " + good.key_file +
                  ": it holds none in PEM form (-----BEGIN …-----)");
    const std::string empty = certificates.write("empty.pem", "");
    EXPECT_EQ(error_of({good.certificate_file, empty}),
              "cannot use the private key " + empty +
                  ": it holds none that can be read, in PEM form (-----BEGIN PRIVATE KEY-----)");
    EXPECT_EQ(error_of(good), "none");
}

TEST_F(TlsFiles, ACertificateIsNeededAndOnlyOneKindOfIt) {
    ServerTls none;
    EXPECT_EQ(TlsContext::for_server(none, "").error().code(), ErrorCode::invalid_argument);
    server_settings.self_signed = true;
    EXPECT_EQ(TlsContext::for_server(server_settings, "").error().code(),
              ErrorCode::invalid_argument);
}

TEST_F(TlsFiles, AClientReadsItsRootsAgainOnceTheyHaveChanged) {
    const Certificates others;
    const std::string roots = certificates.file("roots.pem");
    std::filesystem::copy_file(others.root_file(), roots);
    client_settings.roots_file = roots;
    reconnect();
    EXPECT_FALSE(client.channel->established());
    std::filesystem::remove(roots);
    std::filesystem::copy_file(certificates.root_file(), roots);
    reconnect();
    EXPECT_TRUE(client.channel->established());
}

}  // namespace
}  // namespace longwire::net
