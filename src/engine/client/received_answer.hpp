#pragma once

#include "http/response_parser.hpp"

#include <longwire/header_field.hpp>
#include <longwire/http_answer.hpp>

#include <memory>

namespace longwire::engine {

/// The answer that a client got in place of what it had asked for, as a program sees it.
[[nodiscard]] inline std::shared_ptr<HttpAnswer> received_answer(const http::ResponseParser& parser,
                                                                 bool body_is_cut) {
    auto answer = std::make_shared<HttpAnswer>();
    answer->status = parser.status();
    answer->status_line = parser.status_line();
    for (const HeaderField& field : parser.fields())
        answer->fields.emplace_back(field.name, field.value);
    answer->body = parser.body();
    answer->body_is_cut = body_is_cut;
    return answer;
}

}  // namespace longwire::engine
