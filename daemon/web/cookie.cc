#include "daemon/web/cookie.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "common/base/text.h"
#include "daemon/service/sessions.h"

namespace mkt {
namespace {

constexpr std::string_view kPlainName = "mkt-session";
constexpr std::string_view kHostName = "__Host-mkt-session";

// A proxy may speak https and mktd http. Then the browser itself says how it came: with a form it
// sends the origin of the form's page, which was compared with the host before.
bool came_by_https(const RequestHead& head) {
  return head.came_by_tls || lower_case(head.header("origin")).starts_with("https://");
}

std::string set_cookie(std::string_view name, std::string_view value, std::int64_t seconds) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}", name, value, seconds,
                     name == kHostName ? "; Secure" : "");
}

// What a browser sends of ours; more are somebody's play.
constexpr std::size_t kMostCookies = 4;

void find_cookies(std::string_view cookies, std::string_view name,
                  std::vector<SessionCookie>& found) {
  while (!cookies.empty() && found.size() < kMostCookies) {
    const std::string_view one = trim(cookies.substr(0, cookies.find(';')));
    cookies.remove_prefix(std::min(cookies.find(';'), cookies.size() - 1) + 1);
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos || one.substr(0, equals) != name) continue;
    if (const std::string_view value = one.substr(equals + 1); !value.empty()) {
      found.push_back({name, value});
    }
  }
}

constexpr std::int64_t kLongestSeconds = std::chrono::seconds(Sessions::kLongest).count();

}  // namespace

std::vector<SessionCookie> session_cookies(const RequestHead& head) {
  std::vector<SessionCookie> found;
  for (const std::string_view name : {kHostName, kPlainName}) {
    for (const auto& [field, cookies] : head.headers) {
      if (field == "cookie") find_cookies(cookies, name, found);
    }
  }
  return found;
}

std::array<std::string, 2> set_session_cookies(const RequestHead& head, std::string_view value) {
  const bool https = came_by_https(head);
  return {set_cookie(https ? kHostName : kPlainName, value, kLongestSeconds),
          set_cookie(https ? kPlainName : kHostName, "", 0)};
}

std::array<std::string, 2> cleared_session_cookies() {
  return {set_cookie(kHostName, "", 0), set_cookie(kPlainName, "", 0)};
}

std::string renewed_session_cookie(std::string_view name, std::string_view value) {
  return set_cookie(name, value, kLongestSeconds);
}

}  // namespace mkt
