#pragma once

#include <longwire/tls.hpp>

#include <string>

struct evp_pkey_st;
struct x509_st;

namespace longwire {

/// A folder of certificates for one test, gone with it: a root of its own and what it has signed.
class Certificates {
public:
    explicit Certificates(const std::string& root_name = "Test Root");
    ~Certificates();
    Certificates(const Certificates&) = delete;
    Certificates& operator=(const Certificates&) = delete;

    struct Wanted {
        std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
        std::string common_name = "localhost";
        int valid_from_days = -1;
        int valid_to_days = 30;
        bool self_signed = false;
    };
    /// Writes NAME.pem and NAME.key.
    TlsCertificate issue(const std::string& name, const Wanted& wanted);
    TlsCertificate issue(const std::string& name) { return issue(name, Wanted()); }

    /// The root that everything but the self-signed leads to.
    [[nodiscard]] const std::string& root_file() const noexcept { return root_file_; }
    [[nodiscard]] std::string file(const std::string& name) const { return folder_ + "/" + name; }
    /// Writes `text` into a file of the folder and gives its path.
    std::string write(const std::string& name, const std::string& text) const;

private:
    std::string folder_;
    std::string root_file_;
    evp_pkey_st* root_key_;
    x509_st* root_;
};

}  // namespace longwire
