#pragma once

#include <memory>
#include <string>
#include <utility>

namespace longwire::http {

/// Why a message is not taken.
struct Fault {
    int status = 400;   ///< What a server answers it with.
    std::string words;  ///< One clause without a full stop; holds nothing that the peer sent.
};

/// One that most never have: until then it takes the room of a pointer.
class RareFault {
public:
    RareFault& operator=(Fault fault) {
        fault_ = std::make_unique<const Fault>(std::move(fault));
        return *this;
    }

    [[nodiscard]] const Fault& get() const noexcept {
        static const Fault none;
        return fault_ ? *fault_ : none;
    }

private:
    std::unique_ptr<const Fault> fault_;
};

}  // namespace longwire::http
