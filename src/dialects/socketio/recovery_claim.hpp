#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace longwire::dialects::socketio {

/// What a client that comes back says of itself, beside its `auth`: connection state recovery.
struct RecoveryClaim {
    std::string key;
    std::optional<std::string> offset;  // the last event that it has seen
};

/// Nothing where `auth` claims nothing.
[[nodiscard]] std::optional<RecoveryClaim> read_recovery_claim(std::string_view auth);

}  // namespace longwire::dialects::socketio
