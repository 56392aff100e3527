// Writes a tarball's files below one folder.
#include "common/connector/unpack.h"

#include "common/connector/folder_writer.h"

namespace mkt {

Result<Unpacked> unpack_tarball(ByteSource source, const ArchiveLimits& limits,
                                const std::filesystem::path& folder) {
  MKT_TRY(FolderWriter writer, FolderWriter::open(folder));
  MKT_TRY(TarballContents contents, walk_tarball(std::move(source), limits, &writer));
  return Unpacked{std::move(contents), std::move(writer.files)};
}

}  // namespace mkt
