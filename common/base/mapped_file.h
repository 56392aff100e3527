// MappedFile: a file mapped into memory, read-only, while the object lives.
//
// Nobody may write to the file in place meanwhile: replace it by a rename, as write_file_atomically
// does. Movable; any thread may read the bytes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <utility>

#include "common/base/result.h"

namespace mkt {

class MappedFile {
 public:
  // not_found or io_error.
  static Result<MappedFile> open(const std::filesystem::path& path);

  MappedFile(MappedFile&& other) noexcept : text_(std::exchange(other.text_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(text_, other.text_);
    return *this;
  }
  MappedFile(const MappedFile&) = delete;
  ~MappedFile();

  std::string_view text() const { return text_; }

 private:
  explicit MappedFile(std::string_view text) : text_(text) {}
  std::string_view text_;
};

}  // namespace mkt
