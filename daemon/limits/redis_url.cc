#include "daemon/limits/redis_url.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "common/base/url.h"

namespace mkt {
namespace {

constexpr int kMaxDatabases = 1'000'000;

template <typename Number>
bool read_number(std::string_view text, Number& into, Number most) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return !text.empty() && error == std::errc() && end == text.data() + text.size() && into >= 0 &&
         into <= most;
}

// Takes "user:password@" off the front of `rest`.
bool take_user(std::string_view& rest, RedisUrl& url) {
  const std::size_t end = rest.substr(0, rest.find('/')).rfind('@');
  if (end == std::string_view::npos) return true;
  const std::string_view info = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  const std::size_t colon = info.find(':');
  // Without a colon it is only the password, as older clients write it.
  const auto user = percent_decode(colon == std::string_view::npos ? "" : info.substr(0, colon));
  const auto password =
      percent_decode(colon == std::string_view::npos ? info : info.substr(colon + 1));
  if (!user || !password) return false;
  if (user->find('\0') != std::string::npos || password->find('\0') != std::string::npos) {
    return false;
  }
  url.user = *user;
  url.password = *password;
  return true;
}

bool read_unix(std::string_view rest, RedisUrl& url) {
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    if (!take_user(rest, url)) return false;
  }
  const std::size_t query = rest.find('?');
  url.socket = rest.substr(0, query);
  if (query != std::string_view::npos) {
    rest.remove_prefix(query + 1);
    constexpr std::string_view kDatabase = "db=";
    if (!rest.starts_with(kDatabase) ||
        !read_number(rest.substr(kDatabase.size()), url.database, kMaxDatabases)) {
      return false;
    }
  }
  return url.socket.starts_with('/');
}

bool read_host(std::string_view rest, RedisUrl& url) {
  if (!take_user(rest, url)) return false;
  const std::size_t slash = rest.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view database = rest.substr(slash + 1);
    if (!database.empty() && !read_number(database, url.database, kMaxDatabases)) return false;
    rest = rest.substr(0, slash);
  }
  if (rest.starts_with('[')) {  // an IPv6 address
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return false;
    url.host = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  } else {
    url.host = rest.substr(0, rest.find(':'));
    rest.remove_prefix(url.host.size());
  }
  if (rest.empty()) return !url.host.empty();
  rest.remove_prefix(1);
  return !url.host.empty() && read_number(rest, url.port, std::uint16_t{65535}) && url.port > 0;
}

}  // namespace

Result<RedisUrl> RedisUrl::parse(std::string_view text) {
  RedisUrl url;
  bool valid = false;
  for (const auto& [scheme, tls] : {std::pair<std::string_view, bool>{"redis://", false},
                                    std::pair<std::string_view, bool>{"rediss://", true}}) {
    if (!text.starts_with(scheme)) continue;
    url.tls = tls;
    valid = read_host(text.substr(scheme.size()), url);
  }
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) valid = read_unix(text.substr(kUnix.size()), url);
  if (valid) return url;
  return Error(
      ErrorCode::usage_error,
      "redis-url (REDIS_URL) is not of the form redis://[user:password@]host[:port][/database], "
      "rediss://… or unix:/path");
}

std::string RedisUrl::shown() const {
  if (!socket.empty()) return "unix:" + socket;
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}/{}", tls ? "rediss" : "redis", v6 ? "[" : "", host,
                     v6 ? "]" : "", port, database);
}

}  // namespace mkt
