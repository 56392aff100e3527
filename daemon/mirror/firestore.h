// Firestore: the few calls of its REST API that the mirror needs.
//
// Documents are named by their path below the database ("gwi_tenants/t/install_requests/req_1").
// Every error contains Firestore's own message; its code is
//   request_outdated      a precondition did not hold, or somebody else was changing the document
//   invalid_request       it will never accept this (400, 404, 413)
//   forbidden             401, 403
//   rate_limited, registry_unavailable, timed_out   it may work later
// Reference: cloud.google.com/firestore/docs/reference/rest, v1. Use from one thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"
#include "common/http/http_client.h"
#include "daemon/mirror/google_credentials.h"

namespace mkt {

struct FirestoreOptions {
  std::string project;
  std::string database = "(default)";
  std::string prefix = "gwi_";  // of the collections' names
  std::string url = "https://firestore.googleapis.com";
};

struct FirestoreDocument {
  std::string path;
  Json fields;
  std::string update_time;
};

struct FirestoreWrite {
  std::string path;
  std::optional<Json> fields;  // nullopt: delete the document
  // The update time that the document must have now; "" where it must not exist.
  std::optional<std::string> expected = std::nullopt;
};

// With the credentials named by the environment, or for the emulator of FIRESTORE_EMULATOR_HOST.
class Firestore;
std::unique_ptr<Firestore> open_firestore(FirestoreOptions options);

class Firestore {
 public:
  Firestore(FirestoreOptions options, std::unique_ptr<GoogleCredentials> credentials);

  const FirestoreOptions& options() const { return options_; }
  // `ask` is called about once a second during a call. When it returns true, the call ends.
  void abort_when(std::function<bool()> ask) { client_.abort_when(std::move(ask)); }

  // Writes all of them or none; returns the update time of the first one.
  Result<std::string> commit(const std::vector<FirestoreWrite>& writes);
  Result<std::optional<FirestoreDocument>> get(const std::string& path);
  // Those of the documents that exist, by path. Each has only this field, where it has the field at
  // all.
  Result<std::map<std::string, FirestoreDocument>> get_field(const std::vector<std::string>& paths,
                                                             const std::string& field);
  // All documents of collections with that id, at any place, sorted by path and starting after
  // `after` ("": from the start).
  Result<std::vector<FirestoreDocument>> query(const std::string& collection_id,
                                               const std::string& after, int most);

 private:
  std::string root() const;  // "projects/…/documents"
  Result<FirestoreDocument> document_of(const Json& json) const;
  Result<Json> call(const std::string& method, const std::string& what, const Json* body);

  const FirestoreOptions options_;
  const std::unique_ptr<GoogleCredentials> credentials_;
  HttpClient client_;
};

}  // namespace mkt
