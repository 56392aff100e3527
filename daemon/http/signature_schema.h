// The schemas of documents that are no messages of the wire: the signature file and the body of
// POST /v1/publish, which holds one.
#pragma once

#include "common/wire/schema.h"

namespace mkt {

// mkt-signature(5)
Json signature_file_schema(wire::Schemas& schemas);

// {manifest, tarball, signature}, of the older protocol.
Json older_publish_schema(wire::Schemas& schemas);

}  // namespace mkt
