// Fetching from a registry of npm, by real HTTP on loopback.
#include "cli/import/npm_client.h"

#include <doctest/doctest.h>

#include "cli/import/integrity.h"
#include "common/base/files.h"
#include "tests/unit/client/fake_registry.h"

namespace mkt {
namespace {

struct NpmFixture {
  FakeRegistry registry;
  std::string base = registry.settings().registry;
  NpmClient client{NpmConfig{base, ""}, std::chrono::seconds(20)};
  NpmPackage package{"@acme/tickets", "latest"};
  std::string integrity =
      "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/"
      "uu9RU1EI2Q86A4qmslPpUyknw==";

  void serve(const std::string& url) {
    registry.answer("/@acme%2ftickets",
                    fmt::format(R"({{"dist-tags": {{"latest": "1.4.0"}}, "versions": {{"1.4.0": {{
                      "name": "@acme/tickets", "version": "1.4.0",
                      "dist": {{"tarball": "{}", "integrity": "{}"}}}}}}}})",
                                url, integrity));
    registry.answer("/tickets.tgz", "abc");
  }
  // What the file is, or the word of the error.
  std::string fetched() {
    const auto release = client.find(package);
    if (!release) return std::string(error_code_name(release.error().code));
    const auto file = nameless_file("/tmp", 0600);
    const auto is = client.download(package, *release, file->get(), {});
    return is ? *is : std::string(error_code_name(is.error().code));
  }
};

TEST_CASE_FIXTURE(NpmFixture, "a package is fetched as npm fetches it, without a token") {
  serve(base + "/tickets.tgz");
  CHECK(fetched() == integrity);
  CHECK(registry.asked() == std::vector<std::string>{"/@acme%2ftickets", "/tickets.tgz"});
  CHECK(registry.headers("Authorization") == std::vector<std::string>{"", ""});
  CHECK(registry.headers("Accept")[0].starts_with("application/vnd.npm.install-v1+json"));
}

TEST_CASE_FIXTURE(NpmFixture, "a tarball with another digest is refused") {
  serve(base + "/tickets.tgz");
  registry.answer("/tickets.tgz", "abd");
  CHECK(fetched() == "checksum_mismatch");
}

TEST_CASE_FIXTURE(NpmFixture,
                  "a registry that has no such package, wants a token or is busy says so") {
  CHECK(fetched() == "not_found");
  registry.trouble({401});
  CHECK(fetched() == "unauthorized");
  registry.trouble({403});
  CHECK(fetched() == "unauthorized");
  registry.trouble({429});
  CHECK(fetched() == "rate_limited");
  registry.trouble({302});
  CHECK(fetched() == "registry_unavailable");
}

TEST_CASE_FIXTURE(NpmFixture, "a tarball is fetched from no other place than https or here") {
  for (const char* url : {"http://acme.example/x.tgz", "file:///etc/passwd", "ftp://acme.example/x",
                          "https://me:secret@acme.example/x", "x.tgz", "https://acme.example/ x"}) {
    CAPTURE(std::string(url));
    serve(url);
    CHECK(fetched() == "registry_unavailable");
  }
  CHECK(registry.asked().back() == "/@acme%2ftickets");
}

TEST_CASE_FIXTURE(NpmFixture, "what is no document of a package is refused") {
  registry.answer("/@acme%2ftickets", "<html>");
  CHECK(fetched() == "invalid_json");
  registry.answer("/@acme%2ftickets", "[]");
  CHECK(fetched() == "invalid_input");
}

}  // namespace
}  // namespace mkt
