#pragma once

#include <longwire/request.hpp>
#include <longwire/response.hpp>
#include <longwire/server.hpp>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::engine {

/// Whether the page that sends this, if one does, may use what is here: by the rule of the
/// WebSocket handshake (WebSocketOptions::origins).
[[nodiscard]] bool origin_allowed(const Request& request, std::span<const std::string> allowed);

/// Whether pages of other origins may send cookies, and read the answer all the same: where those
/// that may use what is here are listed one by one.
[[nodiscard]] bool cookies_allowed(std::span<const std::string> allowed);

/// Whether a page that was let in may read the answer. One of another origin that sends cookies
/// where they are not allowed may not: its browser keeps the answer back, but not the request.
[[nodiscard]] bool answer_readable(const Request& request, std::span<const std::string> allowed);

/// Lets pages of `origin` read `answer` (WHATWG Fetch, section 3.2); empty: it is no page's.
void make_readable(Response& answer, std::string_view origin, bool with_cookies);

class CrossOrigin {
public:
    /// Gives the allowed origins, by what follows a path; null where nobody knows. Any loop.
    using OriginsOf =
        std::function<std::shared_ptr<const std::vector<std::string>>(std::string_view rest)>;
    /// The same for what the engine itself answers below `path` (405, 413, 500 and the like).
    static void share(Server& server, std::string_view path, OriginsOf origins_of);
};

/// Whether `bytes` may be sent as text.
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

}  // namespace longwire::engine
