// What the engine says of a request, beside what came with it.
#include "http/request_builder.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace longwire {
namespace {

TEST(RequestAccess, SaysWhoSentItAndOverWhat) {
    Request request;
    EXPECT_FALSE(request.secure());
    EXPECT_EQ(request.peer(), "");
    RequestAccess::set_peer(request, "192.0.2.7:54321");
    RequestAccess::set_secure(request, "CN=alice,O=Example");
    EXPECT_EQ(request.peer(), "192.0.2.7:54321");
    EXPECT_TRUE(request.secure());
    EXPECT_EQ(request.client_certificate(), "CN=alice,O=Example");
}

TEST(RequestAccess, SaysWhoseItIsBehindAProxy) {
    Request request;
    RequestAccess::set_peer(request, "[2001:db8::1]:54321");
    RequestAccess::set_secure(request, {});
    EXPECT_EQ(request.client_address(), "2001:db8::1");
    RequestAccess::set_client(request, "192.0.2.7");
    RequestAccess::set_secure_at_proxy(request, false);
    EXPECT_EQ(request.peer(), "[2001:db8::1]:54321");
    EXPECT_EQ(request.client_address(), "192.0.2.7");
    EXPECT_FALSE(request.secure());
}

TEST(RequestAccess, ViewsSurviveAMove) {
    Request request;
    RequestAccess::set_peer(request, "unix");
    RequestAccess::set_parameters(request, {{"name", "value"}});
    RequestAccess::set_body(request, {'b', 'o', 'd', 'y'});
    const std::string_view peer = request.peer();
    const std::string_view body = request.body();
    const std::string_view parameter = request.parameter("name");
    const Request moved = std::move(request);
    EXPECT_EQ(moved.peer().data(), peer.data());
    EXPECT_EQ(moved.body().data(), body.data());
    EXPECT_EQ(moved.parameter("name").data(), parameter.data());
    EXPECT_EQ(moved.parameter("other"), "");
}

}  // namespace
}  // namespace longwire
