// A document's content as Firestore's REST API has it, and back: {"name": {"stringValue": "x"}}.
//
// Whole numbers are integerValue (a string on the wire: JSON's numbers are not sure to hold 64
// bits), others doubleValue, flags booleanValue; members named "at" or ending in "At" that hold
// Unix milliseconds are timestampValue. Reference: Firestore's REST resource "Value". Thread-safe.
#pragma once

#include <cstdint>

#include "common/base/json.h"
#include "common/base/result.h"

namespace mkt {

Json to_firestore_fields(const Json& content);
// One value, in which no name means a moment: what others wrote, such as a manifest.
Json to_firestore_value(const Json& value);
Json to_firestore_moment(std::int64_t unix_ms);
// invalid_input for a type that the mirror never writes.
Result<Json> from_firestore_fields(const Json& fields);

}  // namespace mkt
