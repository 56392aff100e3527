#include "daemon/store/postgres/job_leases.h"

#include <algorithm>

#include "daemon/store/memory_lease.h"

namespace mkt::postgres {
namespace {

using std::chrono::steady_clock;

// Only looks while another daemon has the job, so that standing for one costs no commit.
constexpr const char* kTake =
    "INSERT INTO job_leases AS l (name, holder, term, until) "
    "SELECT $1, $2, 1, " MKT_DATABASE_NOW
    " + $3 WHERE NOT EXISTS ("
    "SELECT 1 FROM job_leases AS h WHERE h.name = $1 AND h.until >= " MKT_DATABASE_NOW
    ") ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until, "
    "term = l.term + 1 WHERE l.until < " MKT_DATABASE_NOW " RETURNING term";

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
  std::int64_t sent_at = 0;
  PgStatement statement;
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
    standing_.emplace(job, Standing());
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
    due.push_back({"", 0, PgStatement(kGiveBack).bind(job).bind(term)});
  }
  const std::int64_t now = MemoryLease::now();
  const std::int64_t length = times_.lease.count();
  for (const auto& [job, standing] : standing_) {
    if (now >= standing.end) {
      due.push_back({job, now, PgStatement(kTake).bind(job).bind(daemon_).bind(length)});
    } else if (now >= standing.end - length * 2 / 3) {
      due.push_back({job, now, PgStatement(kRenew).bind(job).bind(standing.term).bind(length)});
    }
  }
  return due;
}

// Without the database the leases run out, and this is tried again.
void JobLeases::ask() {
  const std::vector<Request> due = requests();
  if (due.empty()) return;
  const auto deadline = steady_clock::now() + times_.patience;
  if (!connection_ || !connection_->usable()) {
    auto opened = Connection::open(target_, deadline);
    if (!opened) return;
    connection_ = std::move(*opened);
  }
  std::vector<PgStatement> statements;
  for (const Request& request : due) statements.push_back(request.statement);
  keep(due, connection_->exchange(statements, deadline));
}

void JobLeases::keep(const std::vector<Request>& due, const PgAnswers& answers) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < answers.rows.size() && i < due.size(); ++i) {
    const auto standing = standing_.find(due[i].job);
    const bool has_it = answers.rows[i].size() == 1;
    if (standing == standing_.end()) {
      // It was left meanwhile.
      if (has_it) left_.emplace_back(due[i].job, answers.rows[i][0].only<std::int64_t>());
      continue;
    }
    standing->second = has_it ? Standing{answers.rows[i][0].only<std::int64_t>(),
                                         due[i].sent_at + times_.lease.count()}
                              : Standing();
  }
}

}  // namespace mkt::postgres
