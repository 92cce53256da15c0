#include "engine/http/files.hpp"

#include "engine/log.hpp"
#include "http/date.hpp"
#include "http/entity_tag.hpp"
#include "http/media_type.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>

namespace longwire::engine {

namespace {

// A response is kept in memory until the client has taken it.
constexpr off_t largest_file = off_t{16} * 1024 * 1024;

/// Whether a path may be looked up at all: no hidden names, no way up.
bool is_servable(std::string_view path) noexcept {
    if (path.find('\0') != std::string_view::npos || path.find('\\') != std::string_view::npos)
        return false;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/'), path.size());
        if (path.starts_with('.')) return false;  // also "." and ".."
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return true;
}

net::Descriptor open_below(int folder, const std::string& path) noexcept {
    // The kernel refuses whatever would leave the folder, symbolic links included.
    open_how how = {};
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    const auto opened = syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
    return net::Descriptor(static_cast<int>(opened));
}

std::string entity_tag_of(const struct stat& status) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto hexadecimal = [&](std::uint64_t number) {
        std::string text;
        for (; number != 0; number >>= 4) text.insert(text.begin(), digits[number & 15]);
        return text;
    };
    return "\"" + hexadecimal(static_cast<std::uint64_t>(status.st_mtim.tv_sec)) + "." +
           hexadecimal(static_cast<std::uint64_t>(status.st_mtim.tv_nsec)) + "-" +
           hexadecimal(static_cast<std::uint64_t>(status.st_size)) + "\"";
}

bool read_whole(int file, std::string& content) {
    std::size_t done = 0;
    while (done < content.size()) {
        const auto size = ::read(file, content.data() + done, content.size() - done);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return false;
        done += static_cast<std::size_t>(size);
    }
    return true;
}

bool is_unchanged(const Request& request, const std::string& tag, const struct stat& status) {
    // RFC 9110, section 13.2.2: If-Modified-Since counts only without If-None-Match.
    if (const auto tags = request.header("If-None-Match")) return http::if_none_match(*tags, tag);
    if (const auto since = request.header("If-Modified-Since"))
        if (const auto time = http::parse_imf_fixdate(*since))
            return status.st_mtim.tv_sec <= *time;
    return false;
}

/// Relative links in a folder's page need the slash at the end of its address.
Response folder_with_slash(const Request& request) {
    std::string location(request.target().substr(0, request.target().find('?')));
    while (location.starts_with("//")) location.erase(0, 1);  // "//x" would name a host
    location += '/';
    return Response::text(301, "This folder is at " + location).with("Location", location);
}

std::string name_of(std::string_view path) {
    std::string name(path);
    if (name.empty() || name.ends_with('/')) name += "index.html";
    return name;
}

Response not_found() {
    return Response::text(404, "There is nothing at this address.");
}

}  // namespace

Files::Files(std::string folder) : folder_(std::move(folder)) {}

net::Descriptor Files::open(std::string_view path) {
    const std::scoped_lock lock(mutex_);
    if (!folder_descriptor_)
        folder_descriptor_ =
            net::Descriptor(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder_descriptor_) {
        log(LogLevel::warning, "cannot open the folder " + folder_ +
                                   ", whose files are served: " + net::describe_errno(errno));
        return {};
    }
    return open_below(folder_descriptor_.get(), std::string(path));
}

bool Files::hold(std::string_view path) {
    if (!is_servable(path)) return false;
    const net::Descriptor file = open(name_of(path));
    struct stat status = {};
    return file && ::fstat(file.get(), &status) == 0 &&
           (S_ISDIR(status.st_mode) || S_ISREG(status.st_mode));
}

Response Files::respond(const Request& request, std::string_view path) {
    if (!is_servable(path)) return not_found();
    if (path.empty() && !request.path().ends_with('/')) return folder_with_slash(request);
    const std::string name = name_of(path);
    const net::Descriptor file = open(name);
    struct stat status = {};
    if (!file || ::fstat(file.get(), &status) != 0) return not_found();
    if (S_ISDIR(status.st_mode)) return folder_with_slash(request);
    if (!S_ISREG(status.st_mode)) return not_found();
    if (status.st_size > largest_file) {
        log(LogLevel::warning, "the file " + name + " is above 16 MiB and is not served");
        return Response::text(500, "This file is too large to be served here.");
    }

    Response response;
    const std::string tag = entity_tag_of(status);
    response.with("ETag", tag)
        .with("Last-Modified", http::format_imf_fixdate(status.st_mtim.tv_sec))
        .with("Cache-Control", "no-cache")
        .with("X-Content-Type-Options", "nosniff");
    if (is_unchanged(request, tag, status)) {
        response.status = 304;
        return response;
    }
    response.with("Content-Type", http::media_type_of(name));
    response.body.resize(static_cast<std::size_t>(status.st_size));
    if (!read_whole(file.get(), response.body)) {
        log(LogLevel::warning, "cannot read the file " + name + " of " + folder_);
        return Response::text(500, "This file cannot be read.");
    }
    return response;
}

}  // namespace longwire::engine
