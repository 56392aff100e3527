// Makes documents from rows, and keeps the list of those to send.
#include "daemon/store/sqlite/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "daemon/store/document_text.h"

namespace mkt {
namespace {

// Rows of another table that belong to a document.
struct Part {
  const char* member;
  const char* table;
  const char* rows;  // selects those of the document whose key is bound
};

// What the mirror gets of a table: the columns named here, and no others. A new column is not
// mirrored until its statement names it.
struct Form {
  DocumentKind kind;
  const char* table;
  std::size_t key_parts;
  std::array<Part, 2> parts;
  const char* rows;    // selects those of one document
  const char* listed;  // selects the keys after a given one, in order
  const char* fill;    // puts all into the outbox, with the time that is bound
};

constexpr auto kForms = std::to_array<Form>({
    {DocumentKind::log,
     "audit_log",
     1,
     {},
     "SELECT seq, at, actor, address, request_id, action, subject, document FROM audit_log "
     "WHERE seq = ?1",
     "SELECT seq FROM audit_log WHERE seq > CAST(?1 AS INTEGER) ORDER BY seq LIMIT ?2",
     "INSERT INTO outbox (kind, key, at) SELECT 'log', json_array(CAST(seq AS TEXT)), ?1 FROM "
     "audit_log"},
    {DocumentKind::publisher,
     "publishers",
     1,
     {{{"publicKeys", "publisher_keys",
        "SELECT key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at, "
        "revoked_at, reason_code, reason, changed_seq, revoked_by, compromised_seq, endorsed_by, "
        "endorsement, added_seq, alias FROM publisher_keys "
        "WHERE publisher_id = ?1 AND status <> 'revoked' ORDER BY key_id"},
       {"revokedKeys", "publisher_keys",
        "SELECT key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at, "
        "revoked_at, reason_code, reason, changed_seq, revoked_by, compromised_seq, endorsed_by, "
        "endorsement, added_seq, alias FROM publisher_keys "
        "WHERE publisher_id = ?1 AND status = 'revoked' ORDER BY key_id"}}},
     "SELECT id, display_name, email, status, verified, created_at, status_reason "
     "FROM publishers WHERE id = ?1",
     "SELECT id FROM publishers WHERE id > ?1 ORDER BY id LIMIT ?2",
     "INSERT INTO outbox (kind, key, at) SELECT 'publisher', json_array(id), ?1 FROM publishers"},
    {DocumentKind::connector,
     "connectors",
     1,
     {{{"owners", "connector_owners",
        "SELECT connector_id, publisher_id, added_at, added_seq FROM connector_owners "
        "WHERE connector_id = ?1 ORDER BY added_seq, publisher_id"},
       {"labels", "connector_labels",
        "SELECT l.label, l.kind, l.num FROM connector_labels AS l JOIN connectors AS c USING (num) "
        "WHERE c.id = ?1 ORDER BY l.label, l.kind"}}},
     // Also what readers of the mirror want to know: the newest version, the owner, all versions.
     "SELECT c.num, c.id, c.owner, c.latest_version, c.display_name, c.description, c.author, "
     "c.capabilities, c.downloads, c.created_at, c.updated_at, c.visible_to, p.verified, "
     "json_extract(v.manifest, '$.license') AS license, "
     "json_extract(v.manifest, '$.repository') AS repository_url, "
     "json_extract(v.manifest, '$.homepage') AS documentation_url, "
     "json_extract(v.manifest, '$.keywords') AS keywords, "
     "(SELECT json_group_array(version) FROM (SELECT version FROM versions "
     "WHERE connector_id = c.id ORDER BY seq DESC)) AS versions "
     "FROM connectors AS c LEFT JOIN publishers AS p ON p.id = c.owner "
     "LEFT JOIN versions AS v ON v.connector_id = c.id AND v.version = c.latest_version "
     "WHERE c.id = ?1",
     "SELECT id FROM connectors WHERE id > ?1 ORDER BY id LIMIT ?2",
     "INSERT INTO outbox (kind, key, at) SELECT 'connector', json_array(id), ?1 FROM connectors"},
    {DocumentKind::version,
     "versions",
     2,
     {},
     "SELECT connector_id, version, manifest, checksum, size, signature, signing_key_id, "
     "published_at, published_by, downloads, prerelease, deprecated, deprecation_reason, "
     "quarantined, seq, signature_seq, capabilities, policy_classes, visible_to, "
     "quarantine_reason, withdrawn_at, withdrawal_code, withdrawal_reason "
     "FROM versions WHERE connector_id = ?1 AND version = ?2",
     "SELECT connector_id, version FROM versions WHERE (connector_id, version) > (?1, ?2) "
     "ORDER BY connector_id, version LIMIT ?3",
     "INSERT INTO outbox (kind, key, at) SELECT 'version', json_array(connector_id, version), ?1 "
     "FROM versions"},
    {DocumentKind::policy,
     "tenant_policies",
     2,
     {},
     "SELECT tenant_id, revision, document, set_at, set_by FROM tenant_policies "
     "WHERE tenant_id = ?1 AND revision = ?2",
     "SELECT tenant_id, revision FROM tenant_policies "
     "WHERE (tenant_id, revision) > (?1, CAST(?2 AS INTEGER)) ORDER BY tenant_id, revision LIMIT "
     "?3",
     "INSERT INTO outbox (kind, key, at) SELECT 'policy', json_array(tenant_id, "
     "CAST(revision AS TEXT)), ?1 "
     "FROM tenant_policies"},
    {DocumentKind::install_request,
     "install_requests",
     2,
     {{{"approvals", "approvals",
        "SELECT a.request_num, a.approver, a.approved_at, a.key_id, a.signature "
        "FROM approvals AS a JOIN install_requests AS r ON r.num = a.request_num "
        "WHERE r.tenant_id = ?1 AND r.id = ?2 ORDER BY a.approver"},
       {}}},
     "SELECT num, id, tenant_id, connector_id, version, checksum, config, status, requested_by, "
     "requested_at, expires_at, min_approvals, allow_self_approval, rule, explanation, "
     "installed_version, deprecated, decided_at, decided_by, reason, installed_request "
     "FROM install_requests WHERE tenant_id = ?1 AND id = ?2",
     "SELECT tenant_id, id FROM install_requests WHERE (tenant_id, id) > (?1, ?2) "
     "ORDER BY tenant_id, id LIMIT ?3",
     "INSERT INTO outbox (kind, key, at) SELECT 'install_request', json_array(tenant_id, id), ?1 "
     "FROM install_requests"},
    {DocumentKind::installation,
     "installations",
     2,
     {},
     "SELECT tenant_id, connector_id, version, checksum, config, request_id, installed_by, "
     "installed_at, updated_at FROM installations WHERE tenant_id = ?1 AND connector_id = ?2",
     "SELECT tenant_id, connector_id FROM installations "
     "WHERE (tenant_id, connector_id) > (?1, ?2) ORDER BY tenant_id, connector_id LIMIT ?3",
     "INSERT INTO outbox (kind, key, at) "
     "SELECT 'installation', json_array(tenant_id, connector_id), ?1 FROM installations"},
    {DocumentKind::installation_event,
     "installation_events",
     2,
     {},
     "SELECT num, tenant_id, connector_id, action, version, previous_version, request_id, actor, "
     "at FROM installation_events WHERE tenant_id = ?1 AND num = ?2",
     "SELECT tenant_id, num FROM installation_events "
     "WHERE (tenant_id, num) > (?1, CAST(?2 AS INTEGER)) ORDER BY tenant_id, num LIMIT ?3",
     "INSERT INTO outbox (kind, key, at) SELECT 'installation_event', json_array(tenant_id, "
     "CAST(num AS TEXT)), ?1 FROM installation_events"},
});

const Form& form_of(DocumentKind kind) {
  return *std::find_if(kForms.begin(), kForms.end(),
                       [kind](const Form& form) { return form.kind == kind; });
}

void bind_key(Query& query, const std::vector<std::string>& key) {
  for (const std::string& part : key) query.bind(part);
}

std::optional<Json> content_of(Database& db, const Form& form,
                               const std::vector<std::string>& key) {
  Json content;
  {
    Query row = db.query(form.rows);
    bind_key(row, key);
    if (!row.step()) return std::nullopt;
    content = row_content(row);
  }
  for (const Part& part : form.parts) {
    if (part.member == nullptr) continue;
    Json list = Json::array();
    Query row = db.query(part.rows);
    bind_key(row, key);
    while (row.step()) list.push_back(row_content(row));
    content[part.member] = std::move(list);
  }
  return content;
}

// How many changes to read for each document that may be sent. A document that changed more often
// than others needs several turns.
constexpr std::int64_t kChangesEach = 10;

// What it names, whole.
OutboxEntry entry_of(Database& db, const OutboxChange& change) {
  const Form& form = form_of(document_kind(change.kind));
  OutboxEntry entry{change.seq, {form.kind, document_key(change.key)}, std::nullopt, change.at};
  entry.content = content_of(db, form, entry.name.key);
  return entry;
}

OutboxCounts read_counts(const Query& row) {
  OutboxCounts counts;
  row.get(counts.waiting, counts.parked, counts.oldest);
  return counts;
}

ParkedDocument read_parked(const Query& row) {
  ParkedDocument parked;
  std::string kind, key;
  row.get(parked.seq, kind, key, parked.reason, parked.at);
  parked.name = {document_kind(kind), document_key(key)};
  return parked;
}

void forget_change(Database& db, std::int64_t seq) {
  db.query("DELETE FROM outbox WHERE seq = ?").bind(seq).run();
}

// Forgets that an earlier state of the document was refused.
void forget_parked(Database& db, const OutboxEntry& entry) {
  db.query(R"sql(
      DELETE FROM outbox WHERE parked <> '' AND (kind, key) = (
        SELECT kind, key FROM outbox WHERE seq = ?))sql")
      .bind(entry.seq)
      .run();
}

// The columns of a table. They come from the schema, never from a document.
std::vector<std::string> columns_of(Database& db, const char* table) {
  std::vector<std::string> columns;
  Query row = db.query("SELECT name FROM pragma_table_info(?) ORDER BY cid");
  row.bind(std::string_view(table));  // a pointer would be a flag
  while (row.step()) columns.push_back(row.only<std::string>());
  return columns;
}

Status insert_row(Database& db, const char* table, const Json& content) {
  if (!content.is_object()) return Error(ErrorCode::invalid_input, "a document is not an object");
  std::vector<std::string> names;
  std::vector<const Json*> values;
  for (const std::string& column : columns_of(db, table)) {
    const auto member = content.find(document_member(column));
    if (member == content.end()) continue;
    names.push_back(column);
    values.push_back(&*member);
  }
  if (names.empty()) return Error(ErrorCode::invalid_input, "a document has no known member");
  std::string marks(names.size() * 2 - 1, '?');
  for (std::size_t i = 1; i < marks.size(); i += 2) marks[i] = ',';
  const auto insert = db.prepare_once(
      fmt::format("INSERT INTO {} ({}) VALUES ({})", table, fmt::join(names, ", "), marks));
  Query query(insert.get());
  for (const Json* value : values) {
    if (value->is_null()) {
      query.bind(std::optional<std::int64_t>());
    } else if (value->is_boolean()) {
      query.bind(value->get<bool>());
    } else if (value->is_number_integer()) {
      query.bind(value->get<std::int64_t>());
    } else if (value->is_string()) {
      query.bind(value->get_ref<const std::string&>());
    } else {
      return Error(ErrorCode::invalid_input, "a member of a document has an unknown type");
    }
  }
  query.run();
  return {};
}

class OutboxRows : public Outbox {
 public:
  OutboxRows(Database& db, ChangeState& change) : db_(db), change_(change) {}

  std::vector<OutboxEntry> waiting(std::uint32_t limit, std::size_t max_bytes) const override {
    std::vector<OutboxEntry> entries;
    std::unordered_map<std::string, std::size_t> places;  // index in `entries`, by kind and key
    std::size_t bytes = 0;
    Query row = db_.query(
        "SELECT seq, kind, key, at FROM outbox WHERE parked = '' ORDER BY seq LIMIT ? * ?");
    row.bind(static_cast<std::int64_t>(limit)).bind(kChangesEach);
    while (row.step() && (entries.empty() || bytes < max_bytes)) {
      const OutboxChange change = read_change(row);
      const auto [place, is_new] = places.emplace(change.kind + change.key, entries.size());
      if (!is_new) {
        OutboxEntry& known = entries[place->second];
        known.earlier.push_back(std::exchange(known.seq, change.seq));
        continue;
      }
      if (entries.size() == limit) break;
      OutboxEntry entry = entry_of(db_, change);
      if (entry.content) bytes += dump_json(*entry.content).size();
      if (!entries.empty() && bytes > max_bytes) break;
      entries.push_back(std::move(entry));
    }
    return entries;
  }

  OutboxCounts counts() const override {
    Query row = db_.query(R"sql(
        SELECT count(*) FILTER (WHERE parked = ''), count(*) FILTER (WHERE parked <> ''),
               (SELECT at FROM outbox WHERE parked = '' ORDER BY seq LIMIT 1)
        FROM outbox)sql");
    row.step();
    return read_counts(row);
  }

  std::vector<ParkedDocument> parked(std::uint32_t limit) const override {
    std::vector<ParkedDocument> all;
    Query row = db_.query(
        "SELECT seq, kind, key, parked, at FROM outbox WHERE parked <> '' ORDER BY seq LIMIT ?");
    row.bind(static_cast<std::int64_t>(limit));
    while (row.step()) all.push_back(read_parked(row));
    return all;
  }

  std::vector<OutboxEntry> documents(DocumentKind kind, const std::vector<std::string>& after,
                                     std::uint32_t limit) const override {
    const Form& form = form_of(kind);
    std::vector<OutboxEntry> all;
    Query row = db_.query(form.listed);
    // Every key is greater than these: the empty text, and 0.
    const std::vector<std::string> least(form.key_parts);
    bind_key(row, after.empty() ? least : after);
    row.bind(static_cast<std::int64_t>(limit));
    while (row.step()) {
      OutboxEntry entry{0, {kind, {}}, std::nullopt, {}};
      for (int i = 0; i < row.columns(); ++i) entry.name.key.push_back(row.text(i));
      entry.content = content_of(db_, form, entry.name.key);
      all.push_back(std::move(entry));
    }
    return all;
  }

  std::string state(std::string_view name) const override {
    Query row = db_.query("SELECT value FROM mirror_state WHERE name = ?");
    return row.bind(name).step() ? row.only<std::string>() : std::string();
  }

  void set_wanted(bool) override {}
  void follow() override { change_.follows = true; }

  void append_followed(UtcTime at) override {
    for (const DocumentName& name : change_.changed) {
      db_.query("INSERT INTO outbox (kind, key, at) VALUES (?, ?, ?)")
          .bind(document_word(name.kind))
          .bind(name.key)
          .bind(at)
          .run();
    }
    change_.changed.clear();
  }

  void append_all(DocumentKind kind, UtcTime at) override {
    db_.query(form_of(kind).fill).bind(at).run();
  }

  void sent(std::span<const OutboxEntry> entries) override {
    const bool any_parked = db_.query("SELECT 1 FROM outbox WHERE parked <> '' LIMIT 1").step();
    for (const OutboxEntry& entry : entries) {
      if (any_parked) forget_parked(db_, entry);
      forget_change(db_, entry.seq);
      for (const std::int64_t seq : entry.earlier) forget_change(db_, seq);
    }
  }

  void park(const OutboxEntry& entry, std::string_view reason) override {
    forget_parked(db_, entry);
    for (const std::int64_t seq : entry.earlier) forget_change(db_, seq);
    db_.query("UPDATE outbox SET parked = ? WHERE seq = ?").bind(reason).bind(entry.seq).run();
  }

  Status put_back(DocumentKind kind, const Json& document) override {
    Json content = document;
    if (kind == DocumentKind::log && !content.contains("document")) {  // from an earlier mktd
      content["document"] = dump_json({{"text", text_member(content, "detail").value_or("")}});
    }
    const Form& form = form_of(kind);
    MKT_CHECK(insert_row(db_, form.table, content));
    for (const Part& part : form.parts) {
      if (part.member == nullptr) continue;
      const auto list = content.find(part.member);
      if (list == content.end() || !list->is_array()) continue;
      for (const Json& row : *list) MKT_CHECK(insert_row(db_, part.table, row));
    }
    return {};
  }

  void set_state(std::string_view name, std::string_view value) override {
    db_.query(R"sql(
        INSERT INTO mirror_state (name, value) VALUES (?, ?)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value)sql")
        .bind(name)
        .bind(value)
        .run();
  }

 private:
  Database& db_;
  ChangeState& change_;
};

}  // namespace

std::unique_ptr<Outbox> outbox_rows(Database& db, ChangeState& change) {
  return std::make_unique<OutboxRows>(db, change);
}

}  // namespace mkt
