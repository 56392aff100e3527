#include "daemon/ops/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <sstream>

#include "daemon/blobs/blob_cache.h"
#include "daemon/ops/health.h"
#include "daemon/ops/process_counts.h"
#include "mkt_version.h"

namespace mkt {
namespace {

using Labels = std::vector<prometheus::ClientMetric::Label>;

// The metric families of one answer, in the order in which they begin.
class Families {
 public:
  void counter(const char* name, const char* help, const Labels& labels, double value) {
    add(name, help, prometheus::MetricType::Counter, labels).counter.value = value;
  }
  void counter(const char* name, const char* help, const Labels& labels, std::uint64_t value) {
    counter(name, help, labels, static_cast<double>(value));
  }

  template <typename Number>
  void gauge(const char* name, const char* help, const Labels& labels, Number value) {
    add(name, help, prometheus::MetricType::Gauge, labels).gauge.value = static_cast<double>(value);
  }

  void histogram(const char* name, const char* help, const Labels& labels,
                 const BucketSnapshot& snapshot) {
    auto& h = add(name, help, prometheus::MetricType::Histogram, labels).histogram;
    for (std::size_t i = 0; i < snapshot.counts.size(); ++i) {
      h.sample_count += snapshot.counts[i];
      h.bucket.push_back({h.sample_count, i < snapshot.bounds.size()
                                              ? snapshot.bounds[i]
                                              : std::numeric_limits<double>::infinity()});
    }
    h.sample_sum = snapshot.sum;
  }

  std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_);
    return out.str();
  }

 private:
  prometheus::ClientMetric& add(const char* name, const char* help, prometheus::MetricType type,
                                const Labels& labels) {
    const auto same = [name](const prometheus::MetricFamily& family) {
      return family.name == name;
    };
    auto family = std::find_if(families_.begin(), families_.end(), same);
    if (family == families_.end()) {
      families_.push_back({name, help, type, {}});
      family = families_.end() - 1;
    }
    family->metric.emplace_back().label = labels;
    return family->metric.back();
  }

  std::vector<prometheus::MetricFamily> families_;
};

void add_requests(Families& f, const RequestMetrics& requests) {
  for (const RequestMetrics::Series& s : requests.series()) {
    const Labels labels{{"method", s.method}, {"route", s.route}};
    for (const auto& [status, count] : s.by_status) {
      Labels with_status = labels;
      with_status.push_back({"status", std::to_string(status)});
      f.counter("mktd_http_requests_total", "Requests that were answered.", with_status, count);
    }
    f.histogram("mktd_http_request_duration_seconds", "From a request's last byte to its answer's.",
                labels, s.seconds);
    f.counter("mktd_http_request_bytes_total", "Bytes of bodies that clients announced.", labels,
              s.bytes_in);
    f.counter("mktd_http_response_bytes_total", "Bytes of answers, heads included.", labels,
              s.bytes_out);
  }
}

void add_server(Families& f, const ServerCounts& server) {
  f.gauge("mktd_http_connections", "Connections that are open.", {}, server.connections);
  constexpr const char* kName = "mktd_http_waiting_requests";
  constexpr const char* kHelp = "Requests that wait for a thread.";
  f.gauge(kName, kHelp, {{"kind", "read"}}, server.waiting_reads);
  f.gauge(kName, kHelp, {{"kind", "change"}}, server.waiting_changes);
  f.gauge(kName, kHelp, {{"kind", "upload"}}, server.waiting_uploads);
}

void add_tls(Families& f, const TlsGate& tls) {
  constexpr const char* kName = "mktd_tls_handshakes_total";
  constexpr const char* kHelp = "Handshakes of TLS, by how they ended.";
  f.counter(kName, kHelp, {{"result", "success"}}, tls.done());
  f.counter(kName, kHelp, {{"result", "failure"}}, tls.failed());
  f.gauge("mktd_tls_certificate_expiry_timestamp_seconds",
          "When the certificate in use expires, in seconds since 1970.", {},
          to_unix_ms(tls.context()->expires()) / 1000);
}

void add_limits(Families& f, const RateLimiter& limiter) {
  constexpr const char* kName = "mktd_limit_decisions_total";
  constexpr const char* kHelp = "Decisions of the rate limiter, by the place of the count.";
  for (const LimitScope scope : kLimitScopes) {
    for (const CountedIn store : {CountedIn::memory, CountedIn::redis}) {
      const RateLimiter::Counts counts = limiter.counts(scope, store);
      Labels labels{{"scope", std::string(limit_scope_name(scope))},
                    {"store", std::string(counted_in_word(store))},
                    {"decision", "allowed"}};
      f.counter(kName, kHelp, labels, counts.allowed);
      labels.back().value = "refused";
      f.counter(kName, kHelp, labels, counts.refused);
    }
  }
  f.counter("mktd_limit_undecided_total",
            "Requests refused because they could not be counted in Redis.", {},
            limiter.undecided());
}

void add_breakers(Families& f, const BreakerRegistry& breakers) {
  for (const CircuitBreaker::Snapshot& b : breakers.snapshots()) {
    for (const BreakerState state :
         {BreakerState::closed, BreakerState::open, BreakerState::half_open}) {
      f.gauge("mktd_breaker_state", "1 for the state that the circuit breaker is in.",
              {{"breaker", b.name}, {"state", std::string(breaker_state_name(state))}},
              b.state == state ? 1 : 0);
    }
    constexpr const char* kName = "mktd_breaker_calls_total";
    constexpr const char* kHelp = "Calls by outcome; refused ones were not made.";
    f.counter(kName, kHelp, {{"breaker", b.name}, {"result", "success"}}, b.successes);
    f.counter(kName, kHelp, {{"breaker", b.name}, {"result", "failure"}}, b.failures);
    f.counter(kName, kHelp, {{"breaker", b.name}, {"result", "refused"}}, b.refused);
    f.counter("mktd_breaker_opened_total", "How often the breaker opened.", {{"breaker", b.name}},
              b.opened);
  }
}

void add_retries(Families& f, const RetryBudget& budget) {
  const RetryBudget::Totals totals = budget.totals();
  f.counter("mktd_retry_calls_total", "First attempts of calls that may be retried.", {},
            totals.calls);
  f.counter("mktd_retries_total", "Attempts after the first.", {}, totals.retries);
  f.counter("mktd_retries_refused_total", "Attempts that the retry budget did not allow.", {},
            totals.refused);
}

std::uint64_t file_bytes(const std::filesystem::path& file) {
  std::error_code none;
  const auto size = std::filesystem::file_size(file, none);
  return none ? 0 : size;
}

void add_store(Families& f, const StoreHealth& store, const DataFolder& data) {
  const StoreCounts c = store.counts();
  f.gauge("mktd_store_waiting_changes", "Changes that wait for a commit.", {}, c.waiting);
  f.histogram("mktd_store_commit_changes", "Changes that a commit made durable together.", {},
              c.changes);
  f.histogram("mktd_store_commit_duration_seconds", "Time of a commit, with the disk's sync.", {},
              c.seconds);
  f.counter("mktd_store_failed_commits_total", "Commits that failed.", {}, c.failed);
  f.gauge("mktd_store_database_bytes", "Size of the database.", {}, file_bytes(data.database()));
  f.gauge("mktd_store_wal_bytes", "Size of its write-ahead log.", {},
          file_bytes(data.database().string() + "-wal"));
  if (const auto free = free_disk_space(data.path())) {
    f.gauge("mktd_disk_free_bytes", "Free space for the data.", {}, *free);
  }
}

// Of a store that several daemons share.
void add_following(Families& f, const Store& store) {
  if (const LogPosition* position = store.log_position()) {
    f.gauge("mktd_log_entry", "Number of the newest log entry that the daemon has heard of.", {},
            position->told());
  }
  if (const MemoryLease* lease = store.memory_lease()) {
    f.gauge("mktd_memory_lease_seconds", "How long the daemon may still answer from memory.", {},
            static_cast<double>(lease->left()) / 1000);
  }
}

void add_cache(Families& f, const BlobCache* cache) {
  if (cache == nullptr) return;
  const BlobCache::Counts c = cache->counts();
  f.gauge("mktd_blob_cache_bytes", "Copies of tarballs that are here.", {}, c.bytes);
  f.gauge("mktd_blob_cache_waiting_requests", "Requests that wait for a tarball from the store.",
          {}, c.waiting);
  f.counter("mktd_blob_cache_opened_total", "Tarballs that were sent from here.", {}, c.opened);
  f.counter("mktd_blob_cache_fetches_total", "Tarballs asked of the store.", {}, c.fetches);
  f.counter("mktd_blob_cache_refused_total", "Requests refused, as too many wait.", {}, c.refused);
}

void add_mirror(Families& f, const Mirror& mirror) {
  const auto status = mirror.status();
  if (!status) return;
  f.gauge("mktd_mirror_waiting_changes", "Documents that wait to be sent to the mirror.", {},
          status->outbox.waiting);
  f.gauge("mktd_mirror_parked_documents", "Documents that Firestore refused for good.", {},
          status->outbox.parked);
  f.counter("mktd_mirror_sent_total", "Documents that Firestore has accepted.", {}, status->sent);
  f.counter("mktd_mirror_tarballs_total", "Tarballs put into the bucket, or found there.", {},
            status->tarballs);
  f.gauge("mktd_mirror_lag_seconds", "How long the oldest change has waited.", {},
          std::chrono::duration<double>(status->lag(utc_now())).count());
}

void add_process(Families& f) {
  const ProcessCounts c = count_process();
  f.counter("process_cpu_seconds_total", "Processor time.", {}, c.cpu_seconds);
  f.gauge("process_resident_memory_bytes", "Memory in use.", {}, c.resident_bytes);
  f.gauge("process_open_fds", "Open file descriptors.", {}, c.open_descriptors);
  f.gauge("process_max_fds", "File descriptors that may be open.", {}, c.max_descriptors);
}

}  // namespace

std::optional<BlobTotals> Metrics::blobs() const {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (!blobs_ || now - blobs_counted_ >= kBlobsEvery) {
    const auto totals = read_from(
        sources_.store, [](const Records& records) { return records.overview().blob_totals(); });
    if (totals) blobs_ = *totals;
    blobs_counted_ = now;
  }
  return blobs_;
}

std::string Metrics::text(const ServerCounts& server, const Mirror* mirror, bool ready) const {
  Families f;
  f.gauge("mktd_build_info", "1; the labels say what runs.", {{"version", MKT_VERSION}}, 1);
  f.gauge("mktd_ready", "1 where /readyz answers 200, else 0.", {}, ready ? 1 : 0);
  add_requests(f, sources_.requests);
  add_server(f, server);
  if (sources_.tls != nullptr) add_tls(f, *sources_.tls);
  add_limits(f, sources_.limiter);
  add_breakers(f, sources_.breakers);
  add_retries(f, sources_.retries);
  add_store(f, sources_.store_health, sources_.data);
  add_following(f, sources_.store);
  add_cache(f, sources_.blobs.cache());
  if (const auto totals = blobs()) {
    f.gauge("mktd_blobs", "Tarballs that versions name.", {}, totals->blobs);
    f.gauge("mktd_blob_bytes", "Their size.", {}, totals->bytes);
  }
  if (mirror != nullptr) add_mirror(f, *mirror);
  add_process(f);
  return f.text();
}

}  // namespace mkt
