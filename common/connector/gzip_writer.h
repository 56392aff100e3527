// GzipWriter: writes one gzip stream (RFC 1952), deflated in blocks on several cores.
//
// The input is cut into blocks of kBlockBytes. Each block is deflated separately, with the 32 KiB
// before it as dictionary, and ends at a byte boundary, so the blocks join into one valid member.
// The output depends only on the input and the level, never on the number of threads. The header is
// fixed: no name, no time, "Unix".
//
// Use from one thread; the writer owns its worker threads and its destructor joins them. At most
// two blocks per worker and two more are in memory.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "common/base/encoding.h"
#include "common/base/result.h"

namespace mkt {

class GzipWriter {
 public:
  using Sink = std::function<Status(std::span<const std::uint8_t>)>;

  static constexpr std::size_t kBlockBytes = 128 * 1024;
  // On source trees within 1 % of level 9's size in half its time; see scripts/bench.
  static constexpr int kLevel = 7;

  // The sink is called in order, from the thread that calls write and finish.
  GzipWriter(Sink sink, unsigned threads);
  ~GzipWriter();
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;

  Status write(std::span<const std::uint8_t> bytes);
  // Ends the stream; write nothing afterwards.
  Status finish();

 private:
  struct Block;

  void work();
  Status submit(bool last);
  Status drain(std::size_t leave);

  Sink sink_;
  Bytes input_;       // the block being filled
  Bytes dictionary_;  // the end of the block before it
  std::uint32_t crc_ = 0;
  std::uint64_t total_ = 0;
  bool header_written_ = false;
  std::deque<std::shared_ptr<Block>> in_order_;  // owned by the calling thread

  std::mutex mutex_;
  std::condition_variable work_ready_;
  std::condition_variable block_done_;
  std::deque<std::shared_ptr<Block>> queue_;  // guarded by mutex_
  bool stopping_ = false;                     // guarded by mutex_
  std::vector<std::thread> workers_;
};

// A good number of workers for this machine.
unsigned default_gzip_threads();

}  // namespace mkt
