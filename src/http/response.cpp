#include <longwire/response.hpp>

namespace longwire {

Response Response::text(int status, std::string_view line) {
    Response response;
    response.status = status;
    response.body = line;
    if (!line.ends_with('\n')) response.body.push_back('\n');
    response.with("Content-Type", "text/plain; charset=utf-8");
    return response;
}

Response Response::json(int status, std::string body) {
    Response response;
    response.status = status;
    response.body = std::move(body);
    response.with("Content-Type", "application/json");
    return response;
}

}  // namespace longwire
