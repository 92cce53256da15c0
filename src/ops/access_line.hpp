#pragma once

#include <longwire/access_record.hpp>

#include <chrono>
#include <string>

namespace longwire::ops {

/// A line of an access log, without its end, as the combined log format has it (the page's origin
/// for the referrer), and behind that what else there is, as key=value. What came from a client
/// cannot end the line, leave its quotation marks, or move a terminal's cursor.
[[nodiscard]] std::string access_text(const AccessRecord& record,
                                      std::chrono::system_clock::time_point ended);
/// The same as a JSON object, in ASCII.
[[nodiscard]] std::string access_json(const AccessRecord& record,
                                      std::chrono::system_clock::time_point ended);

}  // namespace longwire::ops
