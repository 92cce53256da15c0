#include "http/basic_credentials.hpp"

#include "http/base64.hpp"

namespace longwire::http {

std::string basic_credentials(std::string_view user, std::string_view password) {
    return "Basic " + to_base64(std::string(user) + ":" + std::string(password));
}

}  // namespace longwire::http
