#pragma once

#include "certificates.hpp"
#include "net/tls_channel.hpp"
#include "net/tls_context.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::net {

/// One end, with what it has opened so far and what it has still to send.
struct End {
    std::unique_ptr<TlsChannel> channel;
    std::vector<std::byte> outgoing;
    std::string opened;
    TlsChannel::Status status = TlsChannel::Status::proceed;

    void take(std::span<const std::byte> bytes) {
        // As a stream does: the plain text goes to the front of the buffer that was received into.
        std::vector<std::byte> buffer(TlsChannel::record_room + bytes.size());
        std::memcpy(buffer.data() + TlsChannel::record_room, bytes.data(), bytes.size());
        const auto result =
            channel->open(std::span(buffer).subspan(TlsChannel::record_room), buffer, outgoing);
        opened.append(reinterpret_cast<const char*>(buffer.data()), result.size);
        status = result.status;
    }

    void seal(std::string_view text) {
        EXPECT_TRUE(channel->seal(std::as_bytes(std::span(text)), outgoing));
    }
};

/// Both ends of a TLS connection, joined in memory.
class TlsEnds : public testing::Test {
protected:
    void SetUp() override {
        server_settings.certificates = {certificates.issue("server")};
        make_server();
        client_settings.roots_file = certificates.root_file();
        make_client("localhost");
    }

    void make_server() {
        auto context = TlsContext::for_server(server_settings, "");
        ASSERT_TRUE(context) << context.error().message();
        server_context = *context;
    }

    void make_client(const std::string& host) {
        const auto context = TlsContext::for_client(client_settings);
        ASSERT_TRUE(context) << context.error().message();
        server = {};
        client = {};
        server.channel = *TlsChannel::accept(server_context);
        client.channel = *TlsChannel::connect(*context, host, 443);
    }

    /// Carries bytes to and fro, `piece` at a time, until there are none.
    void join(std::size_t piece = 1 << 20) {
        if (!std::exchange(started, true)) client.channel->start(client.outgoing);
        while (!client.outgoing.empty() || !server.outgoing.empty()) {
            carry(client, server, piece);
            carry(server, client, piece);
        }
    }

    static void carry(End& from, End& to, std::size_t piece) {
        const auto bytes = std::exchange(from.outgoing, {});
        for (std::size_t done = 0; done < bytes.size(); done += piece)
            to.take(std::span(bytes).subspan(done, std::min(piece, bytes.size() - done)));
    }

    void reconnect(const std::string& host = "localhost") {
        started = false;
        make_client(host);
        join();
    }

    Certificates certificates;
    ServerTls server_settings;
    ClientTls client_settings;
    std::shared_ptr<TlsContext> server_context;
    End server;
    End client;
    bool started = false;
};

}  // namespace longwire::net
