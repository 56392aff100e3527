// What a mirrored document looks like: the fields and types of the older registry's documents, so
// that programs that read those read these, and beside them whatever else the store has.
//
// Lists are arrays there and objects are maps; the store keeps some of them as JSON text, and some
// words of its own ("cancelled", "retired") that the older registry did not have. So that a
// registry can be brought back from its mirror exactly, the map `mktd` holds what a document says
// in another way than the store. A manifest or a configuration that Firestore cannot hold as a map
// stays text. Documents of an earlier mktd have no such map and are the store's rows as they are.
#pragma once

#include "common/base/json.h"
#include "common/base/result.h"
#include "daemon/store/records/outbox.h"

namespace mkt {

// Of a document's content as the outbox gives it.
Json older_fields(const DocumentName& name, const Json& content);

// The content back, for the store; of a document of any mktd.
Result<Json> content_of_fields(const Json& fields);

// What an earlier mktd wrote of it.
Json earlier_fields(const DocumentName& name, const Json& content);

// May Firestore hold it as a map or an array? It has no lists within lists, and names and depths
// that it does not take.
bool fits_firestore(const Json& value);

}  // namespace mkt
