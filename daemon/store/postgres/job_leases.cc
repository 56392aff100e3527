#include "daemon/store/postgres/job_leases.h"

#include <algorithm>

#include "daemon/store/memory_lease.h"

namespace mkt::postgres {
namespace {

using std::chrono::steady_clock;

// The term is a time, so no two are the same even where the database has lost the last ones. Only
// looks while another daemon has the job, so that standing for one costs no commit.
constexpr const char* kTake =
    "INSERT INTO job_leases AS l (name, holder, term, until) "
    "SELECT $1, $2, " MKT_DATABASE_NOW ", " MKT_DATABASE_NOW
    " + $3 WHERE NOT EXISTS ("
    "SELECT 1 FROM job_leases AS h WHERE h.name = $1 AND h.until >= " MKT_DATABASE_NOW
    ") ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until, "
    "term = greatest(l.term + 1, excluded.term) WHERE l.until < " MKT_DATABASE_NOW
    " RETURNING term";

// A lease that has run out, but that nobody has taken, goes on.
constexpr const char* kRenew = "UPDATE job_leases SET until = " MKT_DATABASE_NOW
                               " + $3 WHERE name = $1 AND term = $2 RETURNING term";

constexpr const char* kGiveBack = "UPDATE job_leases SET until = 0 WHERE name = $1 AND term = $2";

}  // namespace

class JobLeases::Lease : public JobLease {
 public:
  Lease(JobLeases& jobs, std::string name) : jobs_(jobs), name_(std::move(name)) {}
  ~Lease() override { jobs_.leave(name_); }
  std::optional<JobTerm> term() const override { return jobs_.term(name_); }

 private:
  JobLeases& jobs_;
  const std::string name_;
};

struct JobLeases::Request {
  std::string job;
  PgStatement statement;
  std::int64_t sent_at = 0;
  std::uint64_t number = 0;  // of the standing
  JobTerm term = 0;          // that is given back
  bool gives_back = false;
};

JobLeases::JobLeases(const PgTarget& target, std::string daemon, const JobTimes& times)
    : target_(target),
      daemon_(std::move(daemon)),
      times_(times),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

JobLeases::~JobLeases() = default;

std::unique_ptr<JobLease> JobLeases::stand_for(std::string job) {
  {
    const std::lock_guard lock(mutex_);
    standing_[job] = Standing{.number = ++stood_for_};
    changed_ = true;
  }
  wake_.notify_all();
  return std::make_unique<Lease>(*this, std::move(job));
}

void JobLeases::leave(const std::string& job) {
  {
    const std::lock_guard lock(mutex_);
    const auto standing = standing_.find(job);
    if (standing->second.term > 0) left_.emplace_back(job, standing->second.term);
    standing_.erase(standing);
    changed_ = true;
  }
  wake_.notify_all();
}

std::optional<JobTerm> JobLeases::term(const std::string& job) const {
  const std::lock_guard lock(mutex_);
  const Standing& standing = standing_.at(job);
  if (MemoryLease::now() >= standing.end) return std::nullopt;
  return standing.term;
}

void JobLeases::work(const std::stop_token& stop) {
  for (bool last = false; !last;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, times_.look, [this] { return changed_; });
      changed_ = false;
    }
    last = stop.stop_requested();  // then what was left before is still given back
    ask();
  }
}

// What is due now: jobs to give back, to renew and to take.
std::vector<JobLeases::Request> JobLeases::requests() {
  std::vector<Request> due;
  const std::lock_guard lock(mutex_);
  for (const auto& [job, term] : std::exchange(left_, {})) {
    Request& request = due.emplace_back(Request{job, PgStatement(kGiveBack)});
    request.statement.bind(job).bind(term);
    request.term = term;
    request.gives_back = true;
  }
  const std::int64_t now = MemoryLease::now();
  const std::int64_t length = times_.lease.count();
  for (const auto& [job, standing] : standing_) {
    const bool has_it = now < standing.end;
    if (has_it && now < standing.end - length * 2 / 3) continue;
    Request& request = due.emplace_back(Request{job, PgStatement(has_it ? kRenew : kTake)});
    request.statement.bind(job);
    if (has_it) request.statement.bind(standing.term);
    if (!has_it) request.statement.bind(daemon_);
    request.statement.bind(length);
    request.sent_at = now;
    request.number = standing.number;
  }
  return due;
}

// Without the database the leases run out, and this is tried again. Each request is a transaction
// of its own: a row that somebody holds for long delays only its own job.
void JobLeases::ask() {
  for (Request& request : requests()) {
    if (!connection_ || !connection_->usable()) {
      auto opened = Connection::open(target_, steady_clock::now() + times_.patience);
      connection_ = opened ? std::move(*opened) : nullptr;
    }
    PgAnswers answers;
    if (connection_) {
      answers =
          connection_->exchange({&request.statement, 1}, steady_clock::now() + times_.patience);
    }
    // A warning: no standby has it, so it may be gone after a failover.
    const bool done = connection_ && !answers.failure && !answers.warned;
    keep(request, done ? &answers.rows[0] : nullptr);
  }
}

// `rows`: the term, where this daemon has the job; null where the answer is not known.
void JobLeases::keep(const Request& request, const PgRows* rows) {
  const std::lock_guard lock(mutex_);
  if (request.gives_back) {
    if (rows == nullptr) left_.emplace_back(request.job, request.term);
    return;
  }
  if (rows == nullptr) return;
  const std::optional<JobTerm> term =
      rows->size() == 1 ? std::optional((*rows)[0].only<JobTerm>()) : std::nullopt;
  const auto standing = standing_.find(request.job);
  if (standing == standing_.end() || standing->second.number != request.number) {
    if (term) left_.emplace_back(request.job, *term);  // it was left meanwhile
    return;
  }
  standing->second.term = term.value_or(0);
  standing->second.end = term ? request.sent_at + times_.lease.count() : 0;
}

}  // namespace mkt::postgres
