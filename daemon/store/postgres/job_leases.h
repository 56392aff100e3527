// JobLeases: the jobs of this daemon, as rows of job_leases (jobs.h).
//
// A thread takes each job that the daemon stands for as soon as the job is free, and renews it from
// then on. The daemon counts its lease from before it asked, on its own monotonic clock, so its end
// never lies after the database's. The thread has a connection of its own: a change that holds a
// job's row, and waits for its commit, must not keep anything else from being renewed.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/store/jobs.h"
#include "daemon/store/postgres/connection.h"
#include "daemon/store/postgres/pg_target.h"

namespace mkt::postgres {

struct JobTimes {
  std::chrono::milliseconds lease = kJobLease;
  std::chrono::milliseconds look{1000};      // how often to ask for a job that another daemon has
  std::chrono::milliseconds patience{2000};  // for each answer of the database
};

class JobLeases : public Jobs {
 public:
  // `daemon`: the id of this daemon's row in `daemons`, for people.
  JobLeases(const PgTarget& target, std::string daemon, const JobTimes& times = {});
  // Gives all jobs back.
  ~JobLeases() override;
  JobLeases(const JobLeases&) = delete;
  JobLeases& operator=(const JobLeases&) = delete;

  std::unique_ptr<JobLease> stand_for(std::string job) override;

 private:
  // What this daemon knows of a job that it stands for.
  struct Standing {
    JobTerm term = 0;          // 0: it has never had the job
    std::int64_t end = 0;      // of the lease: milliseconds of MemoryLease's clock
    std::uint64_t number = 0;  // tells it from an earlier one of the same job
  };
  class Lease;
  struct Request;

  void leave(const std::string& job);
  std::optional<JobTerm> term(const std::string& job) const;
  void work(const std::stop_token& stop);
  std::vector<Request> requests();
  void ask();
  void keep(const Request& request, const PgRows* rows);

  const PgTarget target_;
  const std::string daemon_;
  const JobTimes times_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::map<std::string, Standing> standing_;           // guarded by mutex_
  std::vector<std::pair<std::string, JobTerm>> left_;  // to be given back; guarded by mutex_
  std::uint64_t stood_for_ = 0;                        // guarded by mutex_
  bool changed_ = false;                               // one of these two; guarded by mutex_
  std::unique_ptr<Connection> connection_;             // for the thread only
  std::jthread thread_;                                // last: it uses the other members
};

}  // namespace mkt::postgres
