#pragma once

#include "dialects/admission.hpp"
#include "dialects/gate.hpp"
#include "engine/http/cross_origin.hpp"

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
    std::string origin;         // of the page that may read the answer; empty where it is none's
    std::size_t loop = 0;       // theirs
    bool with_cookies = false;  // the page may send them
    bool head_only = false;     // they ask for no body (HEAD), and so for nothing that goes on

    /// Lets the page that asks read it.
    [[nodiscard]] Response readable(Response response) const {
        engine::make_readable(response, origin, with_cookies);
        return response;
    }
    void answer(Response response) const { reply.send(readable(std::move(response))); }
    void refuse(int status, std::string_view reason) const {
        answer(Response::text(status, reason));
    }
    void refuse(const Verdict& verdict) const { answer(refusal_of(verdict)); }
};

}  // namespace longwire::dialects::raw
