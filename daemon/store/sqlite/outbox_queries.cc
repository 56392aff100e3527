// Documents, their tables, and the triggers; see outbox_queries.h.
#include "daemon/store/sqlite/outbox_queries.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace mkt::outbox_queries {
namespace {

// Rows of another table that belong to a document. `of` tells the document's key from such a row,
// named ROW.
struct Part {
  const char* member;
  const char* table;
  const char* of;
  const char* rows;  // of the document whose key is bound
};

struct Form {
  DocumentKind kind;
  const char* word;  // in the outbox
  const char* table;
  const char* key;  // columns of ROW
  std::array<Part, 2> parts;
  const char* rows;    // of one document
  const char* listed;  // keys after one, in their order
  const char* all;     // keys of all as the outbox has them, named key
};

constexpr auto kForms = std::to_array<Form>({
    {DocumentKind::log,
     "log",
     "audit_log",
     "ROW.seq",
     {},
     "SELECT * FROM audit_log WHERE seq = ?1",
     "SELECT seq FROM audit_log WHERE seq > CAST(?1 AS INTEGER) ORDER BY seq LIMIT ?2",
     "SELECT json_array(seq) AS key FROM audit_log"},
    {DocumentKind::publisher,
     "publisher",
     "publishers",
     "ROW.id",
     {{{"publicKeys", "publisher_keys", "ROW.publisher_id",
        "SELECT * FROM publisher_keys WHERE publisher_id = ?1 AND status <> 'revoked' "
        "ORDER BY key_id"},
       {"revokedKeys", "publisher_keys", "",
        "SELECT * FROM publisher_keys WHERE publisher_id = ?1 AND status = 'revoked' "
        "ORDER BY key_id"}}},
     "SELECT * FROM publishers WHERE id = ?1",
     "SELECT id FROM publishers WHERE id > ?1 ORDER BY id LIMIT ?2",
     "SELECT json_array(id) AS key FROM publishers"},
    {DocumentKind::connector,
     "connector",
     "connectors",
     "ROW.id",
     {{{"owners", "connector_owners", "ROW.connector_id",
        "SELECT * FROM connector_owners WHERE connector_id = ?1 ORDER BY added_seq, publisher_id"},
       {"labels", "connector_labels", "(SELECT id FROM connectors WHERE num = ROW.num)",
        "SELECT l.label, l.kind, l.num FROM connector_labels AS l JOIN connectors AS c USING (num) "
        "WHERE c.id = ?1 ORDER BY l.label, l.kind"}}},
     // What readers of the mirror want to know of its newest version, its owner and its versions.
     "SELECT c.*, p.verified, "
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
     "SELECT json_array(id) AS key FROM connectors"},
    {DocumentKind::version,
     "version",
     "versions",
     "ROW.connector_id, ROW.version",
     {},
     "SELECT * FROM versions WHERE connector_id = ?1 AND version = ?2",
     "SELECT connector_id, version FROM versions WHERE (connector_id, version) > (?1, ?2) "
     "ORDER BY connector_id, version LIMIT ?3",
     "SELECT json_array(connector_id, version) AS key FROM versions"},
    {DocumentKind::policy,
     "policy",
     "tenant_policies",
     "ROW.tenant_id, ROW.revision",
     {},
     "SELECT * FROM tenant_policies WHERE tenant_id = ?1 AND revision = ?2",
     "SELECT tenant_id, revision FROM tenant_policies "
     "WHERE (tenant_id, revision) > (?1, CAST(?2 AS INTEGER)) ORDER BY tenant_id, revision LIMIT "
     "?3",
     "SELECT json_array(tenant_id, revision) AS key FROM tenant_policies"},
    {DocumentKind::install_request,
     "install_request",
     "install_requests",
     "ROW.tenant_id, ROW.id",
     {{{"approvals", "approvals",
        "(SELECT tenant_id FROM install_requests WHERE num = ROW.request_num), "
        "(SELECT id FROM install_requests WHERE num = ROW.request_num)",
        "SELECT a.request_num, a.approver, a.approved_at, a.key_id, a.signature "
        "FROM approvals AS a JOIN install_requests AS r ON r.num = a.request_num "
        "WHERE r.tenant_id = ?1 AND r.id = ?2 ORDER BY a.approver"},
       {}}},
     "SELECT * FROM install_requests WHERE tenant_id = ?1 AND id = ?2",
     "SELECT tenant_id, id FROM install_requests WHERE (tenant_id, id) > (?1, ?2) "
     "ORDER BY tenant_id, id LIMIT ?3",
     "SELECT json_array(tenant_id, id) AS key FROM install_requests"},
    {DocumentKind::installation,
     "installation",
     "installations",
     "ROW.tenant_id, ROW.connector_id",
     {},
     "SELECT * FROM installations WHERE tenant_id = ?1 AND connector_id = ?2",
     "SELECT tenant_id, connector_id FROM installations "
     "WHERE (tenant_id, connector_id) > (?1, ?2) ORDER BY tenant_id, connector_id LIMIT ?3",
     "SELECT json_array(tenant_id, connector_id) AS key FROM installations"},
    {DocumentKind::installation_event,
     "installation_event",
     "installation_events",
     "ROW.tenant_id, ROW.num",
     {},
     "SELECT * FROM installation_events WHERE tenant_id = ?1 AND num = ?2",
     "SELECT tenant_id, num FROM installation_events "
     "WHERE (tenant_id, num) > (?1, CAST(?2 AS INTEGER)) ORDER BY tenant_id, num LIMIT ?3",
     "SELECT json_array(tenant_id, num) AS key FROM installation_events"},
});

// Columns that hold a flag.
constexpr auto kFlags = std::to_array<std::string_view>(
    {"verified", "prerelease", "deprecated", "quarantined", "allow_self_approval"});
// Columns that are nobody else's business: the ids of tokens, which the mirror does not have.
constexpr auto kLeftOut = std::to_array<std::string_view>({"token_id"});

const Form& form_of(DocumentKind kind) {
  return *std::find_if(kForms.begin(), kForms.end(),
                       [kind](const Form& form) { return form.kind == kind; });
}

const Form* form_named(std::string_view word) {
  const auto form =
      std::find_if(kForms.begin(), kForms.end(), [word](const Form& f) { return f.word == word; });
  return form == kForms.end() ? nullptr : &*form;
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// display_name → displayName
std::string camel_case(std::string_view column) {
  std::string name;
  bool upper = false;
  for (const char c : column) {
    if (c == '_') {
      upper = true;
    } else {
      name += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      upper = false;
    }
  }
  return name;
}

Json row_content(const Query& row) {
  Json content = Json::object();
  for (int i = 0; i < row.columns(); ++i) {
    const std::string_view column = row.name(i);
    if (is_one_of(kLeftOut, column)) continue;
    Json& value = content[camel_case(column)];
    if (row.is_null(i)) continue;
    if (!row.is_number(i)) {
      value = row.text(i);
    } else if (is_one_of(kFlags, column)) {
      value = row.flag(i);
    } else {
      value = row.number(i);
    }
  }
  return content;
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

std::vector<std::string> key_from_json(const std::string& text) {
  std::vector<std::string> key;
  for (const Json& part : Json::parse(text)) {
    key.push_back(part.is_string() ? part.get<std::string>()
                                   : std::to_string(part.get<std::int64_t>()));
  }
  return key;
}

std::string with_row(std::string text, const char* row) {
  constexpr std::string_view kRow = "ROW.";
  for (std::size_t at = 0; (at = text.find(kRow, at)) != std::string::npos;) {
    text.replace(at, kRow.size(), fmt::format("{}.", row));
  }
  return text;
}

constexpr const char* kNowMs = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)";

void add_triggers(Database& writer, const Form& form, const char* table, const char* key) {
  for (const auto& [event, row] :
       {std::pair("INSERT", "NEW"), {"UPDATE", "NEW"}, {"DELETE", "OLD"}}) {
    const std::string of = with_row(key, row);
    writer.execute(
        fmt::format("CREATE TEMP TRIGGER IF NOT EXISTS mirror_{0}_{1} AFTER {1} ON main.{0} BEGIN "
                    "INSERT INTO outbox (kind, key, at) VALUES ('{2}', json_array({3}), {4}); END",
                    table, event, form.word, of, kNowMs)
            .c_str());
  }
}

constexpr const char* kComplete = "complete";
// Changes that are looked at for each document that may be sent: one that changed more often than
// others takes several turns.
constexpr std::int64_t kChangesEach = 10;

// What a row of the outbox names, whole.
OutboxEntry entry_of(Database& db, std::int64_t seq, const std::string& word,
                     const std::string& key, UtcTime at) {
  const Form& form = *form_named(word);
  OutboxEntry entry{seq, {form.kind, key_from_json(key)}, std::nullopt, at};
  entry.content = content_of(db, form, entry.name.key);
  return entry;
}

void forget_change(Database& db, std::int64_t seq) {
  db.query("DELETE FROM outbox WHERE seq = ?").bind(seq).run();
}

// That an earlier state of that document was refused.
void forget_parked(Database& db, const OutboxEntry& entry) {
  db.query(R"sql(
      DELETE FROM outbox WHERE parked <> '' AND (kind, key) = (
        SELECT kind, key FROM outbox WHERE seq = ?))sql")
      .bind(entry.seq)
      .run();
}

// Columns of a table, from the schema and never from a document.
std::vector<std::string> columns_of(Database& db, const char* table) {
  std::vector<std::string> columns;
  Query row = db.query("SELECT name FROM pragma_table_info(?) ORDER BY cid");
  row.bind(std::string_view(table));  // a pointer would be a flag
  while (row.step()) columns.push_back(row.text(0));
  return columns;
}

Status insert_row(Database& db, const char* table, const Json& content) {
  if (!content.is_object()) return Error(ErrorCode::invalid_input, "a document is no object");
  std::vector<std::string> names;
  std::vector<const Json*> values;
  for (const std::string& column : columns_of(db, table)) {
    const auto member = content.find(camel_case(column));
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

}  // namespace

bool start(Database& writer) {
  for (const Form& form : kForms) {
    add_triggers(writer, form, form.table, form.key);
    for (const Part& part : form.parts) {
      if (part.member != nullptr && *part.of != '\0') {
        add_triggers(writer, form, part.table, part.of);
      }
    }
  }
  // A connector's document says whether its owner is verified.
  writer.execute(
      fmt::format("CREATE TEMP TRIGGER IF NOT EXISTS mirror_verified AFTER UPDATE OF verified ON "
                  "main.publishers WHEN OLD.verified <> NEW.verified BEGIN "
                  "INSERT INTO outbox (kind, key, at) SELECT 'connector', json_array(id), {} FROM "
                  "connectors WHERE owner = NEW.id; END",
                  kNowMs)
          .c_str());
  return state(writer, kComplete) != "yes";
}

void stop(Database& writer) {
  if (!state(writer, kComplete).empty()) set_state(writer, kComplete, "");
}

void fill(Database& db, DocumentKind kind) {
  const Form& form = form_of(kind);
  db.execute(fmt::format("INSERT INTO outbox (kind, key, at) SELECT '{0}', key, {2} FROM ({1})",
                         form.word, form.all, kNowMs)
                 .c_str());
}

std::vector<OutboxEntry> waiting(Database& db, std::uint32_t most, std::size_t most_bytes) {
  std::vector<OutboxEntry> entries;
  std::unordered_map<std::string, std::size_t> places;  // in entries, by kind and key
  std::size_t bytes = 0;
  Query row =
      db.query("SELECT seq, kind, key, at FROM outbox WHERE parked = '' ORDER BY seq LIMIT ? * ?");
  row.bind(static_cast<std::int64_t>(most)).bind(kChangesEach);
  while (row.step() && (entries.empty() || bytes < most_bytes)) {
    const auto [place, is_new] = places.emplace(row.text(1) + row.text(2), entries.size());
    if (!is_new) {
      OutboxEntry& known = entries[place->second];
      known.earlier.push_back(std::exchange(known.seq, row.number(0)));
      continue;
    }
    if (entries.size() == most) break;
    OutboxEntry entry = entry_of(db, row.number(0), row.text(1), row.text(2), row.time(3));
    if (entry.content) bytes += dump_json(*entry.content).size();
    if (!entries.empty() && bytes > most_bytes) break;
    entries.push_back(std::move(entry));
  }
  return entries;
}

OutboxCounts counts(Database& db) {
  Query row = db.query(R"sql(
      SELECT count(*) FILTER (WHERE parked = ''), count(*) FILTER (WHERE parked <> ''),
             (SELECT at FROM outbox WHERE parked = '' ORDER BY seq LIMIT 1)
      FROM outbox)sql");
  row.step();
  return {row.number(0), row.number(1), row.optional_time(2)};
}

void sent(Database& db, std::span<const OutboxEntry> entries) {
  const bool any_parked = db.query("SELECT 1 FROM outbox WHERE parked <> '' LIMIT 1").step();
  for (const OutboxEntry& entry : entries) {
    if (any_parked) forget_parked(db, entry);
    forget_change(db, entry.seq);
    for (const std::int64_t seq : entry.earlier) forget_change(db, seq);
  }
}

void park(Database& db, const OutboxEntry& entry, std::string_view reason) {
  forget_parked(db, entry);
  for (const std::int64_t seq : entry.earlier) forget_change(db, seq);
  db.query("UPDATE outbox SET parked = ? WHERE seq = ?").bind(reason).bind(entry.seq).run();
}

std::vector<ParkedDocument> parked(Database& db, std::uint32_t most) {
  std::vector<ParkedDocument> all;
  Query row = db.query(
      "SELECT seq, kind, key, parked, at FROM outbox WHERE parked <> '' ORDER BY seq LIMIT ?");
  row.bind(static_cast<std::int64_t>(most));
  while (row.step()) {
    all.push_back({row.number(0),
                   {form_named(row.text(1))->kind, key_from_json(row.text(2))},
                   row.text(3),
                   row.time(4)});
  }
  return all;
}

std::vector<OutboxEntry> documents(Database& db, DocumentKind kind,
                                   const std::vector<std::string>& after, std::uint32_t most) {
  const Form& form = form_of(kind);
  const std::size_t parts = std::string_view(form.key).find(',') == std::string_view::npos ? 1 : 2;
  std::vector<OutboxEntry> all;
  Query row = db.query(form.listed);
  // Keys begin above these: no text is smaller than the empty one, no number than 0.
  const std::vector<std::string> least(parts);
  bind_key(row, after.empty() ? least : after);
  row.bind(static_cast<std::int64_t>(most));
  while (row.step()) {
    OutboxEntry entry{0, {kind, {}}, std::nullopt, {}};
    for (int i = 0; i < row.columns(); ++i) entry.name.key.push_back(row.text(i));
    entry.content = content_of(db, form, entry.name.key);
    all.push_back(std::move(entry));
  }
  return all;
}

Status insert(Database& db, DocumentKind kind, const Json& content) {
  const Form& form = form_of(kind);
  MKT_CHECK(insert_row(db, form.table, content));
  for (const Part& part : form.parts) {
    if (part.member == nullptr) continue;
    const auto list = content.find(part.member);
    if (list == content.end() || !list->is_array()) continue;
    for (const Json& row : *list) MKT_CHECK(insert_row(db, part.table, row));
  }
  return {};
}

std::string state(Database& db, std::string_view name) {
  Query row = db.query("SELECT value FROM mirror_state WHERE name = ?");
  return row.bind(name).step() ? row.text(0) : std::string();
}

void set_state(Database& db, std::string_view name, std::string_view value) {
  db.query(R"sql(
      INSERT INTO mirror_state (name, value) VALUES (?, ?)
      ON CONFLICT (name) DO UPDATE SET value = excluded.value)sql")
      .bind(name)
      .bind(value)
      .run();
}

}  // namespace mkt::outbox_queries
