// Deflates blocks in parallel with zlib.
#include "common/connector/gzip_writer.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace mkt {
namespace {

constexpr std::size_t kDictionaryBytes = 32 * 1024;
constexpr unsigned kMaxThreads = 16;
constexpr std::array<std::uint8_t, 10> kHeader = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};

// zlib's raw deflate state, reused for every block.
class Deflater {
 public:
  Deflater() {
    if (deflateInit2(&stream_, GzipWriter::kLevel, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  Bytes run(std::span<const std::uint8_t> dictionary, std::span<const std::uint8_t> input,
            bool last) {
    deflateReset(&stream_);
    if (!dictionary.empty()) {
      deflateSetDictionary(&stream_, dictionary.data(), static_cast<uInt>(dictionary.size()));
    }
    // Room for stored blocks and for the empty block that a flush appends.
    Bytes out(deflateBound(&stream_, static_cast<uLong>(input.size())) + 64);
    stream_.next_in = const_cast<Bytef*>(input.data());
    stream_.avail_in = static_cast<uInt>(input.size());
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(out.size());
    const int result = deflate(&stream_, last ? Z_FINISH : Z_SYNC_FLUSH);
    if (result != (last ? Z_STREAM_END : Z_OK) || stream_.avail_in != 0) {
      throw std::logic_error("deflate did not take a whole block");
    }
    out.erase(out.end() - static_cast<std::ptrdiff_t>(stream_.avail_out), out.end());
    return out;
  }

 private:
  z_stream stream_{};
};

void append_little_endian(Bytes& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

}  // namespace

struct GzipWriter::Block {
  Bytes dictionary;
  Bytes input;
  bool last = false;
  Bytes output;
  std::uint32_t crc = 0;
  bool done = false;  // guarded by mutex_
};

GzipWriter::GzipWriter(Sink sink, unsigned threads) : sink_(std::move(sink)) {
  threads = std::clamp(threads, 1U, kMaxThreads);
  input_.reserve(kBlockBytes);
  for (unsigned i = 0; i < threads; ++i) workers_.emplace_back([this] { work(); });
}

GzipWriter::~GzipWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_ready_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void GzipWriter::work() {
  Deflater deflater;
  for (;;) {
    std::shared_ptr<Block> block;
    {
      std::unique_lock lock(mutex_);
      work_ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      block = std::move(queue_.front());
      queue_.pop_front();
    }
    block->output = deflater.run(block->dictionary, block->input, block->last);
    block->crc = static_cast<std::uint32_t>(
        crc32(0, block->input.data(), static_cast<uInt>(block->input.size())));
    {
      const std::lock_guard lock(mutex_);
      block->done = true;
    }
    block_done_.notify_one();
  }
}

Status GzipWriter::write(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    if (input_.size() == kBlockBytes) MKT_CHECK(submit(false));
    const std::size_t n = std::min(bytes.size(), kBlockBytes - input_.size());
    input_.insert(input_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
    bytes = bytes.subspan(n);
  }
  return {};
}

Status GzipWriter::finish() {
  MKT_CHECK(submit(true));
  MKT_CHECK(drain(0));
  Bytes trailer;
  append_little_endian(trailer, crc_);
  append_little_endian(trailer, static_cast<std::uint32_t>(total_));
  return sink_(trailer);
}

Status GzipWriter::submit(bool last) {
  auto block = std::make_shared<Block>();
  block->dictionary = std::move(dictionary_);
  const std::size_t keep = std::min(input_.size(), kDictionaryBytes);
  dictionary_.assign(input_.end() - static_cast<std::ptrdiff_t>(keep), input_.end());
  block->input = std::move(input_);
  input_ = {};
  input_.reserve(kBlockBytes);
  block->last = last;
  in_order_.push_back(block);
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(block));
  }
  work_ready_.notify_one();
  return drain(2 * workers_.size() + 2);
}

// Passes finished blocks on, in order, until at most `leave` are in progress.
Status GzipWriter::drain(std::size_t leave) {
  if (!header_written_) {
    header_written_ = true;
    MKT_CHECK(sink_(kHeader));
  }
  while (in_order_.size() > leave) {
    const std::shared_ptr<Block> block = std::move(in_order_.front());
    in_order_.pop_front();
    {
      std::unique_lock lock(mutex_);
      block_done_.wait(lock, [&] { return block->done; });
    }
    crc_ = static_cast<std::uint32_t>(
        crc32_combine(crc_, block->crc, static_cast<z_off_t>(block->input.size())));
    total_ += block->input.size();
    MKT_CHECK(sink_(block->output));
  }
  return {};
}

unsigned default_gzip_threads() { return std::max(1U, std::thread::hardware_concurrency()); }

}  // namespace mkt
