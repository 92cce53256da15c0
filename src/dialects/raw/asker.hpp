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

/// How an HTTP request about a channel is answered.
struct Answering {
    HttpReply reply;
    std::string origin;         // of the page that may read the answer; empty where it is none's
    bool with_cookies = false;  // the page may send them

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

/// Whoever sent one, and waits for the answer.
struct Asker : Answering {
    Visitor visitor;
    std::string channel;
    std::size_t loop = 0;    // theirs
    bool head_only = false;  // they ask for no body (HEAD), and so for nothing that goes on

    [[nodiscard]] const Answering& answering() const noexcept { return *this; }
};

}  // namespace longwire::dialects::raw
