#include "daemon/store/postgres/document_forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "daemon/store/document_text.h"

namespace mkt::postgres {
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
  const char* files;               // a second table with the same key; or null
  std::vector<std::string> least;  // less than every key
  std::array<Part, 2> parts;
  const char* rows;    // selects those of one document
  const char* listed;  // selects the keys after a given one, in order
  const char* fill;    // puts all into the outbox, with the time that is bound
};

const Form kForms[] = {
    {DocumentKind::log,
     "audit_log",
     nullptr,
     {"0"},
     {},
     "SELECT seq, at, actor, address, request_id, action, subject, document FROM audit_log "
     "WHERE seq = CAST($1 AS bigint)",
     "SELECT seq FROM audit_log WHERE seq > CAST($1 AS bigint) ORDER BY seq LIMIT $2",
     R"sql(INSERT INTO outbox (seq, kind, key, at)
           SELECT h.num + row_number() OVER (ORDER BY l.seq), 'log', '["' || l.seq::text || '"]', $1
           FROM audit_log AS l, log_head AS h)sql"},
    {DocumentKind::publisher,
     "publishers",
     nullptr,
     {""},
     {{{"publicKeys", "publisher_keys",
        "SELECT key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at, "
        "revoked_at, reason_code, reason, changed_seq, revoked_by, compromised_seq, endorsed_by, "
        "endorsement, added_seq, alias FROM publisher_keys "
        "WHERE publisher_id = $1 AND status <> 'revoked' ORDER BY key_id"},
       {"revokedKeys", "publisher_keys",
        "SELECT key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at, "
        "revoked_at, reason_code, reason, changed_seq, revoked_by, compromised_seq, endorsed_by, "
        "endorsement, added_seq, alias FROM publisher_keys "
        "WHERE publisher_id = $1 AND status = 'revoked' ORDER BY key_id"}}},
     "SELECT id, display_name, email, status, verified, created_at, status_reason "
     "FROM publishers WHERE id = $1",
     "SELECT id FROM publishers WHERE id > $1 ORDER BY id LIMIT $2",
     R"sql(INSERT INTO outbox (seq, kind, key, at)
           SELECT h.num + row_number() OVER (ORDER BY p.id), 'publisher',
                  '[' || to_json(p.id)::text || ']', $1
           FROM publishers AS p, log_head AS h)sql"},
    {DocumentKind::connector,
     "connectors",
     nullptr,
     {""},
     {{{"owners", "connector_owners",
        "SELECT connector_id, publisher_id, added_at, added_seq FROM connector_owners "
        "WHERE connector_id = $1 ORDER BY added_seq, publisher_id"},
       {"labels", "connector_labels",
        "SELECT l.label, l.kind, l.num FROM connector_labels AS l "
        "JOIN connectors AS c ON c.num = l.num WHERE c.id = $1 ORDER BY l.label, l.kind"}}},
     // Also what readers of the mirror want to know: the owner, all versions, and the newest one's
     // manifest, of which `with_manifest` takes what is shown.
     "SELECT c.num, c.id, c.owner, c.latest_version, c.display_name, c.description, c.author, "
     "c.capabilities, c.downloads, c.created_at, c.updated_at, c.visible_to, p.verified, "
     "f.manifest, "
     "(SELECT coalesce(json_agg(v.version ORDER BY v.seq DESC), '[]') FROM versions AS v "
     "WHERE v.connector_id = c.id) AS versions "
     "FROM connectors AS c LEFT JOIN publishers AS p ON p.id = c.owner "
     "LEFT JOIN version_files AS f ON f.connector_id = c.id AND f.version = c.latest_version "
     "WHERE c.id = $1",
     "SELECT id FROM connectors WHERE id > $1 ORDER BY id LIMIT $2",
     R"sql(INSERT INTO outbox (seq, kind, key, at)
           SELECT h.num + row_number() OVER (ORDER BY c.id), 'connector',
                  '[' || to_json(c.id)::text || ']', $1
           FROM connectors AS c, log_head AS h)sql"},
    {DocumentKind::version,
     "versions",
     "version_files",
     {"", ""},
     {},
     "SELECT v.connector_id, v.version, f.manifest, v.checksum, v.size, f.signature, "
     "v.signing_key_id, v.published_at, v.published_by, v.downloads, v.prerelease, v.deprecated, "
     "v.deprecation_reason, v.quarantined, v.seq, v.signature_seq, v.capabilities, "
     "v.policy_classes, v.visible_to, v.quarantine_reason, v.withdrawn_at, v.withdrawal_code, "
     "v.withdrawal_reason FROM versions AS v "
     "JOIN version_files AS f ON f.connector_id = v.connector_id AND f.version = v.version "
     "WHERE v.connector_id = $1 AND v.version = $2",
     "SELECT connector_id, version FROM versions WHERE (connector_id, version) > ($1, $2) "
     "ORDER BY connector_id, version LIMIT $3",
     R"sql(INSERT INTO outbox (seq, kind, key, at)
           SELECT h.num + row_number() OVER (ORDER BY v.connector_id, v.version), 'version',
                  '[' || to_json(v.connector_id)::text || ',' || to_json(v.version)::text || ']', $1
           FROM versions AS v, log_head AS h)sql"},
    {DocumentKind::policy,
     "tenant_policies",
     nullptr,
     {"", "0"},
     {},
     "SELECT tenant_id, revision, document, set_at, set_by FROM tenant_policies "
     "WHERE tenant_id = $1 AND revision = CAST($2 AS bigint)",
     "SELECT tenant_id, revision FROM tenant_policies "
     "WHERE (tenant_id, revision) > ($1, CAST($2 AS bigint)) ORDER BY tenant_id, revision "
     "LIMIT $3",
     R"sql(INSERT INTO outbox (seq, kind, key, at)
           SELECT h.num + row_number() OVER (ORDER BY p.tenant_id, p.revision), 'policy',
                  '[' || to_json(p.tenant_id)::text || ',"' || p.revision::text || '"]', $1
           FROM tenant_policies AS p, log_head AS h)sql"},
    {DocumentKind::install_request,
     "install_requests",
     nullptr,
     {"", ""},
     {{{"approvals", "approvals",
        "SELECT a.request_num, a.approver, a.approved_at, a.key_id, a.signature "
        "FROM approvals AS a JOIN install_requests AS r ON r.num = a.request_num "
        "WHERE r.tenant_id = $1 AND r.id = $2 ORDER BY a.approver"},
       {}}},
     "SELECT num, id, tenant_id, connector_id, version, checksum, config, status, requested_by, "
     "requested_at, expires_at, min_approvals, allow_self_approval, rule, explanation, "
     "installed_version, deprecated, decided_at, decided_by, reason, installed_request "
     "FROM install_requests WHERE tenant_id = $1 AND id = $2",
     "SELECT tenant_id, id FROM install_requests WHERE (tenant_id, id) > ($1, $2) "
     "ORDER BY tenant_id, id LIMIT $3",
     R"sql(INSERT INTO outbox (seq, kind, key, at)
           SELECT h.num + row_number() OVER (ORDER BY r.num), 'install_request',
                  '[' || to_json(r.tenant_id)::text || ',' || to_json(r.id)::text || ']', $1
           FROM install_requests AS r, log_head AS h)sql"},
    {DocumentKind::installation,
     "installations",
     nullptr,
     {"", ""},
     {},
     "SELECT tenant_id, connector_id, version, checksum, config, request_id, installed_by, "
     "installed_at, updated_at FROM installations WHERE tenant_id = $1 AND connector_id = $2",
     "SELECT tenant_id, connector_id FROM installations "
     "WHERE (tenant_id, connector_id) > ($1, $2) ORDER BY tenant_id, connector_id LIMIT $3",
     R"sql(INSERT INTO outbox (seq, kind, key, at)
           SELECT h.num + row_number() OVER (ORDER BY i.tenant_id, i.connector_id), 'installation',
                  '[' || to_json(i.tenant_id)::text || ',' || to_json(i.connector_id)::text || ']', $1
           FROM installations AS i, log_head AS h)sql"},
    {DocumentKind::installation_event,
     "installation_events",
     nullptr,
     {"", "0"},
     {},
     "SELECT num, tenant_id, connector_id, action, version, previous_version, request_id, actor, "
     "at FROM installation_events WHERE tenant_id = $1 AND num = CAST($2 AS bigint)",
     "SELECT tenant_id, num FROM installation_events "
     "WHERE (tenant_id, num) > ($1, CAST($2 AS bigint)) ORDER BY tenant_id, num LIMIT $3",
     R"sql(INSERT INTO outbox (seq, kind, key, at)
           SELECT h.num + row_number() OVER (ORDER BY e.num), 'installation_event',
                  '[' || to_json(e.tenant_id)::text || ',"' || e.num::text || '"]', $1
           FROM installation_events AS e, log_head AS h)sql"},
};

const Form& form_of(DocumentKind kind) {
  return *std::find_if(std::begin(kForms), std::end(kForms),
                       [kind](const Form& form) { return form.kind == kind; });
}

void bind_key(Query& query, const std::vector<std::string>& key) {
  for (const std::string& part : key) query.bind(part);
}

// A member of a manifest as a column would have it: lists and objects as JSON text.
Json as_column(const Json& manifest, const char* name) {
  const auto member = manifest.find(name);
  if (member == manifest.end()) return nullptr;
  return member->is_structured() ? Json(dump_json(*member)) : *member;
}

// Puts what is shown of the newest version's manifest in the manifest's place. The database must
// not parse it: PostgreSQL's JSON knows no NUL.
Json with_manifest(Json content) {
  const std::string text = text_member(content, "manifest").value_or("{}");
  const std::string versions = text_member(content, "versions").value_or("[]");
  content.erase("manifest");
  content.erase("versions");
  const Json manifest = Json::parse(text, nullptr, false);
  const bool is_object = manifest.is_object();
  for (const auto& [member, name] :
       std::initializer_list<std::pair<const char*, const char*>>{{"license", "license"},
                                                                  {"repositoryUrl", "repository"},
                                                                  {"documentationUrl", "homepage"},
                                                                  {"keywords", "keywords"}}) {
    content[member] = is_object ? as_column(manifest, name) : Json(nullptr);
  }
  content["versions"] = dump_json(Json::parse(versions));
  return content;
}

}  // namespace

std::optional<Json> document_content(Flight& db, const DocumentName& name) {
  const Form& form = form_of(name.kind);
  Query found = db.query(form.rows);
  bind_key(found, name.key);
  if (!found.step()) return std::nullopt;
  Json content = row_content(found.row());
  if (name.kind == DocumentKind::connector) content = with_manifest(std::move(content));
  for (const Part& part : form.parts) {
    if (part.member == nullptr) continue;
    Json list = Json::array();
    Query row = db.query(part.rows);
    bind_key(row, name.key);
    while (row.step()) list.push_back(row_content(row.row()));
    content[part.member] = std::move(list);
  }
  return content;
}

std::vector<std::vector<std::string>> document_keys(Flight& db, DocumentKind kind,
                                                    const std::vector<std::string>& after,
                                                    std::uint32_t limit) {
  const Form& form = form_of(kind);
  Query row = db.query(form.listed);
  bind_key(row, after.empty() ? form.least : after);
  row.bind(limit);
  std::vector<std::vector<std::string>> keys;
  while (row.step()) {
    std::vector<std::string>& key = keys.emplace_back();
    for (int i = 0; i < row.row().columns(); ++i) key.push_back(row.row().text(i));
  }
  return keys;
}

// How many numbers it takes is only known to the database. So it holds log_head first, and raises
// it afterwards.
void queue_all_documents(Flight& db, DocumentKind kind, UtcTime at) {
  db.write("UPDATE log_head SET num = num WHERE id = 1").queue_last();
  db.write(form_of(kind).fill).bind(at).queue_last();
  db.write(R"sql(
      UPDATE log_head SET num = greatest(num, (SELECT coalesce(max(o.seq), 0) FROM outbox AS o))
      WHERE id = 1)sql")
      .queue_last();
}

const std::vector<std::string>& RestoredDocuments::columns_of(const char* table) {
  std::vector<std::string>& columns = columns_[table];
  if (!columns.empty()) return columns;
  Query row = db_.query(R"sql(
      SELECT CAST(column_name AS text) FROM information_schema.columns
      WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position)sql");
  row.bind(table);
  while (row.step()) columns.push_back(row.only<std::string>());
  return columns;
}

Status RestoredDocuments::insert_row(const char* table, const Json& content) {
  if (!content.is_object()) return Error(ErrorCode::invalid_input, "a document is not an object");
  std::vector<std::string> names, marks;
  std::vector<const Json*> values;
  for (const std::string& column : columns_of(table)) {
    const auto member = content.find(document_member(column));
    if (member == content.end()) continue;
    names.push_back(column);
    values.push_back(&*member);
    marks.push_back(fmt::format("${}", names.size()));
  }
  if (names.empty()) return Error(ErrorCode::invalid_input, "a document has no known member");
  // Of names that come from the schema, never from a document.
  const auto insert = inserts_.insert(fmt::format("INSERT INTO {} ({}) VALUES ({})", table,
                                                  fmt::join(names, ", "), fmt::join(marks, ", ")));
  Write write = db_.write(insert.first->c_str());
  for (const Json* value : values) {
    if (value->is_null()) {
      write.bind(std::optional<std::int64_t>());
    } else if (value->is_boolean()) {
      write.bind(value->get<bool>());
    } else if (value->is_number_integer()) {
      write.bind(value->get<std::int64_t>());
    } else if (value->is_string()) {
      write.bind(value->get_ref<const std::string&>());
    } else {
      return Error(ErrorCode::invalid_input, "a member of a document has an unknown type");
    }
  }
  write.queue();
  return {};
}

// Later numbers must come after those that are put back.
void RestoredDocuments::raise_head(DocumentKind kind, const Json& content) {
  if (kind == DocumentKind::log) {
    db_.write(R"sql(
        UPDATE log_head SET seq = greatest(seq, $1), at = greatest(at, $2) WHERE id = 1)sql")
        .bind(number_member(content, "seq").value_or(0))
        .bind(number_member(content, "at").value_or(0))
        .queue();
  } else if (const auto num = number_member(content, "num")) {
    db_.write("UPDATE log_head SET num = greatest(num, $1) WHERE id = 1").bind(*num).queue();
  }
}

Status RestoredDocuments::put_back(DocumentKind kind, const Json& document) {
  Json content = document;
  if (kind == DocumentKind::log && !content.contains("document")) {  // from an earlier mktd
    content["document"] = dump_json({{"text", text_member(content, "detail").value_or("")}});
  }
  if (kind == DocumentKind::version) {
    content["signedAs"] = name_in_signature(text_member(content, "signature").value_or(""),
                                            text_member(content, "signingKeyId").value_or(""));
  }
  const Form& form = form_of(kind);
  MKT_CHECK(insert_row(form.table, content));
  if (form.files != nullptr) MKT_CHECK(insert_row(form.files, content));
  raise_head(kind, content);
  for (const Part& part : form.parts) {
    if (part.member == nullptr) continue;
    const auto list = content.find(part.member);
    if (list == content.end() || !list->is_array()) continue;
    for (const Json& row : *list) MKT_CHECK(insert_row(part.table, row));
  }
  return {};
}

std::string name_in_signature(std::string_view signature, std::string_view key_id) {
  const auto file = parse_json(signature, "the signature file");
  const auto name = file && file->is_object() ? text_member(*file, "keyId") : std::nullopt;
  return name.value_or(std::string(key_id));
}

}  // namespace mkt::postgres
