// The manifest's `checksum`, filled into its text when it is packed.
//
// Older loaders want the entrypoint's SHA-256 in the manifest. Nobody keeps it up to date by hand,
// so the packed copy gets it: the text of the author, byte by byte, but for this one member. The
// author's own file is not touched.
#pragma once

#include <string>
#include <string_view>

#include "common/connector/checksum.h"

namespace mkt {

// `manifest` is a valid manifest's text. Its member `checksum` gets this value; where it has none
// it stands behind the last member, laid out as the first one is. The same text where the value
// is right already.
std::string with_entrypoint_checksum(std::string_view manifest, const Checksum& checksum);

}  // namespace mkt
