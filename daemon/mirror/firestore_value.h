// A document's content as Firestore's REST API has it, and back: {"name": {"stringValue": "x"}}.
//
// Whole numbers are integerValue (a string on the wire: JSON's numbers are not sure to hold 64
// bits), flags booleanValue; members named "at" or ending in "At" that hold Unix milliseconds are
// timestampValue. Reference: Firestore's REST resource "Value". Thread-safe.
#pragma once

#include "common/base/json.h"
#include "common/base/result.h"

namespace mkt {

Json to_firestore_fields(const Json& content);
// invalid_input for a type that the mirror never writes.
Result<Json> from_firestore_fields(const Json& fields);

}  // namespace mkt
