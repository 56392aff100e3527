// Records: everything in the store, by subject, as one read or one change sees it.
//
// Records find and write rows and decide nothing. In Store::read all reads are from one snapshot;
// in Store::change reads see the change's own writes. Records are valid only inside that call and
// in its thread. When the database fails, a call on records throws an exception of the store's own;
// Store::read and Store::change catch it and return it as an Error. Times are UTC milliseconds;
// sizes are bytes.
#pragma once

#include <string_view>

#include "daemon/store/hold.h"
#include "daemon/store/jobs.h"
#include "daemon/store/records/catalog.h"
#include "daemon/store/records/cursors.h"
#include "daemon/store/records/installations.h"
#include "daemon/store/records/keys.h"
#include "daemon/store/records/log.h"
#include "daemon/store/records/outbox.h"
#include "daemon/store/records/overview.h"
#include "daemon/store/records/owners.h"
#include "daemon/store/records/policies.h"
#include "daemon/store/records/publishers.h"
#include "daemon/store/records/removals.h"
#include "daemon/store/records/requests.h"
#include "daemon/store/records/spent_keys.h"
#include "daemon/store/records/tokens.h"
#include "daemon/store/touches.h"

namespace mkt {

class Records {
 public:
  virtual ~Records() = default;

  const Publishers& publishers() const { return parts_.publishers; }
  const Keys& keys() const { return parts_.keys; }
  const Catalog& catalog() const { return parts_.catalog; }
  const Overview& overview() const { return parts_.overview; }
  const Owners& owners() const { return parts_.owners; }
  const Policies& policies() const { return parts_.policies; }
  const Requests& requests() const { return parts_.requests; }
  const Installations& installations() const { return parts_.installations; }
  const Tokens& tokens() const { return parts_.tokens; }
  const SpentKeys& spent_keys() const { return parts_.spent_keys; }
  const Cursors& cursors() const { return parts_.cursors; }
  const Log& log() const { return parts_.log; }
  const Outbox& outbox() const { return parts_.outbox; }
  const Removals& removals() const { return parts_.removals; }

  Publishers& publishers() { return parts_.publishers; }
  Keys& keys() { return parts_.keys; }
  Catalog& catalog() { return parts_.catalog; }
  Owners& owners() { return parts_.owners; }
  Policies& policies() { return parts_.policies; }
  Requests& requests() { return parts_.requests; }
  Installations& installations() { return parts_.installations; }
  Tokens& tokens() { return parts_.tokens; }
  SpentKeys& spent_keys() { return parts_.spent_keys; }
  Cursors& cursors() { return parts_.cursors; }
  Log& log() { return parts_.log; }
  Outbox& outbox() { return parts_.outbox; }
  Removals& removals() { return parts_.removals; }

  // Holds a tenant: its policy, its requests and its installations.
  virtual void hold_tenant(std::string_view tenant_id, Hold hold) const = 0;

  // Whether this daemon still has the job, in that term (jobs.h). If so, no other daemon gets it
  // before the change ends.
  virtual bool holds_job(std::string_view job, JobTerm term) const = 0;

  // Adds a connector to the change's Touches, where the caller could not know it before.
  virtual void touch_connector(std::string_view id) = 0;

 protected:
  struct Parts {
    Publishers& publishers;
    Keys& keys;
    Catalog& catalog;
    const Overview& overview;
    Owners& owners;
    Policies& policies;
    Requests& requests;
    Installations& installations;
    Tokens& tokens;
    SpentKeys& spent_keys;
    Cursors& cursors;
    Log& log;
    Outbox& outbox;
    Removals& removals;
  };
  explicit Records(const Parts& parts) : parts_(parts) {}

 private:
  Parts parts_;
};

}  // namespace mkt
