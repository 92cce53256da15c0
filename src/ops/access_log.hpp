#pragma once

#include "ops/exposition.hpp"
#include "ops/log.hpp"

#include <longwire/access_record.hpp>
#include <longwire/result.hpp>

#include <memory>
#include <string>

namespace longwire::ops {

/// Writes a line for each record, by a thread of its own. What does not fit, since that cannot keep
/// up or the disk is full, is counted, and the log is told of it.
class AccessLog {
public:
    /// To a file, to which it appends, or to "-", standard output. On an error (invalid_argument)
    /// it could not be opened.
    [[nodiscard]] static Result<std::unique_ptr<AccessLog>> open(const std::string& file,
                                                                 LogFormat format);
    /// As `end`.
    ~AccessLog();
    AccessLog(const AccessLog&) = delete;
    AccessLog& operator=(const AccessLog&) = delete;

    /// Any thread.
    void write(const AccessRecord& record);

    /// Opens the file by its name again: whoever keeps logs may have put the old one aside. On an
    /// error lines go where they went. Any thread.
    [[nodiscard]] Result<void> reopen();

    /// Writes what still waits; afterwards records go nowhere. Once nobody writes.
    void end();

    void describe(Exposition& exposition) const;

private:
    struct Writing;
    explicit AccessLog(std::unique_ptr<Writing> writing);

    std::unique_ptr<Writing> writing_;
};

}  // namespace longwire::ops
