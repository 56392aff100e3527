#include <string>

#include "daemon/store/postgres/rows.h"

namespace mkt::postgres {
namespace {

class PolicyRows : public Policies {
 public:
  PolicyRows(Flight& db, PgChangeState& change) : db_(db), change_(change) {}

  std::optional<PolicyRecord> current(std::string_view tenant_id) const override {
    Query row = db_.query(R"sql(
        SELECT tenant_id, revision, document, set_at, set_by
        FROM tenant_policies WHERE tenant_id = $1 ORDER BY revision DESC LIMIT 1)sql");
    if (!row.bind(tenant_id).step()) return std::nullopt;
    PolicyRecord p;
    row.get(p.tenant_id, p.revision, p.document, p.set_at, p.set_by);
    return p;
  }

  std::vector<PolicyRecord> history(std::string_view tenant_id,
                                    std::uint32_t limit) const override {
    Query row = db_.query(R"sql(
        SELECT tenant_id, revision, document, set_at, set_by
        FROM tenant_policies WHERE tenant_id = $1 ORDER BY revision DESC LIMIT $2)sql");
    row.bind(tenant_id).bind(static_cast<std::int64_t>(limit));
    std::vector<PolicyRecord> policies;
    while (row.step()) {
      PolicyRecord& p = policies.emplace_back();
      row.get(p.tenant_id, p.revision, p.document, p.set_at, p.set_by);
    }
    return policies;
  }

  std::vector<PolicySize> sizes(std::string_view tenant_id) const override {
    Query row = db_.query(R"sql(
        SELECT revision, octet_length(document)
        FROM tenant_policies WHERE tenant_id = $1 ORDER BY revision DESC)sql");
    row.bind(tenant_id);
    std::vector<PolicySize> sizes;
    while (row.step()) {
      PolicySize& size = sizes.emplace_back();
      row.get(size.revision, size.bytes);
    }
    return sizes;
  }

  void insert(const PolicyRecord& p) override {
    db_.write(R"sql(
        INSERT INTO tenant_policies (tenant_id, revision, document, set_at, set_by)
        VALUES ($1, $2, $3, $4, $5))sql")
        .bind(p.tenant_id)
        .bind(p.revision)
        .bind(p.document)
        .bind(p.set_at)
        .bind(p.set_by)
        .queue();
    change_.note(DocumentKind::policy, p.tenant_id, std::to_string(p.revision));
  }

  void remove(std::string_view tenant_id, std::int64_t revision) override {
    db_.write("DELETE FROM tenant_policies WHERE tenant_id = $1 AND revision = $2")
        .bind(tenant_id)
        .bind(revision)
        .queue();
    change_.note(DocumentKind::policy, tenant_id, std::to_string(revision));
  }

 private:
  Flight& db_;
  PgChangeState& change_;
};

}  // namespace

std::unique_ptr<Policies> policy_rows(Flight& db, PgChangeState& change) {
  return std::make_unique<PolicyRows>(db, change);
}

}  // namespace mkt::postgres
