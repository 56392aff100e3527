// Firestore: the few calls of its REST API that the mirror makes.
//
// Documents are named by their path below the database ("gwi_tenants/t/install_requests/req_1").
// Every error says what Firestore answered; its code is
//   request_outdated      a precondition did not hold, or somebody else was changing it
//   invalid_request       it will never take this (400, 404, 413)
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
  std::string prefix = "gwi_";  // of the names of collections
  std::string url = "https://firestore.googleapis.com";
};

struct FirestoreDocument {
  std::string path;
  Json fields;
  std::string update_time;
};

struct FirestoreWrite {
  std::string path;
  std::optional<Json> fields;  // none: delete it
  // Of the document as it must be now: its update time, or "" where it must not be there.
  std::optional<std::string> expected = std::nullopt;
};

// With the credentials that the environment names, or the emulator of FIRESTORE_EMULATOR_HOST.
class Firestore;
std::unique_ptr<Firestore> open_firestore(FirestoreOptions options);

class Firestore {
 public:
  Firestore(FirestoreOptions options, std::unique_ptr<GoogleCredentials> credentials);

  const FirestoreOptions& options() const { return options_; }
  // Asked about once a second during a call: one that says true ends it.
  void abort_when(std::function<bool()> ask) { client_.abort_when(std::move(ask)); }

  // All of them or none; the first one's new update time.
  Result<std::string> commit(const std::vector<FirestoreWrite>& writes);
  Result<std::optional<FirestoreDocument>> get(const std::string& path);
  // Those of the documents that are there, by path, each with this field alone where it has it.
  Result<std::map<std::string, FirestoreDocument>> get_field(const std::vector<std::string>& paths,
                                                             const std::string& field);
  // All documents of collections of that id, wherever they are, in the order of their paths, after
  // that one ("": from the start).
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
