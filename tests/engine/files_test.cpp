// The files of a folder, over real sockets.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace longwire {
namespace {

class FilesOfAFolder : public testing::Test {
protected:
    void SetUp() override {
        const std::filesystem::path base =
            std::filesystem::path(testing::TempDir()) /
            ("longwire-files-" + std::to_string(::getpid()) + "-" +
             testing::UnitTest::GetInstance()->current_test_info()->name());
        root = base / "public";
        std::filesystem::create_directories(root / "folder");
        write(root / "index.html", "<!doctype html>");
        write(root / "style.css", "body {}");
        write(root / "folder/index.html", "in the folder");
        write(root / ".hidden", "secret");
        write(base / "outside.txt", "secret");
        std::filesystem::create_symlink("../outside.txt", root / "link.txt");
        std::filesystem::create_symlink("style.css", root / "inside.css");
        running.server.files("/", root.string());
        running.start();
    }
    void TearDown() override { std::filesystem::remove_all(root.parent_path()); }

    static void write(const std::filesystem::path& path, std::string_view content) {
        std::ofstream(path) << content;
    }

    std::string ask(const std::string& target, const std::string& fields = "",
                    const std::string& method = "GET") const {
        RawClient client(running.port);
        client.send(method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n");
        client.shut();
        return client.read_all();
    }

    static std::string field(const std::string& answer, const std::string& name) {
        const std::size_t start = answer.find(name + ": ");
        if (start == std::string::npos) return "";
        const std::size_t value = start + name.size() + 2;
        return answer.substr(value, answer.find("\r\n", value) - value);
    }

    std::filesystem::path root;
    RunningServer running;
};

TEST_F(FilesOfAFolder, AWrongPathIs404ForEveryMethod) {
    for (const char* const method : {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
        for (const char* const target : {"/nothing", "/folder/nothing", "/.hidden", "/link.txt"})
            EXPECT_TRUE(ask(target, "", method).starts_with("HTTP/1.1 404 ")) << method << target;
    for (const char* const target : {"/", "/style.css", "/folder", "/folder/"}) {
        const std::string answer = ask(target, "", "POST");
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 405 ")) << target << answer;
        EXPECT_EQ(field(answer, "Allow"), "GET, HEAD");
    }
}

TEST_F(FilesOfAFolder, HaveTheirTypes) {
    EXPECT_EQ(field(ask("/"), "Content-Type"), "text/html; charset=utf-8");
    EXPECT_TRUE(ask("/").ends_with("<!doctype html>"));
    EXPECT_EQ(field(ask("/style.css"), "Content-Type"), "text/css; charset=utf-8");
    EXPECT_TRUE(ask("/inside.css").ends_with("body {}"));
}

TEST_F(FilesOfAFolder, AreNotSentAgainUnchanged) {
    const std::string tag = field(ask("/style.css"), "ETag");
    ASSERT_NE(tag, "");
    const std::string unchanged = ask("/style.css", "If-None-Match: " + tag + "\r\n");
    EXPECT_TRUE(unchanged.starts_with("HTTP/1.1 304 ")) << unchanged;
    EXPECT_TRUE(unchanged.ends_with("\r\n\r\n")) << unchanged;
    EXPECT_EQ(field(unchanged, "ETag"), tag);
    write(root / "style.css", "body { color: red }");
    const std::string changed = ask("/style.css", "If-None-Match: " + tag + "\r\n");
    EXPECT_TRUE(changed.ends_with("body { color: red }")) << changed;
    const std::string since = field(changed, "Last-Modified");
    EXPECT_TRUE(
        ask("/style.css", "If-Modified-Since: " + since + "\r\n").starts_with("HTTP/1.1 304 "));
}

TEST_F(FilesOfAFolder, HeadSendsNoContent) {
    const std::string head = ask("/style.css", "", "HEAD");
    EXPECT_EQ(field(head, "Content-Length"), "7");
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST_F(FilesOfAFolder, AFolderIsItsIndexAndHasASlash) {
    EXPECT_TRUE(ask("/folder/").ends_with("in the folder"));
    const std::string moved = ask("/folder");
    EXPECT_TRUE(moved.starts_with("HTTP/1.1 301 ")) << moved;
    EXPECT_EQ(field(moved, "Location"), "/folder/");
}

TEST_F(FilesOfAFolder, NothingOutsideCanBeReached) {
    for (const char* const target :
         {"/../outside.txt", "/%2e%2e/outside.txt", "/folder/../../outside.txt",
          "/..%2foutside.txt", "/..%5coutside.txt", "/link.txt", "/.hidden", "/folder/../.hidden",
          "/%2ehidden", "//outside.txt", "/./style.css", "/style.css/", "/nothing",
          "/folder%00/index.html"}) {
        const std::string answer = ask(target);
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 404 ") || answer.starts_with("HTTP/1.1 400 "))
            << target << "\n"
            << answer;
        EXPECT_EQ(answer.find("secret"), std::string::npos) << target;
    }
}

}  // namespace
}  // namespace longwire
