#include "daemon/web/tarball_texts.h"

#include <vector>

#include "common/base/encoding.h"
#include "common/base/text.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::size_t kPieceBytesOfText = 64 * 1024;

bool is_text(std::string_view bytes) {
  return bytes.find('\0') == std::string_view::npos && is_valid_utf8(bytes);
}

Result<TextOfFile> read_text(TarballReader& reader, const TarEntry& entry, std::size_t most) {
  TextOfFile file;
  file.size = entry.size;
  std::string text;
  Hasher hasher;
  std::vector<std::uint8_t> piece(kPieceBytesOfText);
  for (;;) {
    MKT_TRY(const std::size_t n, reader.read(piece));
    if (n == 0) break;
    const std::span<const std::uint8_t> bytes(piece.data(), n);
    hasher.update(bytes);
    if (entry.size <= most) text += as_text(bytes);
  }
  file.hash = hasher.finish().hex();
  if (entry.size <= most && is_text(text)) file.text = std::move(text);
  return file;
}

}  // namespace

Result<std::optional<std::string>> readme_of(ByteSource tarball, const ArchiveLimits& limits,
                                             std::size_t most) {
  TarballReader reader(std::move(tarball), limits);
  for (;;) {
    MKT_TRY(const auto entry, reader.next());
    if (!entry) return std::optional<std::string>();
    if (entry->is_folder || lower_case(entry->path) != "readme.md") continue;
    std::string text;
    std::vector<std::uint8_t> piece(kPieceBytesOfText);
    while (text.size() <= most) {
      MKT_TRY(const std::size_t n, reader.read(piece));
      if (n == 0) break;
      text += as_text({piece.data(), n});
    }
    if (text.size() > most + 1) text.resize(most + 1);
    return std::optional(std::move(text));
  }
}

Result<std::map<std::string, TextOfFile>> texts_of(ByteSource tarball, const ArchiveLimits& limits,
                                                   std::size_t most_of_file, std::size_t most) {
  std::map<std::string, TextOfFile> files;
  TarballReader reader(std::move(tarball), limits);
  for (;;) {
    MKT_TRY(const auto entry, reader.next());
    if (!entry) return files;
    if (entry->is_folder) continue;
    MKT_TRY(TextOfFile file, read_text(reader, *entry, std::min(most_of_file, most)));
    if (file.text) most -= file.text->size();
    files.emplace(entry->path, std::move(file));
  }
}

}  // namespace mkt
