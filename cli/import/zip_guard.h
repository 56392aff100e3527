// ZipGuard: reads the directory of a zip archive before libarchive reads its files, and refuses
// what programs may read in two ways.
//
// A zip (PKWARE's APPNOTE.TXT) says everything twice: in a header before each file, and in a
// directory at the end. Some programs go by the one, some by the other, so an archive whose halves
// differ holds other files for the one than for the other. Only plain archives pass:
//
//   - one directory, which ends the file with its closing record, the only one that could close it;
//     nothing of the 64-bit form, and no comments in the directory;
//   - the same name, method, flags and sizes in both halves. Where sizes follow the data (bit 3),
//     the header before it may have zeros instead, what follows is compared too, and the data must
//     be deflated, which tells its own end;
//   - extra fields of a short list, none of which renames, resizes or encrypts a file;
//   - files that lie one after the other, from the first byte to the directory: overlapping ones
//     make a bomb of few bytes, and a gap holds a file that only some programs see;
//   - stored or deflated, not encrypted, below 4 GiB.
//
// What zip, python3, Java, JSZip, archiver, yazl (vsce) and fflate (mcpb) write passes, but for
// what they store without compression into a pipe.
//
// It judges neither names nor, beyond their sum, sizes: whoever unpacks does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/connector/archive_limits.h"

namespace mkt {

struct ZipMember {
  std::string name;        // as it stands in the archive
  std::uint64_t size = 0;  // bytes, unpacked, as the archive says
};

// The members in the order of the directory. archive_invalid for what is no sound zip,
// archive_unsafe for one that can be read in two ways or is encrypted, archive_too_large.
Result<std::vector<ZipMember>> read_zip_directory(int fd, const ArchiveLimits& limits);

}  // namespace mkt
