// Control: how `mktd gc` and `mktd status` speak with the daemon that serves a data folder.
//
// While it runs, the daemon listens on <data>/control.sock, of mode 0600 in a folder of mode 0700:
// only the daemon's own user and root can connect, and the kernel tells who did. So it takes no
// token, which an admin may have put elsewhere, and no other machine can reach it.
//
// A connection is one question, whole within five seconds, and its answer, each one JSON object and
// a line feed. The question says what to `do`; the answer is the result, or has an `error`, as the
// answers over HTTP have, with its `code` and `message`. Both ends are the same program, so the
// questions are not a protocol for others.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <list>
#include <optional>
#include <thread>

#include "common/base/files.h"
#include "common/base/json.h"
#include "common/base/result.h"

namespace mkt {

// The daemon's end. It has a thread for the socket and one for each connection. The destructor ends
// the questions in progress and joins all of them.
class Control {
 public:
  // Answers a question, in any thread. It ends early when `stopping` becomes true.
  using Stopping = std::function<bool()>;
  using Answer = std::function<Result<Json>(const Json& question, const Stopping& stopping)>;

  // The folder must be locked by this process. An error where its file system has no sockets.
  static Result<std::unique_ptr<Control>> open(const std::filesystem::path& data, Answer answer);
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

 private:
  struct Connection {
    UniqueFd fd;
    std::thread thread = {};
    std::atomic<bool> done = false;
  };

  Control(UniqueFd folder, UniqueFd listener, UniqueFd wake, Answer answer);
  void work();
  bool accept_one();  // false where the system has no descriptor or thread left
  void join_done();
  void serve(Connection& connection) const;

  const UniqueFd folder_;
  const UniqueFd listener_;
  const UniqueFd wake_;  // an eventfd, to end `work`
  const Answer answer_;
  std::atomic<bool> stopping_ = false;
  std::list<Connection> connections_;  // of `work` alone, until it has ended
  std::thread thread_;                 // last: it uses the other members
};

// Asks the daemon that serves the folder. nullopt where none answers there: none runs, or it has no
// such socket. registry_unavailable where it ends before it has answered; request_timeout where it
// has not answered after `patience`; without one it waits for ever.
Result<std::optional<Json>> ask_daemon(const std::filesystem::path& data, const Json& question,
                                       std::optional<std::chrono::seconds> patience = {});

}  // namespace mkt
