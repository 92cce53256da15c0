#pragma once

#include "http/message_head.hpp"
#include "http/request_target.hpp"

#include <longwire/request.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire {

/// Fills a Request: the parser from what came, the engine with what it knows besides.
class RequestAccess {
public:
    /// `message` and `target` are views of `head`, which the Request takes over.
    [[nodiscard]] static Request make(std::vector<char> head, http::MessageHead message,
                                      const http::RequestTarget& target) {
        Request request;
        const auto slice_of = [&](std::string_view part) {
            return part.empty()
                       ? Request::Slice{}
                       : Request::Slice{static_cast<std::uint32_t>(part.data() - head.data()),
                                        static_cast<std::uint32_t>(part.size())};
        };
        request.method_ = slice_of(message.method);
        request.target_ = slice_of(target.path_and_query);
        request.query_ = slice_of(target.query);
        request.path_ = slice_of(target.sent_path);
        request.decoded_path_.assign(target.decoded_path.begin(), target.decoded_path.end());
        request.fields_ = std::move(message.fields);
        request.minor_version_ = message.minor_version;
        request.head_ = std::move(head);
        return request;
    }

    /// What `parameter(name)` gives from now on: pairs of name and value.
    static void set_parameters(Request& request,
                               std::vector<std::pair<std::string, std::string>> parameters) {
        request.parameters_ = std::move(parameters);
    }

    static void set_peer(Request& request, std::shared_ptr<const std::string> peer) {
        request.peer_ = std::move(peer);
    }
    static void set_peer(Request& request, std::string_view peer) {
        request.peer_ = std::make_shared<const std::string>(peer);
    }

    /// What a proxy says: not who the peer is.
    static void set_client(Request& request, std::string_view address) {
        request.client_address_.assign(address.begin(), address.end());
    }
    static void set_secure_at_proxy(Request& request, bool secure) { request.secure_ = secure; }

    static void set_secure(Request& request, std::string_view client_certificate) {
        request.secure_ = true;
        request.client_certificate_.assign(client_certificate.begin(), client_certificate.end());
    }

    static void set_body(Request& request, std::vector<char> body) {
        request.body_ = std::move(body);
    }
};

namespace http {
using RequestBuilder = RequestAccess;
}  // namespace http

}  // namespace longwire
