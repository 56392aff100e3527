// The OpenAPI 3.1 document of a registry, made from its routes and from the messages' members.
//
// https://spec.openapis.org/oas/v3.1.0. Paths are patterns of the router; schemas are JSON Schema
// 2020-12. Answers may have more members than the document says: clients ignore what they do not
// know.
#pragma once

#include <span>

#include "common/base/json.h"
#include "daemon/http/operation.h"

namespace mkt {

Json openapi_document(std::span<const RouteOperation> operations);

}  // namespace mkt
