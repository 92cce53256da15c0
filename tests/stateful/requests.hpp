#pragma once

#include "frames.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::stateful {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// A request of HTTP. With a body, or as a POST, it says how long that is.
[[nodiscard]] std::string request(std::string_view method, std::string_view target,
                                  const Fields& fields = {}, std::string_view body = {});
/// The handshake of a WebSocket.
[[nodiscard]] std::string upgrade(std::string_view target, const Fields& fields = {});

/// `bytes` with a few of them turned, cut, put in, or sent twice.
[[nodiscard]] std::string mutated(Chance& chance, std::string bytes);

/// One of a few that are easily handled wrongly.
[[nodiscard]] std::string odd_body(Chance& chance);

/// Percent-encodes what may not stand in a query.
[[nodiscard]] std::string in_query(std::string_view text);

/// What follows `"name":"` in a JSON text, up to the next quote; nothing where it is not there.
[[nodiscard]] std::string text_of(std::string_view json, std::string_view name);

}  // namespace longwire::stateful
