// A client that wants to see one key, and no other.
#include "certificates.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

namespace longwire {
namespace {

/// What another program makes of the key in a certificate's file.
std::string pin_by_openssl(const std::string& file) {
    const std::string command = "openssl x509 -noout -pubkey -in " + file +
                                " | openssl pkey -pubin -outform der"
                                " | openssl dgst -sha256 -binary | openssl base64";
    FILE* const pipe = ::popen(command.c_str(), "r");
    std::array<char, 100> line = {};
    EXPECT_NE(std::fgets(line.data(), line.size(), pipe), nullptr);
    ::pclose(pipe);
    std::string pin = "sha256//" + std::string(line.data());
    pin.pop_back();
    return pin;
}

Task<> try_key(std::string url, ClientTls tls, std::string& outcome, ErrorCode& code) {
    ConnectOptions options;
    options.tls = tls;
    const auto socket = co_await connect(url, options);
    outcome = socket ? "open" : socket.error().message();
    if (!socket) code = socket.error().code();
}

class PinnedKey : public testing::Test {
protected:
    void SetUp() override {
        server_certificate_ = certificates_.issue("server");
        running_.server.websocket("/", echo_handlers());
        ListenOptions options;
        ServerTls tls;
        tls.certificates = {server_certificate_};
        options.tls = tls;
        running_.start(options);
        pin_ = pin_by_openssl(server_certificate_.certificate_file);
    }

    std::string outcome_with(const std::string& pins, bool verify = true) {
        ClientTls tls;
        const std::string roots = certificates_.root_file();
        tls.roots_file = roots;
        tls.verify = verify;
        tls.pinned_keys = pins;
        std::string outcome;
        EXPECT_EQ(run(try_key("wss://localhost:" + std::to_string(running_.port) + "/", tls,
                              outcome, code_)),
                  0);
        return outcome;
    }

    Certificates certificates_;
    TlsCertificate server_certificate_;
    RunningServer running_;
    std::string pin_;
    ErrorCode code_ = ErrorCode::system;
};

const std::string other_pin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

TEST_F(PinnedKey, OpensTheConnectionIfItIsTheServers) {
    EXPECT_EQ(outcome_with(pin_), "open");
    EXPECT_EQ(outcome_with(other_pin + ";" + pin_), "open");
    // The session is resumed now, and the key is judged all the same.
    EXPECT_EQ(outcome_with(pin_), "open");
}

TEST_F(PinnedKey, RejectsAnyOtherAndShowsIt) {
    for (int count = 0; count < 3; ++count) {
        const std::string outcome = outcome_with(other_pin);
        EXPECT_EQ(code_, ErrorCode::certificate_rejected) << outcome;
        EXPECT_NE(outcome.find("it is " + pin_), std::string::npos) << outcome;
    }
    // What was learnt without a pin does not let it in either.
    EXPECT_EQ(outcome_with(""), "open");
    EXPECT_NE(outcome_with(other_pin), "open");
}

TEST_F(PinnedKey, CountsAlsoWhereNothingElseIsVerified) {
    EXPECT_EQ(outcome_with(pin_, false), "open");
    EXPECT_NE(outcome_with(other_pin, false), "open");
    EXPECT_EQ(code_, ErrorCode::certificate_rejected);
}

TEST_F(PinnedKey, ComesBesideAllOtherChecks) {
    ClientTls tls;
    tls.pinned_keys = pin_;  // and no root to trust
    std::string outcome;
    EXPECT_EQ(
        run(try_key("wss://localhost:" + std::to_string(running_.port) + "/", tls, outcome, code_)),
        0);
    EXPECT_NE(outcome, "open");
    EXPECT_EQ(code_, ErrorCode::certificate_rejected);
}

TEST_F(PinnedKey, HasToBeWrittenAsOne) {
    for (const std::string pins : {"x", "sha256//", "sha1//AAAA", ";", "sha256//AAAA=",
                                   "sha256//!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                                   "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=",
                                   "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
        EXPECT_NE(outcome_with(pins).find("is not the pin of a key"), std::string::npos) << pins;
        EXPECT_EQ(code_, ErrorCode::invalid_argument);
    }
}

}  // namespace
}  // namespace longwire
