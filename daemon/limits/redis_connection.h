// RedisConnection: one connection to Redis, every wait of it bounded by a deadline.
//
// hiredis writes the commands and reads the replies; the bytes go through a socket of ours, since
// Debian's hiredis 0.14 knows no TLS and its time-outs are for each byte that drips rather than for
// the whole. After an error the connection is of no use any more: a late reply would be taken for
// the next one's. One thread may send while another reads; apart from that and `shut`, use from one
// thread at a time.
#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/files.h"
#include "common/base/result.h"
#include "daemon/limits/redis_url.h"

struct redisReader;
struct redisReply;
struct ssl_st;
struct ssl_ctx_st;

namespace mkt {

struct RedisReplyDeleter {
  void operator()(redisReply* reply) const;
};
using RedisReply = std::unique_ptr<redisReply, RedisReplyDeleter>;

// A command as it goes over the connection.
std::string redis_command(const std::vector<std::string_view>& words);

class RedisConnection {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  // Connected, signed in, the database chosen. registry_unavailable or timed_out, which name the
  // place and never the password.
  static Result<std::unique_ptr<RedisConnection>> open(const RedisUrl& url, Deadline deadline);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  Status send(std::string_view bytes, Deadline deadline);
  // The next reply; what Redis itself says is wrong is a reply too.
  Result<RedisReply> read(Deadline deadline);
  // Whoever sends or reads fails at once. Thread-safe.
  void shut();
  // One command and its reply; an error that Redis answers is an error here.
  Result<RedisReply> call(const std::vector<std::string_view>& words, Deadline deadline);

 private:
  struct TlsDeleter {
    void operator()(ssl_st* tls) const;
    void operator()(ssl_ctx_st* context) const;
  };
  explicit RedisConnection(UniqueFd socket);
  Status start_tls(const std::string& host, Deadline deadline);
  // Bytes moved; 0 where it would have to wait, then `wait_for` says for what (POLLIN, POLLOUT).
  Result<std::size_t> write_some(std::string_view bytes, short& wait_for);
  Result<std::size_t> read_some(char* into, std::size_t size, short& wait_for);
  Status wait(short events, Deadline deadline) const;

  UniqueFd socket_;
  std::unique_ptr<ssl_ctx_st, TlsDeleter> context_;
  std::mutex tls_mutex_;  // OpenSSL's connections are one thread's at a time; never held in a wait
  std::unique_ptr<ssl_st, TlsDeleter> tls_;
  struct ReaderDeleter {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<redisReader, ReaderDeleter> reader_;
};

}  // namespace mkt
