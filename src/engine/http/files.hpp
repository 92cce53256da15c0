#pragma once

#include "net/descriptor.hpp"

#include <longwire/request.hpp>
#include <longwire/response.hpp>

#include <mutex>
#include <string>
#include <string_view>

namespace longwire::engine {

/// Answers requests with the files of one folder.
class Files {
public:
    /// `folder` is opened when the first file is asked for, and again if that failed.
    explicit Files(std::string folder);

    /// The file at `path` (decoded, below the folder) as a response to `request`: 200, 304 or 404.
    [[nodiscard]] Response respond(const Request& request, std::string_view path);
    /// Whether there is something at `path`.
    [[nodiscard]] bool hold(std::string_view path);

private:
    [[nodiscard]] net::Descriptor open(std::string_view path);

    std::string folder_;
    std::mutex mutex_;  // of the descriptor, which all loops use
    net::Descriptor folder_descriptor_;
};

}  // namespace longwire::engine
