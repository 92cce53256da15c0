#pragma once

#include "dialects/admission.hpp"
#include "dialects/gate.hpp"

#include <longwire/http_reply.hpp>
#include <longwire/request.hpp>
#include <longwire/response.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace longwire::dialects::raw {

/// Whoever sent an HTTP request about a channel, and waits for the answer.
struct Asker {
    HttpReply reply;
    Visitor visitor;
    std::string channel;
    std::string origin;    // of the page that may read the answer; empty where it is no other's
    std::size_t loop = 0;  // theirs

    /// Lets the page that asks read it (WHATWG Fetch, section 3.2).
    [[nodiscard]] Response readable(Response response) const {
        // (Also where there is none: with one it would be another answer.)
        response.with("Vary", "Origin");
        if (origin.empty()) return response;
        return std::move(response.with("Access-Control-Allow-Origin", origin)
                             .with("Access-Control-Expose-Headers", "Retry-After"));
    }
    void answer(Response response) const { reply.send(readable(std::move(response))); }
    void refuse(int status, std::string_view reason) const {
        answer(Response::text(status, reason));
    }
    void refuse(const Verdict& verdict) const { answer(refusal_of(verdict)); }
};

}  // namespace longwire::dialects::raw
