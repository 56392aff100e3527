// RedisConnection: one connection to Redis; a deadline bounds every wait.
//
// hiredis writes the commands and reads the replies. The bytes go through a socket of ours:
// Debian's hiredis 0.14 has no TLS, and its time-outs apply to each read, not to the whole reply.
// After an error the connection is useless, as a late reply would be taken for the next one. One
// thread may send while another reads; apart from that and `shut`, use from one thread at a time.
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

// A command in the form that is sent.
std::string redis_command(const std::vector<std::string_view>& words);

class RedisConnection {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  // Connects, signs in and selects the database. registry_unavailable or timed_out; both name the
  // place, never the password.
  static Result<std::unique_ptr<RedisConnection>> open(const RedisUrl& url, Deadline deadline);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  Status send(std::string_view bytes, Deadline deadline);
  // The next reply. An error that Redis reports is a reply too.
  Result<RedisReply> read(Deadline deadline);
  // Makes every send and read in progress fail at once. Thread-safe.
  void shut();
  // One command and its reply. An error that Redis reports is an error here.
  Result<RedisReply> call(const std::vector<std::string_view>& words, Deadline deadline);

 private:
  struct TlsDeleter {
    void operator()(ssl_st* tls) const;
    void operator()(ssl_ctx_st* context) const;
  };
  explicit RedisConnection(UniqueFd socket);
  Status start_tls(const std::string& host, Deadline deadline);
  // The number of bytes moved; 0 where it would block, with the event to wait for (POLLIN, POLLOUT)
  // in `wait_for`.
  Result<std::size_t> write_some(std::string_view bytes, short& wait_for);
  Result<std::size_t> read_some(char* into, std::size_t size, short& wait_for);
  Status wait(short events, Deadline deadline) const;

  UniqueFd socket_;
  std::unique_ptr<ssl_ctx_st, TlsDeleter> context_;
  std::mutex tls_mutex_;  // one thread at a time uses OpenSSL's connection; not held in a wait
  std::unique_ptr<ssl_st, TlsDeleter> tls_;
  struct ReaderDeleter {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<redisReader, ReaderDeleter> reader_;
};

}  // namespace mkt
