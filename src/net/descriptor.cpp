#include "net/descriptor.hpp"

#include <unistd.h>

#include <system_error>

namespace longwire::net {

void Descriptor::reset() noexcept {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
}

std::string describe_errno(int number) {
    return std::generic_category().message(number);
}

Error system_error(ErrorCode code, std::string_view what, int number) {
    std::string message(what);
    message += ": ";
    message += describe_errno(number);
    return Error(code, std::move(message));
}

}  // namespace longwire::net
