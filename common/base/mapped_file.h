// A file as read-only memory, mapped for as long as the object lives.
//
// The file must not be written in place meanwhile: replace it by a rename, as
// write_file_atomically does. Movable; the bytes may be read from any thread.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <utility>

#include "common/base/result.h"

namespace mkt {

class MappedFile {
 public:
  // not_found, io_error.
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
