#include <longwire/response.hpp>

#include <cstddef>

namespace longwire {

namespace {

// Most get one or two more.
constexpr std::size_t expected_fields = 3;

}  // namespace

Response Response::text(int status, std::string_view line) {
    Response response;
    response.status = status;
    response.body = line;
    if (!line.ends_with('\n')) response.body.push_back('\n');
    response.headers.reserve(expected_fields);
    response.with("Content-Type", "text/plain; charset=utf-8");
    return response;
}

Response Response::json(int status, std::string body) {
    Response response;
    response.status = status;
    response.body = std::move(body);
    response.headers.reserve(expected_fields);
    response.with("Content-Type", "application/json");
    return response;
}

}  // namespace longwire
