// MarkdownTree: the nodes that libcmark-gfm makes of a text, within bounds.
//
// The library ends the process where it gets no memory, and for some texts it wants gigabytes or
// minutes. So it gets its memory from an arena: beyond kMaxBytes, or kMaxTime of this thread's
// processor time, reading is broken off and the arena freed. Time that passes without a new node is
// not noticed; for that, look at the text before (markdown_bombs.h). Nodes are read while the
// tree lives, in the thread that made it, which may have one tree at a time.
#pragma once

#include <cmark-gfm.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace mkt {

class MarkdownTree {
 public:
  static constexpr std::size_t kMaxBytes = 64 * 1024 * 1024;
  static constexpr std::chrono::milliseconds kMaxTime{1000};

  enum class Tables { read, left };
  // nullopt where it was broken off.
  static std::optional<MarkdownTree> read(std::string_view text, Tables tables);

  MarkdownTree(MarkdownTree&&) noexcept;
  MarkdownTree& operator=(MarkdownTree&&) = delete;
  MarkdownTree(const MarkdownTree&) = delete;
  ~MarkdownTree();

  cmark_node* document() const { return document_; }

 private:
  class Arena;
  explicit MarkdownTree(std::unique_ptr<Arena> arena);

  std::unique_ptr<Arena> arena_;
  cmark_node* document_ = nullptr;
};

}  // namespace mkt
