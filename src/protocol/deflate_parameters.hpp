#pragma once

#include "protocol/extension_list.hpp"

#include <expected>
#include <optional>
#include <span>
#include <string>

namespace longwire::protocol {

/// In bits: what DEFLATE may look back to (RFC 1951), and what is meant where nothing is said.
inline constexpr int largest_window = 15;

/// What both sides agreed on for permessage-deflate (RFC 7692, section 7.1).
struct DeflateParameters {
    bool server_no_context_takeover = false;
    bool client_no_context_takeover = false;
    int server_max_window_bits = largest_window;  ///< 8 to 15
    int client_max_window_bits = largest_window;  ///< 8 to 15
};

/// What was agreed on, as a server's answer says it; a window of 15 bits is not mentioned.
[[nodiscard]] std::string words_of(const DeflateParameters& agreed);

/// What an endpoint wants of permessage-deflate.
struct DeflateWishes {
    /// Neither side keeps its context between messages, so that one compressor serves a loop.
    bool no_context_takeover = true;
    int max_window_bits = largest_window;  ///< 9 to 15, for both directions where it may be said.
};

/// A server's choice: the first offer of permessage-deflate that it can agree to, and the response
/// for it. Nothing where there is none; offers with unknown or wrong parameters are passed over.
struct AgreedDeflate {
    DeflateParameters parameters;
    std::string response;
};
[[nodiscard]] std::optional<AgreedDeflate> choose_deflate(std::span<const Extension> offers,
                                                          const DeflateWishes& wishes);

/// What a client offers.
[[nodiscard]] std::string offer_deflate(const DeflateWishes& wishes);

/// Judges the extensions of a server's response to that offer: nothing where it took none, and
/// what is wrong where it agreed to something that was not offered.
[[nodiscard]] std::expected<std::optional<DeflateParameters>, std::string> judge_deflate(
    std::span<const Extension> answer);

}  // namespace longwire::protocol
