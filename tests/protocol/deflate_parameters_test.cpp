// How permessage-deflate is agreed on (RFC 7692, section 7.1).
#include "protocol/deflate_parameters.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace longwire::protocol {
namespace {

/// The server's response to an offer; "declined", or "malformed" where it breaks the grammar.
std::string response_to(std::string_view offers, const DeflateWishes& wishes) {
    const std::vector<HeaderField> fields = {{"Sec-WebSocket-Extensions", offers}};
    const auto extensions = parse_extensions(fields);
    if (!extensions) return "malformed";
    const auto agreed = choose_deflate(*extensions, wishes);
    return agreed ? agreed->response : "declined";
}

constexpr DeflateWishes dedicated = {.no_context_takeover = false};
constexpr DeflateWishes shared = {.no_context_takeover = true};

TEST(DeflateParameters, AreToldAsAServersAnswerSaysThem) {
    EXPECT_EQ(words_of({}), "permessage-deflate");
    EXPECT_EQ(words_of({.server_no_context_takeover = true,
                        .client_no_context_takeover = true,
                        .server_max_window_bits = 9,
                        .client_max_window_bits = 10}),
              "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
              "server_max_window_bits=9; client_max_window_bits=10");
}

TEST(DeflateParameters, EveryLegalOfferIsAnswered) {
    const std::string name = "permessage-deflate";
    EXPECT_EQ(response_to(name, dedicated), name);
    EXPECT_EQ(response_to("Permessage-Deflate", dedicated), name);
    EXPECT_EQ(response_to(name, shared),
              name + "; server_no_context_takeover; client_no_context_takeover");
    for (const std::string flag : {"server_no_context_takeover", "client_no_context_takeover"})
        EXPECT_EQ(response_to(name + "; " + flag, dedicated), name + "; " + flag);
    EXPECT_EQ(response_to(name + ";client_max_window_bits", dedicated), name);
    for (int bits = 8; bits <= 15; ++bits) {
        const std::string number = std::to_string(bits);
        EXPECT_EQ(response_to(name + "; server_max_window_bits=" + number, dedicated),
                  name + "; server_max_window_bits=" + number);
        EXPECT_EQ(response_to(name + "; server_max_window_bits=\"" + number + "\"", dedicated),
                  name + "; server_max_window_bits=" + number);
        EXPECT_EQ(response_to(name + "; client_max_window_bits=" + number, dedicated),
                  bits == 15 ? name : name + "; client_max_window_bits=" + number);
    }
    constexpr DeflateWishes small = {.no_context_takeover = false, .max_window_bits = 10};
    EXPECT_EQ(response_to(name, small), name + "; server_max_window_bits=10");
    EXPECT_EQ(response_to(name + "; client_max_window_bits", small),
              name + "; server_max_window_bits=10; client_max_window_bits=10");
}

TEST(DeflateParameters, AnIllegalOfferIsPassedOverForTheNext) {
    const std::string name = "permessage-deflate";
    for (const char* const illegal :
         {"unknown", "server_no_context_takeover=1", "server_max_window_bits",
          "server_max_window_bits=7", "server_max_window_bits=16", "server_max_window_bits=08",
          "server_max_window_bits=x", "client_max_window_bits=7", "client_max_window_bits=010",
          "server_no_context_takeover; server_no_context_takeover",
          "server_max_window_bits=9; server_max_window_bits=9",
          "client_max_window_bits; client_max_window_bits=10"}) {
        EXPECT_EQ(response_to(name + "; " + illegal, dedicated), "declined") << illegal;
        EXPECT_EQ(response_to(name + "; " + illegal + ", " + name, dedicated), name) << illegal;
    }
    EXPECT_EQ(response_to("x-webkit-deflate-frame, other; a=b, " + name, dedicated), name);
    EXPECT_EQ(response_to("", dedicated), "declined");
}

TEST(DeflateParameters, WhatBreaksTheGrammarIsMalformed) {
    for (const char* const broken : {"permessage-deflate;", "permessage-deflate; =1", "a b",
                                     "a; b=", "a; b=\"c", "a; b=\"c d\"", "a; b=\"\\", ";", "a=b"})
        EXPECT_EQ(response_to(broken, dedicated), "malformed") << broken;
    EXPECT_EQ(response_to(", ,permessage-deflate,", dedicated), "permessage-deflate");
}

std::string judged(std::string_view answer) {
    const std::vector<HeaderField> fields = {{"Sec-WebSocket-Extensions", answer}};
    const auto agreed = judge_deflate(*parse_extensions(fields));
    if (!agreed) return agreed.error();
    if (!*agreed) return "none";
    return std::to_string((*agreed)->server_max_window_bits) + " " +
           std::to_string((*agreed)->client_max_window_bits) +
           ((*agreed)->server_no_context_takeover ? " s" : "") +
           ((*agreed)->client_no_context_takeover ? " c" : "");
}

TEST(DeflateParameters, AClientJudgesTheAnswer) {
    EXPECT_EQ(judged(""), "none");
    EXPECT_EQ(judged("permessage-deflate"), "15 15");
    EXPECT_EQ(judged("permessage-deflate; server_no_context_takeover; client_no_context_takeover;"
                     "server_max_window_bits=8; client_max_window_bits=9"),
              "8 9 s c");
    for (const char* const wrong :
         {"other", "permessage-deflate, permessage-deflate", "permessage-deflate; unknown",
          "permessage-deflate; client_max_window_bits",
          "permessage-deflate; server_max_window_bits",
          "permessage-deflate; server_max_window_bits=16"})
        EXPECT_NE(judged(wrong).find("the server"), std::string::npos) << wrong;
}

TEST(DeflateParameters, ServersAcceptWhatClientsOffer) {
    for (const DeflateWishes& wishes : {dedicated, shared}) {
        const std::string response = response_to(offer_deflate(wishes), wishes);
        EXPECT_NE(response, "declined");
        EXPECT_EQ(judged(response).find("the server"), std::string::npos) << response;
    }
}

}  // namespace
}  // namespace longwire::protocol
