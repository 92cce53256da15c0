#include "http/media_type.hpp"

#include <gtest/gtest.h>

namespace longwire::http {
namespace {

TEST(MediaType, by_extension) {
    EXPECT_EQ(media_type_of("/index.html"), "text/html; charset=utf-8");
    EXPECT_EQ(media_type_of("a.b/STYLE.CSS"), "text/css; charset=utf-8");
    EXPECT_EQ(media_type_of("x.min.js"), "text/javascript; charset=utf-8");
    EXPECT_EQ(media_type_of("x.mjs"), "text/javascript; charset=utf-8");
    EXPECT_EQ(media_type_of("x.json"), "application/json");
    EXPECT_EQ(media_type_of("x.svg"), "image/svg+xml; charset=utf-8");
    EXPECT_EQ(media_type_of("x.woff2"), "font/woff2");
    EXPECT_EQ(media_type_of("x.wasm"), "application/wasm");
    EXPECT_EQ(media_type_of("x.webmanifest"), "application/manifest+json");
}

TEST(MediaType, each_extension_of_the_web_is_known) {
    for (const std::string_view name :
         {"x.html", "x.css",  "x.js",  "x.mjs",  "x.json", "x.svg",  "x.png",
          "x.jpg",  "x.jpeg", "x.gif", "x.webp", "x.avif", "x.ico",  "x.woff2",
          "x.woff", "x.txt",  "x.md",  "x.xml",  "x.map",  "x.wasm", "x.webmanifest",
          "x.pdf",  "x.mp3",  "x.mp4", "x.webm", "x.csv"})
        EXPECT_NE(media_type_of(name), "application/octet-stream") << name;
}

TEST(MediaType, all_else_is_bytes) {
    for (const std::string_view name : {"", "x", "x.", "html", "x.htmlx", "a.html/x", "x.html/"})
        EXPECT_EQ(media_type_of(name), "application/octet-stream") << name;
}

}  // namespace
}  // namespace longwire::http
