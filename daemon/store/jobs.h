// Jobs: work that one daemon does at a time, where several share a store: a webhook's deliveries,
// the mirror, what is due because time passes.
//
// A daemon stands for a job. The store gives the job to one daemon that stands for it, and renews
// that while the daemon lives. A daemon that stops gives it back. A daemon that was killed, hangs
// or cannot reach the store loses it after kJobLease; then another one gets it, in a new term. What
// a daemon writes for a job is fenced (Records::holds_job): it fails once another daemon has the
// job, whatever the first one still believes. Work may be done twice when a job changes hands, but
// never by two daemons for long.
//
// Thread-safe. The leases must not outlive the store.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace mkt {

inline constexpr std::chrono::milliseconds kJobLease{10'000};

// Grows each time another daemon gets the job.
using JobTerm = std::int64_t;

// A daemon stands for a job as long as it has one of these.
class JobLease {
 public:
  virtual ~JobLease() = default;
  // The term in which this daemon does the job; nullopt while another one does it, or may do it.
  virtual std::optional<JobTerm> term() const = 0;
};

class Jobs {
 public:
  virtual ~Jobs() = default;
  // At most one lease of a name at a time.
  virtual std::unique_ptr<JobLease> stand_for(std::string job) = 0;
};

// Where one daemon has the store, it does every job, always.
class OnlyDaemonJobs : public Jobs {
 public:
  std::unique_ptr<JobLease> stand_for(std::string) override { return std::make_unique<Always>(); }

 private:
  struct Always : JobLease {
    std::optional<JobTerm> term() const override { return 1; }
  };
};

}  // namespace mkt
