// The form of mirrored documents: the fields and types of the older registry's documents, so that
// programs that read those can read these, and in addition everything else that the store has.
//
// In the older documents, lists are arrays and objects are maps. The store keeps some of them as
// JSON text and has some words of its own ("cancelled", "retired"). So that a registry can be
// restored exactly from its mirror, the map `mktd` has the store's form of everything that the
// document says in another way. A manifest or a configuration that Firestore cannot hold as a map
// stays text. Documents of an earlier mktd have no such map; they are the store's rows.
#pragma once

#include "common/base/json.h"
#include "common/base/result.h"
#include "daemon/store/records/outbox.h"

namespace mkt {

// Makes the fields from a document's content in the outbox.
Json older_fields(const DocumentName& name, const Json& content);

// Gives the content back, for the store, from the document of any mktd.
Result<Json> content_of_fields(const Json& fields);

// The fields that an earlier mktd wrote.
Json earlier_fields(const DocumentName& name, const Json& content);

// True where Firestore can hold it as a map or an array. Firestore has no lists inside lists, and
// limits names and depth.
bool fits_firestore(const Json& value);

}  // namespace mkt
