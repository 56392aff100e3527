#include <limits>

#include "daemon/store/postgres/rows.h"

namespace mkt::postgres {
namespace {

// The columns of `request_rows`, the view that every statement here reads (schema.cc).
class RequestRows : public Requests {
 public:
  RequestRows(Flight& db, PgChangeState& change) : db_(db), change_(change) {}

  std::optional<InstallRequestRecord> find(std::string_view id) const override {
    Query row = db_.query("SELECT * FROM request_rows WHERE id = $1");
    row.bind(id);
    return one(row);
  }

  // One statement for each kind of question, so that each uses the index made for it.
  std::vector<InstallRequestRecord> list(const InstallRequestQuery& q) const override {
    constexpr const char* kOfConnector = R"sql(
        SELECT * FROM request_rows WHERE tenant_id = $1 AND connector_id = $2
        AND ($3 = '' OR (status = $3 AND (status <> 'pending' OR expires_at > $4)))
        AND num < $5 ORDER BY num DESC LIMIT $6)sql";
    constexpr const char* kOfStatus = R"sql(
        SELECT * FROM request_rows WHERE tenant_id = $1 AND $2 = '' AND status = $3
        AND (status <> 'pending' OR expires_at > $4) AND num < $5 ORDER BY num DESC LIMIT $6)sql";
    constexpr const char* kAll = R"sql(
        SELECT * FROM request_rows WHERE tenant_id = $1 AND $2 = '' AND $3 = ''
        AND $4 IS NOT NULL AND num < $5 ORDER BY num DESC LIMIT $6)sql";
    Query row = db_.query(!q.connector_id.empty() ? kOfConnector : q.status ? kOfStatus : kAll);
    row.bind(q.tenant_id)
        .bind(q.connector_id)
        .bind(q.status ? request_status_name(*q.status) : std::string_view(""))
        .bind(q.now)
        .bind(q.before.value_or(std::numeric_limits<std::int64_t>::max()))
        .bind(static_cast<std::int64_t>(q.limit));
    return all(row);
  }

  std::optional<InstallRequestRecord> latest(std::string_view tenant_id,
                                             std::string_view connector_id,
                                             std::string_view version) const override {
    Query row = db_.query(R"sql(
        SELECT * FROM request_rows WHERE tenant_id = $1 AND connector_id = $2 AND version = $3
        ORDER BY num DESC LIMIT 1)sql");
    row.bind(tenant_id).bind(connector_id).bind(version);
    return one(row);
  }

  std::vector<InstallRequestRecord> waiting_for(std::string_view connector_id,
                                                std::string_view version) const override {
    Query row = db_.query(R"sql(
        SELECT * FROM request_rows WHERE connector_id = $1 AND version = $2 AND status = 'pending'
        ORDER BY num)sql");
    row.bind(connector_id).bind(version);
    return all(row);
  }

  bool is_approved(std::string_view connector_id, std::string_view version) const override {
    Query row = db_.query(R"sql(
        SELECT 1 FROM install_requests AS r
        WHERE r.connector_id = $1 AND r.version = $2 AND r.status = 'approved'
          AND EXISTS (SELECT 1 FROM approvals AS a WHERE a.request_num = r.num)
          AND NOT EXISTS (SELECT 1 FROM install_requests AS n
                          WHERE n.tenant_id = r.tenant_id AND n.connector_id = r.connector_id
                            AND n.version = r.version AND n.num > r.num)
        LIMIT 1)sql");
    return row.bind(connector_id).bind(version).step();
  }

  std::vector<InstallRequestRecord> approved_with(std::string_view token_id) const override {
    Query row = db_.query(R"sql(
        SELECT * FROM request_rows WHERE status = 'pending' AND num IN
          (SELECT request_num FROM approvals WHERE token_id = $1 AND token_id <> '')
        ORDER BY num)sql");
    row.bind(token_id);
    return all(row);
  }

  std::vector<InstallRequestRecord> overdue(UtcTime now, std::uint32_t limit) const override {
    Query row = db_.query(R"sql(
        SELECT * FROM request_rows WHERE status = 'pending' AND expires_at <= $1
        ORDER BY expires_at LIMIT $2)sql");
    row.bind(now).bind(static_cast<std::int64_t>(limit));
    return all(row);
  }

  void insert(const InstallRequestRecord& r) override {
    db_.write(R"sql(
        INSERT INTO install_requests
          (id, tenant_id, connector_id, version, checksum, config, status, requested_by,
           requested_at, expires_at, min_approvals, allow_self_approval, rule, explanation,
           installed_version, deprecated, decided_at, decided_by, installed_request, num)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
               h.num - $20
        FROM log_head AS h WHERE h.id = 1)sql")
        .bind(r.id)
        .bind(r.tenant_id)
        .bind(r.connector_id)
        .bind(r.version)
        .bind(r.checksum)
        .bind(r.config)
        .bind(request_status_name(r.status))
        .bind(r.requested_by)
        .bind(r.requested_at)
        .bind(r.expires_at)
        .bind(static_cast<std::int64_t>(r.min_approvals))
        .bind(r.allow_self_approval)
        .bind(r.rule)
        .bind(r.explanation)
        .bind(r.installed_version)
        .bind(r.deprecated)
        .bind(r.decided_at)
        .bind(r.decided_by)
        .bind(r.installed_request)
        .queue_numbered({db_.take_num()});
    note(r);
  }

  void put_approval(const InstallRequestRecord& r, const ApprovalRecord& a) override {
    db_.write(R"sql(
        INSERT INTO approvals (request_num, approver, approved_at, key_id, signature, token_id)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (request_num, approver) DO UPDATE
        SET approved_at = excluded.approved_at, key_id = excluded.key_id,
            signature = excluded.signature, token_id = excluded.token_id)sql")
        .bind(r.num)
        .bind(a.approver)
        .bind(a.approved_at)
        .bind(a.key_id)
        .bind(a.signature)
        .bind(a.token_id)
        .queue();
    note(r);
  }

  void remove_approvals(const InstallRequestRecord& r, std::string_view token_id) override {
    db_.write("DELETE FROM approvals WHERE request_num = $1 AND token_id = $2")
        .bind(r.num)
        .bind(token_id)
        .queue();
    note(r);
  }

  void decide(const InstallRequestRecord& r) override {
    db_.write(R"sql(
        UPDATE install_requests SET status = $1, decided_at = $2, decided_by = $3, reason = $4
        WHERE num = $5)sql")
        .bind(request_status_name(r.status))
        .bind(r.decided_at)
        .bind(r.decided_by)
        .bind(r.reason)
        .bind(r.num)
        .queue();
    note(r);
  }

 private:
  void note(const InstallRequestRecord& r) {
    change_.note(DocumentKind::install_request, r.tenant_id, r.id);
  }

  void read_approvals(InstallRequestRecord& r) const {
    Query row = db_.query(R"sql(
        SELECT approver, approved_at, key_id, signature, token_id FROM approvals
        WHERE request_num = $1 ORDER BY approved_at, approver)sql");
    row.bind(r.num);
    while (row.step()) {
      ApprovalRecord& a = r.approvals.emplace_back();
      row.get(a.approver, a.approved_at, a.key_id, a.signature, a.token_id);
    }
  }

  std::optional<InstallRequestRecord> one(Query& row) const {
    if (!row.step()) return std::nullopt;
    InstallRequestRecord r = read_request(row.row());
    read_approvals(r);
    return r;
  }

  std::vector<InstallRequestRecord> all(Query& row) const {
    std::vector<InstallRequestRecord> requests;
    while (row.step()) requests.push_back(read_request(row.row()));
    for (InstallRequestRecord& r : requests) read_approvals(r);
    return requests;
  }

  Flight& db_;
  PgChangeState& change_;
};

}  // namespace

std::unique_ptr<Requests> request_rows(Flight& db, PgChangeState& change) {
  return std::make_unique<RequestRows>(db, change);
}

}  // namespace mkt::postgres
