// Watching holds; see checking_store.h.
#include "tests/unit/store/checking_store.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string>

namespace mkt {
namespace {

// In the order in which they are held.
enum class Class { token, publisher, key, connector, version, tenant, tarball };

constexpr const char* kClassNames[] = {"token",   "publisher", "key",    "connector",
                                       "version", "tenant",    "tarball"};

using Subject = std::pair<Class, std::string>;

std::string name_of(const Subject& s) {
  return fmt::format("{} {}", kClassNames[static_cast<std::size_t>(s.first)], s.second);
}

std::string version_name(std::string_view connector, std::string_view version) {
  return fmt::format("{}@{}", connector, version);
}

// What one change has read and holds.
class Ledger {
 public:
  explicit Ledger(const std::function<void()>& pause) : pause_(pause) {}

  void read(Class of, std::string id, Hold hold) {
    if (pause_) pause_();
    Subject subject{of, std::move(id)};
    if (hold == Hold::fixed) return;
    if (hold == Hold::none) {
      read_.insert(std::move(subject));
      return;
    }
    auto [held, is_new] = held_.emplace(subject, hold);
    if (!is_new) {
      if (hold == Hold::exclusive) held->second = hold;
      return;
    }
    if (last_ && subject < *last_ && wrong_.empty()) {
      wrong_ = fmt::format("{} is held after {}", name_of(subject), name_of(*last_));
    }
    if (!last_ || *last_ < subject) last_ = subject;
  }
  void wrote() { writes_ = true; }

  // What is wrong; empty where nothing is.
  std::string wrong() const {
    if (!wrong_.empty() || !writes_) return wrong_;
    for (const Subject& subject : read_) {
      if (!holds(subject)) return fmt::format("{} was read and is not held", name_of(subject));
    }
    return {};
  }

 private:
  bool holds(const Subject& subject) const {
    if (held_.contains(subject)) return true;
    if (subject.first != Class::version) return false;
    const auto connector =
        held_.find({Class::connector, subject.second.substr(0, subject.second.find('@'))});
    return connector != held_.end() && connector->second == Hold::exclusive;
  }

  const std::function<void()>& pause_;
  std::set<Subject> read_;
  std::map<Subject, Hold> held_;
  std::optional<Subject> last_;
  std::string wrong_;
  bool writes_ = false;
};

class CheckedPublishers : public Publishers {
 public:
  CheckedPublishers(Publishers& to, Ledger& ledger) : to_(to), ledger_(ledger) {}
  std::optional<PublisherRecord> find(std::string_view id, Hold hold) const override {
    ledger_.read(Class::publisher, std::string(id), hold);
    return to_.find(id, hold);
  }
  std::vector<PublisherRecord> all() const override { return to_.all(); }
  void insert(const PublisherRecord& p) override { to_.insert(p); }
  void set_status(std::string_view id, PublisherStatus status, std::string_view why) override {
    to_.set_status(id, status, why);
  }
  void set_verified(std::string_view id, bool verified) override { to_.set_verified(id, verified); }

 private:
  Publishers& to_;
  Ledger& ledger_;
};

class CheckedKeys : public Keys {
 public:
  CheckedKeys(Keys& to, Ledger& ledger) : to_(to), ledger_(ledger) {}
  std::optional<KeyRecord> find(std::string_view id, Hold hold) const override {
    ledger_.read(Class::key, std::string(id), hold);
    return to_.find(id, hold);
  }
  std::optional<KeyRecord> find_by_alias(std::string_view alias) const override {
    return to_.find_by_alias(alias);
  }
  std::optional<std::string> id_of_fingerprint(std::string_view f) const override {
    return to_.id_of_fingerprint(f);
  }
  std::vector<KeyRecord> of_publisher(std::string_view id) const override {
    return to_.of_publisher(id);
  }
  KeyList changed_since(std::int64_t sequence) const override {
    return to_.changed_since(sequence);
  }
  void insert(const KeyRecord& key, EntryRef added) override { to_.insert(key, added); }
  void end(const KeyRecord& key, EntryRef ended) override { to_.end(key, ended); }

 private:
  Keys& to_;
  Ledger& ledger_;
};

class CheckedCatalog : public Catalog {
 public:
  CheckedCatalog(Catalog& to, Ledger& ledger) : to_(to), ledger_(ledger) {}
  std::optional<ConnectorRecord> connector(std::string_view id, Hold hold) const override {
    ledger_.read(Class::connector, std::string(id), hold);
    return to_.connector(id, hold);
  }
  std::optional<ConnectorHead> connector_head(std::string_view id, Hold hold) const override {
    ledger_.read(Class::connector, std::string(id), hold);
    return to_.connector_head(id, hold);
  }
  std::optional<VersionRecord> version(std::string_view id, std::string_view version,
                                       Hold hold) const override {
    ledger_.read(Class::version, version_name(id, version), hold);
    return to_.version(id, version, hold);
  }
  std::optional<VersionRecord> version_head(std::string_view id, std::string_view version,
                                            Hold hold) const override {
    ledger_.read(Class::version, version_name(id, version), hold);
    return to_.version_head(id, version, hold);
  }
  std::optional<VersionWithPublisher> version_with_publisher(std::string_view id,
                                                             std::string_view version,
                                                             Hold hold) const override {
    auto found = to_.version_with_publisher(id, version, hold);
    if (found) ledger_.read(Class::publisher, found->version.published_by, hold);
    ledger_.read(Class::version, version_name(id, version), hold);
    return found;
  }
  std::vector<VersionRecord> versions_of(std::string_view id) const override {
    ledger_.read(Class::connector, std::string(id), Hold::none);
    return to_.versions_of(id);
  }
  std::vector<VersionRecord> signed_since(std::string_view key, std::int64_t seq) const override {
    ledger_.read(Class::key, std::string(key), Hold::none);
    auto versions = to_.signed_since(key, seq);
    for (const VersionRecord& v : versions) {
      ledger_.read(Class::version, version_name(v.connector_id, v.version), Hold::none);
    }
    return versions;
  }
  void hold_signed_since(std::string_view key, std::int64_t seq) const override {
    std::set<std::string> names;
    for (const VersionRecord& v : to_.signed_since(key, seq)) {
      names.insert(version_name(v.connector_id, v.version));
    }
    for (const std::string& name : names) ledger_.read(Class::version, name, Hold::exclusive);
    to_.hold_signed_since(key, seq);
  }
  std::vector<SigningRecord> signed_as(std::string_view publisher, std::int64_t after,
                                       std::uint32_t limit) const override {
    return to_.signed_as(publisher, after, limit);
  }
  std::vector<DependantRecord> dependants_of(std::string_view id, std::uint32_t each,
                                             std::uint32_t limit) const override {
    return to_.dependants_of(id, each, limit);
  }
  bool names_blob(std::string_view checksum) const override { return to_.names_blob(checksum); }
  void insert_connector(const ConnectorRecord& c, const ConnectorListing& l) override {
    to_.insert_connector(c, l);
  }
  void set_latest(std::string_view id, std::string_view latest,
                  const ConnectorListing& l) override {
    to_.set_latest(id, latest, l);
  }
  void set_updated(std::string_view id, UtcTime at) override { to_.set_updated(id, at); }
  void set_owner(std::string_view id, std::string_view publisher) override {
    to_.set_owner(id, publisher);
  }
  void set_visible_to(std::string_view id, const std::vector<std::string>& tenants) override {
    to_.set_visible_to(id, tenants);
  }
  void insert_dependency(const VersionRecord& v, const DependencyRecord& d) override {
    to_.insert_dependency(v, d);
  }
  void set_version_visible_to(std::string_view id, std::string_view version,
                              const std::vector<std::string>& tenants) override {
    to_.set_version_visible_to(id, version, tenants);
  }
  void insert_version(const VersionRecord& v, EntryRef published) override {
    to_.insert_version(v, published);
  }
  void replace_signature(const VersionRecord& v, EntryRef accepted) override {
    to_.replace_signature(v, accepted);
  }
  void set_quarantine(const VersionRecord& v) override { to_.set_quarantine(v); }
  void set_withdrawn(const VersionRecord& v) override { to_.set_withdrawn(v); }
  void set_deprecated(std::string_view id, std::string_view version,
                      const std::optional<std::string>& reason) override {
    to_.set_deprecated(id, version, reason);
  }
  void add_downloads(std::string_view id, std::string_view version, std::int64_t n) override {
    to_.add_downloads(id, version, n);
  }

 private:
  Catalog& to_;
  Ledger& ledger_;
};

class CheckedOwners : public Owners {
 public:
  CheckedOwners(Owners& to, Ledger& ledger) : to_(to), ledger_(ledger) {}
  std::vector<OwnerRecord> of(std::string_view id) const override {
    ledger_.read(Class::connector, std::string(id), Hold::none);
    return to_.of(id);
  }
  bool contains(std::string_view id, std::string_view publisher) const override {
    ledger_.read(Class::connector, std::string(id), Hold::none);
    return to_.contains(id, publisher);
  }
  void insert(std::string_view id, const OwnerRecord& owner, EntryRef added) override {
    to_.insert(id, owner, added);
  }
  void remove(std::string_view id, std::string_view publisher) override {
    to_.remove(id, publisher);
  }

 private:
  Owners& to_;
  Ledger& ledger_;
};

class CheckedPolicies : public Policies {
 public:
  CheckedPolicies(Policies& to, Ledger& ledger) : to_(to), ledger_(ledger) {}
  std::optional<PolicyRecord> current(std::string_view tenant) const override {
    ledger_.read(Class::tenant, std::string(tenant), Hold::none);
    return to_.current(tenant);
  }
  std::vector<PolicyRecord> history(std::string_view tenant, std::uint32_t limit) const override {
    return to_.history(tenant, limit);
  }
  std::vector<PolicySize> sizes(std::string_view tenant) const override {
    ledger_.read(Class::tenant, std::string(tenant), Hold::none);
    return to_.sizes(tenant);
  }
  void insert(const PolicyRecord& policy) override { to_.insert(policy); }
  void remove(std::string_view tenant, std::int64_t revision) override {
    to_.remove(tenant, revision);
  }

 private:
  Policies& to_;
  Ledger& ledger_;
};

class CheckedRequests : public Requests {
 public:
  CheckedRequests(Requests& to, Ledger& ledger) : to_(to), ledger_(ledger) {}
  std::optional<InstallRequestRecord> find(std::string_view id) const override {
    auto found = to_.find(id);
    if (found) read(*found);
    return found;
  }
  std::vector<InstallRequestRecord> list(const InstallRequestQuery& query) const override {
    return all(to_.list(query));
  }
  std::optional<InstallRequestRecord> latest(std::string_view tenant, std::string_view id,
                                             std::string_view version) const override {
    ledger_.read(Class::tenant, std::string(tenant), Hold::none);
    return to_.latest(tenant, id, version);
  }
  std::vector<InstallRequestRecord> waiting_for(std::string_view id,
                                                std::string_view version) const override {
    return all(to_.waiting_for(id, version));
  }
  bool is_approved(std::string_view id, std::string_view version) const override {
    return to_.is_approved(id, version);
  }
  std::vector<InstallRequestRecord> approved_with(std::string_view token) const override {
    ledger_.read(Class::token, std::string(token), Hold::none);
    return all(to_.approved_with(token));
  }
  std::vector<InstallRequestRecord> overdue(UtcTime now, std::uint32_t limit) const override {
    return all(to_.overdue(now, limit));
  }
  void insert(const InstallRequestRecord& r) override { to_.insert(r); }
  void put_approval(const InstallRequestRecord& r, const ApprovalRecord& a) override {
    to_.put_approval(r, a);
  }
  void remove_approvals(const InstallRequestRecord& r, std::string_view token) override {
    to_.remove_approvals(r, token);
  }
  void decide(const InstallRequestRecord& r) override { to_.decide(r); }

 private:
  void read(const InstallRequestRecord& r) const {
    ledger_.read(Class::tenant, r.tenant_id, Hold::none);
  }
  std::vector<InstallRequestRecord> all(std::vector<InstallRequestRecord> requests) const {
    for (const InstallRequestRecord& r : requests) read(r);
    return requests;
  }

  Requests& to_;
  Ledger& ledger_;
};

class CheckedInstallations : public Installations {
 public:
  CheckedInstallations(Installations& to, Ledger& ledger) : to_(to), ledger_(ledger) {}
  std::optional<InstallationRecord> find(std::string_view tenant,
                                         std::string_view id) const override {
    read(tenant);
    return to_.find(tenant, id);
  }
  std::vector<InstallationRecord> list(std::string_view tenant, std::string_view after,
                                       std::uint32_t limit) const override {
    read(tenant);
    return to_.list(tenant, after, limit);
  }
  // What an installation of a version is asked for tells somebody, and decides nothing.
  std::vector<InstallationRecord> of_version(std::string_view id, std::string_view version,
                                             std::uint32_t limit) const override {
    return to_.of_version(id, version, limit);
  }
  std::size_t count_of_version(std::string_view id, std::string_view version) const override {
    return to_.count_of_version(id, version);
  }
  std::vector<InstallationEvent> history(std::string_view tenant, std::string_view id,
                                         std::uint32_t limit) const override {
    read(tenant);
    return to_.history(tenant, id, limit);
  }
  std::optional<std::string> last_version(std::string_view tenant,
                                          std::string_view id) const override {
    read(tenant);
    return to_.last_version(tenant, id);
  }
  void put(const InstallationRecord& i) override { to_.put(i); }
  void remove(std::string_view tenant, std::string_view id) override { to_.remove(tenant, id); }
  void add_event(std::string_view tenant, std::string_view id,
                 const InstallationEvent& e) override {
    to_.add_event(tenant, id, e);
  }

 private:
  void read(std::string_view tenant) const {
    ledger_.read(Class::tenant, std::string(tenant), Hold::none);
  }

  Installations& to_;
  Ledger& ledger_;
};

class CheckedTokens : public Tokens {
 public:
  CheckedTokens(Tokens& to, Ledger& ledger) : to_(to), ledger_(ledger) {}
  std::optional<TokenRecord> find(std::string_view id, Hold hold) const override {
    ledger_.read(Class::token, std::string(id), hold);
    return to_.find(id, hold);
  }
  std::vector<TokenRecord> all() const override { return to_.all(); }
  bool stands(std::string_view id, UtcTime now, Hold hold) const override {
    ledger_.read(Class::token, std::string(id), hold);
    return to_.stands(id, now, hold);
  }
  void insert(const TokenRecord& t) override { to_.insert(t); }
  void remove(std::string_view id) override { to_.remove(id); }
  void set_used(std::string_view id, UtcTime at) override { to_.set_used(id, at); }

 private:
  Tokens& to_;
  Ledger& ledger_;
};

class CheckedRemovals : public Removals {
 public:
  CheckedRemovals(Removals& to, Ledger& ledger) : to_(to), ledger_(ledger) {}
  std::optional<Removal> find(std::string_view checksum, Hold hold) const override {
    ledger_.read(Class::tarball, std::string(checksum), hold);
    return to_.find(checksum, hold);
  }
  std::vector<Removal> all(std::string_view after, std::uint32_t limit) const override {
    return to_.all(after, limit);
  }
  void begin(std::string_view checksum) override { to_.begin(checksum); }
  void finish(std::string_view checksum, UtcTime at) override { to_.finish(checksum, at); }
  void forget(std::string_view checksum) override { to_.forget(checksum); }

 private:
  Removals& to_;
  Ledger& ledger_;
};

// A change that writes appends to the log.
class CheckedLog : public Log {
 public:
  CheckedLog(Log& to, Ledger& ledger) : to_(to), ledger_(ledger) {}
  std::vector<LogEntry> entries(const LogQuery& query) const override { return to_.entries(query); }
  std::optional<std::int64_t> first_since(UtcTime time) const override {
    return to_.first_since(time);
  }
  std::int64_t newest() const override { return to_.newest(); }
  EntryRef append(const NewLogEntry& entry) override {
    ledger_.wrote();
    return to_.append(entry);
  }

 private:
  Log& to_;
  Ledger& ledger_;
};

struct CheckedParts {
  CheckedParts(Records& to, Ledger& ledger)
      : publishers(to.publishers(), ledger),
        keys(to.keys(), ledger),
        catalog(to.catalog(), ledger),
        owners(to.owners(), ledger),
        policies(to.policies(), ledger),
        requests(to.requests(), ledger),
        installations(to.installations(), ledger),
        tokens(to.tokens(), ledger),
        log(to.log(), ledger),
        removals(to.removals(), ledger) {}
  CheckedPublishers publishers;
  CheckedKeys keys;
  CheckedCatalog catalog;
  CheckedOwners owners;
  CheckedPolicies policies;
  CheckedRequests requests;
  CheckedInstallations installations;
  CheckedTokens tokens;
  CheckedLog log;
  CheckedRemovals removals;
};

class CheckedRecords : private CheckedParts, public Records {
 public:
  CheckedRecords(Records& to, Ledger& ledger)
      : CheckedParts(to, ledger),
        Records({CheckedParts::publishers, CheckedParts::keys, CheckedParts::catalog, to.overview(),
                 CheckedParts::owners, CheckedParts::policies, CheckedParts::requests,
                 CheckedParts::installations, CheckedParts::tokens, to.spent_keys(), to.cursors(),
                 CheckedParts::log, to.outbox(), CheckedParts::removals}),
        to_(to),
        ledger_(ledger) {}
  void hold_tenant(std::string_view id, Hold hold) const override {
    ledger_.read(Class::tenant, std::string(id), hold);
    to_.hold_tenant(id, hold);
  }
  bool holds_job(std::string_view job, JobTerm term) const override {
    return to_.holds_job(job, term);
  }
  void touch_connector(std::string_view id) override { to_.touch_connector(id); }

 private:
  Records& to_;
  Ledger& ledger_;
};

}  // namespace

Result<EntryNumbers> CheckingStore::change(const Touches& touches,
                                           const std::function<Status(Records&)>& decide) {
  return store_.change(touches, [&](Records& records) -> Status {
    Ledger ledger(pause_);
    CheckedRecords checked(records, ledger);
    MKT_CHECK(decide(checked));
    const std::string wrong = ledger.wrong();
    return wrong.empty() ? Status() : Error(ErrorCode::internal_error, wrong);
  });
}

}  // namespace mkt
