#include "daemon/web/markdown_tree.h"

#include <cmark-gfm-core-extensions.h>
#include <time.h>

#include <algorithm>
#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <utility>

namespace mkt {
namespace {

constexpr std::size_t kChunkBytes = 1024 * 1024;
constexpr std::size_t kAlignment = alignof(std::max_align_t);
// Looking at the clock takes longer than what the library does between two calls.
constexpr unsigned kCallsBetweenLooks = 256;

std::chrono::nanoseconds processor_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

std::size_t rounded(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

// Memory that is given back together. Only its last block can grow or be given back alone, which is
// what texts that are being read need.
class MarkdownTree::Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() {
    while (chunk_ != nullptr) std::free(std::exchange(chunk_, chunk_->before));
  }

  // The one that the library's calls in this thread are for; it knows no other way to say so.
  static thread_local Arena* current;

  // Where `take` goes when there is too much; null: there are no bounds.
  std::jmp_buf* escape = nullptr;

  void* take(std::size_t bytes);
  void* grow(void* block, std::size_t bytes);
  void give_back(void* block);

 private:
  struct alignas(std::max_align_t) Chunk {
    Chunk* before;
    std::size_t size;  // of what follows
    std::size_t used;
    char* bytes() { return reinterpret_cast<char*>(this + 1); }
  };
  struct alignas(std::max_align_t) Block {
    std::size_t size;
  };
  static Block* head_of(void* block) { return static_cast<Block*>(block) - 1; }
  bool is_last(void* block) const {
    return static_cast<char*>(block) + head_of(block)->size == chunk_->bytes() + chunk_->used;
  }
  void add_chunk(std::size_t least);
  void check_time();
  [[noreturn]] void give_up();

  Chunk* chunk_ = nullptr;
  std::size_t all_ = 0;
  unsigned calls_ = 0;
  const std::chrono::nanoseconds end_ = processor_time() + kMaxTime;
};

thread_local MarkdownTree::Arena* MarkdownTree::Arena::current = nullptr;

void MarkdownTree::Arena::give_up() {
  // Without bounds only the system's memory can have ended.
  if (escape == nullptr) std::abort();
  std::longjmp(*escape, 1);
}

void MarkdownTree::Arena::add_chunk(std::size_t least) {
  const std::size_t size = std::max(least, kChunkBytes);
  if (escape != nullptr && all_ + size > kMaxBytes) give_up();
  auto* const chunk = static_cast<Chunk*>(std::malloc(sizeof(Chunk) + size));
  if (chunk == nullptr) give_up();
  *chunk = {chunk_, size, 0};
  chunk_ = chunk;
  all_ += size;
}

void MarkdownTree::Arena::check_time() {
  if (escape == nullptr || ++calls_ % kCallsBetweenLooks != 0) return;
  if (processor_time() > end_) give_up();
}

void* MarkdownTree::Arena::take(std::size_t bytes) {
  check_time();
  if (bytes > kMaxBytes) give_up();
  const std::size_t size = rounded(bytes);
  const std::size_t whole = sizeof(Block) + size;
  if (chunk_ == nullptr || chunk_->size - chunk_->used < whole) add_chunk(whole);
  auto* const block = reinterpret_cast<Block*>(chunk_->bytes() + chunk_->used);
  chunk_->used += whole;
  block->size = size;
  return block + 1;
}

void* MarkdownTree::Arena::grow(void* block, std::size_t bytes) {
  if (block == nullptr) return take(bytes);
  const std::size_t had = head_of(block)->size;
  if (bytes <= had) return block;
  if (bytes > kMaxBytes) give_up();
  const std::size_t more = rounded(bytes) - had;
  if (is_last(block) && chunk_->size - chunk_->used >= more) {
    chunk_->used += more;
    head_of(block)->size += more;
    return block;
  }
  void* const moved = take(bytes);
  std::memcpy(moved, block, had);
  return moved;
}

void MarkdownTree::Arena::give_back(void* block) {
  if (block != nullptr && is_last(block)) chunk_->used -= sizeof(Block) + head_of(block)->size;
}

namespace {

// What `parsed` is told.
struct Reading {
  const char* text;
  std::size_t size;
  bool with_tables;
};

}  // namespace

MarkdownTree::MarkdownTree(std::unique_ptr<Arena> arena) : arena_(std::move(arena)) {
  Arena::current = arena_.get();
}
MarkdownTree::MarkdownTree(MarkdownTree&&) noexcept = default;
MarkdownTree::~MarkdownTree() {
  if (arena_ != nullptr) Arena::current = nullptr;
}

std::optional<MarkdownTree> MarkdownTree::read(std::string_view text, Tables tables) {
  struct Calls {
    static void* zeroed(std::size_t count, std::size_t size) {
      void* const block = Arena::current->take(count * size);
      return std::memset(block, 0, count * size);
    }
    static void* grown(void* block, std::size_t size) { return Arena::current->grow(block, size); }
    static void freed(void* block) { Arena::current->give_back(block); }

    static void attach(cmark_parser* parser, const char* extension) {
      cmark_parser_attach_syntax_extension(parser, cmark_find_syntax_extension(extension));
    }
    // No object here may have a destructor, as a jump leaves it out.
    static cmark_node* parsed(cmark_mem* memory, const Reading& reading) {
      std::jmp_buf escape;
      if (setjmp(escape) != 0) return nullptr;
      Arena::current->escape = &escape;
      cmark_parser* const parser =
          cmark_parser_new_with_mem(CMARK_OPT_SAFE | CMARK_OPT_VALIDATE_UTF8, memory);
      attach(parser, "strikethrough");
      attach(parser, "tasklist");
      if (reading.with_tables) attach(parser, "table");
      cmark_parser_feed(parser, reading.text, reading.size);
      return cmark_parser_finish(parser);  // the arena frees the parser
    }
  };
  static cmark_mem memory{Calls::zeroed, Calls::grown, Calls::freed};
  // The library has its extensions, and the characters that they make special, once a process.
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  cmark_gfm_core_extensions_ensure_registered();
  MarkdownTree tree(std::make_unique<Arena>());
  tree.document_ = Calls::parsed(&memory, {text.data(), text.size(), tables == Tables::read});
  tree.arena_->escape = nullptr;
  if (tree.document_ == nullptr) return std::nullopt;
  return tree;
}

}  // namespace mkt
