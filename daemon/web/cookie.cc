#include "daemon/web/cookie.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

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

std::string_view cookie_named(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const std::string_view one = trim(cookies.substr(0, cookies.find(';')));
    cookies.remove_prefix(std::min(cookies.find(';'), cookies.size() - 1) + 1);
    const std::size_t equals = one.find('=');
    if (equals != std::string_view::npos && one.substr(0, equals) == name) {
      return one.substr(equals + 1);
    }
  }
  return {};
}

// The session's: its name and its value.
std::pair<std::string_view, std::string_view> find_cookie(const RequestHead& head) {
  for (const std::string_view name : {kHostName, kPlainName}) {
    for (const auto& [field, cookies] : head.headers) {
      if (field != "cookie") continue;
      const std::string_view value = cookie_named(cookies, name);
      if (!value.empty()) return {name, value};
    }
  }
  return {kPlainName, {}};
}

constexpr std::int64_t kLongestSeconds = std::chrono::seconds(Sessions::kLongest).count();

}  // namespace

std::string_view session_cookie(const RequestHead& head) { return find_cookie(head).second; }

std::string set_session_cookie(const RequestHead& head, std::string_view value) {
  return set_cookie(came_by_https(head) ? kHostName : kPlainName, value, kLongestSeconds);
}

std::array<std::string, 2> cleared_session_cookies() {
  return {set_cookie(kHostName, "", 0), set_cookie(kPlainName, "", 0)};
}

std::string renewed_session_cookie(const RequestHead& head, std::string_view value) {
  return set_cookie(find_cookie(head).first, value, kLongestSeconds);
}

}  // namespace mkt
