#include "common/base/mapped_file.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>

#include "common/base/files.h"

namespace mkt {

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  MKT_TRY(const UniqueFd fd, open_for_reading(path));
  MKT_TRY(const std::uint64_t size, file_size(fd.get(), path.string()));
  if (size == 0) return MappedFile(std::string_view());
  void* const memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (memory == MAP_FAILED) {
    return system_error(fmt::format("cannot read {}", path.string()), errno);
  }
  return MappedFile(std::string_view(static_cast<const char*>(memory), size));
}

MappedFile::~MappedFile() {
  if (!text_.empty()) ::munmap(const_cast<char*>(text_.data()), text_.size());
}

}  // namespace mkt
