// RedisUrl: where Redis is and how to sign in, from REDIS_URL.
//
//   redis://[[user]:password@]host[:port][/database]     rediss://… the same over TLS
//   unix:/path/of/the/socket[?db=N]    unix://[[user]:password@]/path[?db=N]
//
// redis-cli and the client libraries use the same form. User and password are percent-encoded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace mkt {

struct RedisUrl {
  bool tls = false;
  std::string socket;  // the path of a Unix socket; empty: host and port
  std::string host;
  std::uint16_t port = 6379;
  std::string user;
  std::string password;
  int database = 0;

  // usage_error. It never repeats the text, which may contain the password.
  static Result<RedisUrl> parse(std::string_view text);
  // For logs: without user and password.
  std::string shown() const;
};

}  // namespace mkt
