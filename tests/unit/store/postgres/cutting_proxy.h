// CuttingProxy: carries TCP connections to a server on this machine, and breaks one at a given
// byte.
//
// A rule is for the next bytes of any connection, and is used once. Its own thread carries the
// bytes; all functions may be called from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/base/files.h"

namespace mkt {

class CuttingProxy {
 public:
  explicit CuttingProxy(std::uint16_t server_port);
  ~CuttingProxy();

  std::uint16_t port() const { return port_; }

  // Counts from here on.
  void count_anew();
  std::uint64_t bytes_up() const { return up_; }      // to the server
  std::uint64_t bytes_down() const { return down_; }  // to the client

  // Breaks the connection after so many more bytes to the server, or to the client.
  void cut_up_after(std::uint64_t bytes);
  void cut_down_after(std::uint64_t bytes);
  // The same as cut_up_after for the client; the server notices nothing, and gets the bytes that
  // are missing when `deliver` is called.
  void strand_after(std::uint64_t bytes);
  void deliver();
  // True once the rule was used.
  bool is_used() const { return rule_used_; }

  // While it hangs, nothing is carried and nothing is closed.
  void hang(bool hangs) { hangs_ = hangs; }

 private:
  enum class Cut { none, up, down, strand };
  struct Pair {
    UniqueFd client;
    UniqueFd server;
    std::string stranded;  // bytes for the server that were held back
  };

  void work(const std::stop_token& stop);
  void accept();
  // False when the pair is over.
  bool carry_up(Pair& pair);
  bool carry_down(Pair& pair);
  void set_rule(Cut cut, std::uint64_t bytes);

  const std::uint16_t server_port_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<Pair>> pairs_;  // only its thread uses them
  std::mutex mutex_;
  Cut cut_ = Cut::none;     // guarded by mutex_
  std::uint64_t left_ = 0;  // guarded by mutex_; until it cuts
  std::atomic<bool> rule_used_ = false;
  std::atomic<bool> delivers_ = false;
  std::atomic<bool> hangs_ = false;
  std::atomic<std::uint64_t> up_ = 0;
  std::atomic<std::uint64_t> down_ = 0;
  std::jthread thread_;
};

}  // namespace mkt
