#pragma once

#include <longwire/error.hpp>
#include <longwire/result.hpp>

#include <cstddef>
#include <span>
#include <string>

namespace longwire::net {

/// What is said to somebody in between, over a connection that he then passes on to whoever was
/// asked for. Does no I/O: a Tunnel carries it.
class Dialogue {
public:
    struct Progress {
        std::string answer = {};  ///< What to send next; may be empty.
        bool done = false;        ///< The way is open: what follows is for the server.
        bool refused = false;     ///< It stays closed; what comes now only tells more of why.
    };

    Dialogue() = default;
    Dialogue(const Dialogue&) = delete;
    Dialogue& operator=(const Dialogue&) = delete;
    virtual ~Dialogue() = default;

    /// What the client says first.
    [[nodiscard]] virtual std::string begin() = 0;
    /// Takes what came, all of it: what follows the last answer is an error, since whoever is
    /// behind it does not speak first. Errors: proxy_failed.
    [[nodiscard]] virtual Result<Progress> receive(std::span<const std::byte> bytes) = 0;
    /// What is to be said when the other side has ended the connection.
    [[nodiscard]] virtual Error ended() const = 0;
    /// What is to be said of a refusal whose end is not waited for any longer.
    [[nodiscard]] virtual Error cut_off() const { return ended(); }
};

}  // namespace longwire::net
