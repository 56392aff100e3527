// Fills in the manifest's `checksum` when a connector is packed.
//
// Older loaders need the entrypoint's SHA-256 in the manifest. Nobody keeps it up to date by hand,
// so the packed copy gets it: the author's text, byte by byte, except for this one member. The
// author's own file is not touched.
#pragma once

#include <string>
#include <string_view>

#include "common/connector/checksum.h"

namespace mkt {

// `manifest` is the text of a valid manifest. Returns it with this value for its member `checksum`.
// A new member is added after the last one and formatted like the first one. Where the value is
// right already, the text is unchanged.
std::string with_entrypoint_checksum(std::string_view manifest, const Checksum& checksum);

}  // namespace mkt
