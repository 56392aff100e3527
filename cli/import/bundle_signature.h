// The signature of an MCP bundle, which `mcpb sign` puts behind the zip archive: "MCPB_SIG_V1", the
// signature's length in four bytes, little-endian, the signature (PKCS #7), and "MCPB_SIG_END".
#pragma once

#include "common/base/result.h"

namespace mkt {

// Takes the signature off the end of the open file, which must be this process's own. True where
// there was one; archive_unsafe where it holds what some program would take for the end of the
// bundle. Who may have made it is not checked: that is the business of those who install bundles.
Result<bool> cut_bundle_signature(int fd);

}  // namespace mkt
