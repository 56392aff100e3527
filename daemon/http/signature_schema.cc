#include "daemon/http/signature_schema.h"

namespace mkt {

Json signature_file_schema(wire::Schemas& schemas) {
  const Json text{{"type", "string"}};
  return schemas.of("SignatureFile",
                    {{"type", "object"},
                     {"properties",
                      {{"version", {{"const", "1.0"}}},
                       {"keyId", text},
                       {"algorithm", {{"enum", Json::array({"ed25519", "Ed25519"})}}},
                       {"checksum", text},
                       {"signature", text},
                       {"signedAt", {{"type", "string"}, {"format", "date-time"}}}}},
                     {"required", Json::array({"keyId", "checksum", "signature"})}});
}

Json older_publish_schema(wire::Schemas& schemas) {
  return schemas.of("OlderPublish",
                    {{"type", "object"},
                     {"properties",
                      {{"manifest", {{"type", "object"}}},
                       {"tarball", {{"type", "string"}, {"contentEncoding", "base64"}}},
                       {"signature", signature_file_schema(schemas)}}},
                     {"required", Json::array({"manifest", "tarball", "signature"})}});
}

}  // namespace mkt
