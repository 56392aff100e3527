// Expectations by libcurl's manual, "Environment variables" and CURLOPT_NOPROXY.
#include "cli/client/proxy_settings.h"

#include <doctest/doctest.h>

#include <map>

namespace mkt {
namespace {

ProxyChoice choose(const std::string& origin, std::map<std::string, std::string> variables) {
  return proxy_for(origin, [&](const char* name) { return variables[name]; });
}

TEST_CASE("each scheme has its variable, and all_proxy stands in for it") {
  CHECK(choose("https://a.example", {}).proxy.empty());
  CHECK(choose("https://a.example", {{"https_proxy", "p:1"}}).proxy == "p:1");
  CHECK(choose("https://a.example", {{"HTTPS_PROXY", "p:1"}}).variable == "HTTPS_PROXY");
  CHECK(choose("https://a.example", {{"http_proxy", "p:1"}}).proxy.empty());
  CHECK(choose("http://a.example", {{"http_proxy", "p:1"}}).proxy == "p:1");
  CHECK(choose("http://a.example", {{"ALL_PROXY", "p:2"}}).proxy == "p:2");
  CHECK(choose("https://a.example", {{"https_proxy", "p:1"}, {"all_proxy", "p:2"}}).proxy == "p:1");
}

TEST_CASE("http_proxy is read in lower case only, as a CGI program's HTTP_PROXY is a header") {
  const ProxyChoice choice = choose("http://a.example", {{"HTTP_PROXY", "p:1"}});
  CHECK_FALSE(choice.is_used());
  CHECK(choice.problem.find("HTTP_PROXY has no effect") != std::string::npos);
  CHECK(choose("https://a.example", {{"HTTP_PROXY", "p:1"}}).problem.empty());
}

TEST_CASE("no_proxy has names with everything below them, addresses, ranges and *") {
  const auto is_used = [](const std::string& origin, const std::string& list) {
    return choose(origin, {{"http_proxy", "p:1"}, {"no_proxy", list}}).is_used();
  };
  CHECK_FALSE(is_used("http://acme.example:8080", "acme.example"));
  CHECK_FALSE(is_used("http://a.acme.example", "x.example, .ACME.example"));
  CHECK_FALSE(is_used("http://a.example", "*"));
  CHECK_FALSE(is_used("http://10.1.2.3:80", "10.0.0.0/8"));
  CHECK_FALSE(is_used("http://[fd00::1]:80", "fd00::1"));
  CHECK(is_used("http://notacme.example", "acme.example"));
  CHECK(is_used("http://acme.example", "a.acme.example"));
  CHECK(is_used("http://11.1.2.3", "10.0.0.0/8"));
  CHECK(is_used("http://a.example", ""));
}

TEST_CASE("this machine is never reached through a proxy") {
  const ProxyChoice choice = choose("http://127.0.0.1:3456", {{"http_proxy", "p:1"}});
  CHECK_FALSE(choice.is_used());
  CHECK(choice.bypass == "127.0.0.1 is this machine");
}

TEST_CASE("a proxy is shown without its password") {
  CHECK(choose("http://a.example", {{"http_proxy", "http://me:s@cret@p:1"}}).proxy == "http://p:1");
  CHECK(choose("http://a.example", {{"http_proxy", "me:secret@p:1"}}).proxy == "p:1");
}

TEST_CASE("a kind of proxy that libcurl does not know is a problem") {
  CHECK_FALSE(choose("http://a.example", {{"http_proxy", "ftp://p:1"}}).problem.empty());
  CHECK(choose("http://a.example", {{"http_proxy", "socks5h://p:1"}}).problem.empty());
}

}  // namespace
}  // namespace mkt
