// unpack_tarball: writes a whole tarball to a folder, or fails.
//
// `folder` must be empty and belong to this process: the caller makes it under a temporary name and
// renames it when all checks have passed. FolderWriter writes. Not thread-safe for the same folder.
#pragma once

#include <filesystem>
#include <vector>

#include "common/base/result.h"
#include "common/connector/folder_writer.h"
#include "common/connector/tarball_reader.h"

namespace mkt {

struct Unpacked {
  TarballContents contents;
  std::vector<UnpackedFile> files;  // in the order of the tarball
};

// After an error the folder may hold a part; the caller removes it (TemporaryFolder does).
Result<Unpacked> unpack_tarball(ByteSource source, const ArchiveLimits& limits,
                                const std::filesystem::path& folder);

}  // namespace mkt
