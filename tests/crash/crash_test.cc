// mkt-crash-test MKTD [ROUNDS [SEED [DAEMONS HOOK]]]
//
// Kills mktd with SIGKILL at random moments while 32 clients do everything at once: ask, approve,
// deny, cancel, uninstall, publish, revoke. After each restart every answer that a client was given
// must still be true, `mktd check` must find nothing, and the whole of requests, approvals and
// installations must be one that could have come about:
//
//   - a tenant has at most one pending request for a version;
//   - a request approved by people has its approvals, none of them the requester's;
//   - each approved request installed exactly once, and nothing else installed.
//
// What was under way when the daemon died may have happened or not; half of it, never. Where it had
// an Idempotency-Key it is sent again, and must then have happened exactly once.
//
// With DAEMONS, that many share the database and the bucket that MKT_TEST_POSTGRES and MKT_TEST_S3
// name. Clients change from one to another with each request, and each round kills some of them, or
// calls HOOK, a program that kills the database or the store and starts it again; or both. A token
// whose revocation was answered must be refused by every daemon from then on.
#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>

#include "cli/client/registry_client.h"
#include "common/base/files.h"
#include "common/base/json.h"
#include "common/connector/pack.h"
#include "common/http/http_client.h"
#include "common/signing/key.h"
#include "common/signing/signature_file.h"
#include "tests/crash/daemon_process.h"

namespace mkt {
namespace {

using std::chrono::milliseconds;
using Random = std::mt19937_64;

constexpr int kClients = 32;
constexpr int kTenants = 4;
constexpr int kConnectors = 6;
constexpr int kVersions = 4;
constexpr int kApprovers = 3;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

template <typename T>
T must(Result<T> result, const char* what) {
  if (!result) fail(fmt::format("{}: {}", what, result.error().message));
  return std::move(*result);
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) fail(std::string(name) + " is not set");
  return value;
}

struct Answer {
  int status = 0;  // 0: none came
  Json body;
};

class Client {
 public:
  explicit Client(std::string url) : url_(std::move(url)), http_(milliseconds(5000)) {}

  Answer send(const std::string& method, const std::string& path, const std::string& token,
              const Json* body = nullptr, const std::string& key = "") {
    HttpRequest request;
    request.method = method;
    request.url = url_ + path;
    request.headers = {"Authorization: Bearer " + token};
    if (!key.empty()) request.headers.push_back("Idempotency-Key: " + key);
    if (body != nullptr) request.body = dump_json(*body);
    const auto response = http_.send(request);
    if (!response) return {};
    auto json = parse_json(response->body, "the answer");
    return {response->status, json ? std::move(*json) : Json()};
  }

 private:
  std::string url_;
  HttpClient http_;
};

// What clients were told, and what they do not know.
struct Told {
  std::string what;  // "pending", "installed", "approved", "denied", "cancelled", …
  std::string tenant, id, who;
};
struct Unknown {
  std::string path, token, key;
  Json body;
};

struct World {
  std::string admin;
  std::vector<std::string> member, tenant_admin;   // tokens, by tenant
  std::vector<std::vector<std::string>> approver;  // by tenant and number
  std::vector<std::string> revocable;              // key ids
  std::optional<SecretKey> key;
  std::filesystem::path folder;
};

class CrashTest {
 public:
  CrashTest(const std::filesystem::path& program, std::uint64_t seed, int daemons, std::string hook)
      : folder_(must(TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-crash-"),
                     "a folder")),
        hook_(std::move(hook)),
        random_(seed) {
    world_.folder = folder_.path();
    DaemonOptions options;
    if (daemons > 1) {
      options.flags = {"--database", variable("MKT_TEST_POSTGRES"), "--blobs",
                       variable("MKT_TEST_S3")};
    }
    for (int i = 0; i < daemons; ++i) {
      daemons_.push_back(std::make_unique<DaemonProcess>(
          program, folder_.path() / fmt::format("data-{}", i), options));
    }
  }

  void run(int rounds) {
    if (is_cluster() && daemons_[0]->init(variable("MKT_TEST_POSTGRES")) != 0) fail("mktd init");
    for (const auto& daemon : daemons_) daemon->start();
    urls_ = urls();
    set_up();
    for (int round = 1; round <= rounds; ++round) {
      const auto life =
          milliseconds(std::uniform_int_distribution<int>(5, is_cluster() ? 600 : 250)(random_));
      let_them_work(life);
      if (!is_cluster()) {
        if (const int status = daemons_[0]->check(); status != 0) {
          fail(fmt::format("mktd check ended with {} after round {}", status, round));
        }
      }
      for (const auto& daemon : daemons_) {
        if (daemon->pid() < 0) slowest_start_ = std::max(slowest_start_, daemon->start());
      }
      urls_ = urls();
      send_again();
      verify();
      if (round % 10 == 0 || round == rounds) {
        std::cout
            << fmt::format(
                   "round {}: {} answers kept, {} sent again, {} kills, slowest start {} ms\n",
                   round, told_.size(), resent_, kills_, slowest_start_.count())
            << std::flush;
      }
    }
  }

 private:
  bool is_cluster() const { return daemons_.size() > 1; }
  std::vector<std::string> urls() const {
    std::vector<std::string> all;
    for (const auto& daemon : daemons_) all.push_back(daemon->url());
    return all;
  }

  // One of the daemons that were killed is enough to end the round: nobody else is.
  void kill_something() {
    if (!is_cluster()) return kill_daemon(0);
    const auto pick = [&](std::size_t n) {
      return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
    };
    const bool both = pick(4) == 0;
    const bool hook = !hook_.empty() && (both || pick(4) == 0);
    std::jthread other;
    if (hook) {
      const std::string command = hook_ + (pick(3) == 0 ? " store" : " database");
      ++kills_;
      other = std::jthread([command] {
        if (std::system(command.c_str()) != 0) std::cerr << "the hook failed: " << command << "\n";
      });
    }
    if (!hook || both) {
      const std::size_t count = 1 + pick(daemons_.size());
      for (std::size_t i = 0; i < count; ++i) kill_daemon(pick(daemons_.size()));
    }
  }
  void kill_daemon(std::size_t number) {
    if (daemons_[number]->pid() < 0) return;
    daemons_[number]->kill();
    ++kills_;
  }

  // While the database or the store starts again, the answer is 503; and it may be unknown (also a
  // 503) whether a change was made.
  Answer send_patiently(const std::string& url, const std::string& method, const std::string& path,
                        const std::string& token, const Json* body = nullptr,
                        const std::string& key = "") {
    Client client(url);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (;;) {
      Answer a = client.send(method, path, token, body, key);
      const bool may_pass = a.status == 0 || a.status == 503;
      if (!is_cluster() || !may_pass || std::chrono::steady_clock::now() > end) return a;
      std::this_thread::sleep_for(milliseconds(50));
    }
  }

  std::string token_of(Client& client, const Json& wanted) {
    const Answer a = client.send("POST", "/v1/tokens", world_.admin, &wanted);
    if (a.status != 201) fail("no token: " + dump_json(a.body));
    return *text_member(a.body, "token");
  }

  static std::string tenant(int t) { return fmt::format("tenant-{}", t); }

  // Half of the connectors need an approval.
  void set_up() {
    world_.admin = daemons_[0]->admin_token();
    Client client(urls_[0]);
    for (int t = 0; t < kTenants; ++t) {
      const auto of = [&](const char* role, const std::string& name) {
        return token_of(client, {{"role", role}, {"subject", tenant(t)}, {"name", name}});
      };
      world_.member.push_back(of("member", "bob"));
      world_.tenant_admin.push_back(of("tenant-admin", "tara"));
      world_.approver.emplace_back();
      for (int a = 0; a < kApprovers; ++a) {
        world_.approver.back().push_back(of("approver", fmt::format("approver-{}", a)));
      }
      const Json policy{{"policy", {{"minApprovals", 1 + t % 2}}}};
      if (client
              .send("PUT", "/v1/tenants/" + tenant(t) + "/policy", world_.tenant_admin[t], &policy)
              .status != 200) {
        fail("no policy");
      }
    }
    Settings settings = must(Settings::load({urls_[0], "", "", "10s"}), "settings");
    settings.token = world_.admin;
    RegistryClient registry(settings);
    const PublisherId publisher = must(PublisherId::parse("acme"), "a name");
    world_.key.emplace(SecretKey::generate());
    must(registry.register_publisher(publisher, "Acme", "a@acme.example", *world_.key), "acme");
    for (int i = 0; i < 40; ++i) {
      const SecretKey extra = SecretKey::generate();
      world_.revocable.push_back(must(registry.add_key(publisher, {extra}), "a key").key_id);
    }
    for (int c = 0; c < kConnectors; ++c) {
      for (int v = 0; v < kVersions; ++v) {
        if (publish(settings, fmt::format("connector-{}", c), fmt::format("1.{}.0", v),
                    c % 2 == 0) != 201) {
          fail("nothing could be published");
        }
      }
    }
  }

  // The HTTP status; 0 where no answer came.
  int publish(const Settings& settings, const std::string& id, const std::string& version,
              bool sensitive) {
    static std::atomic<int> number = 0;
    const auto place = world_.folder / fmt::format("pack-{}", ++number);
    std::filesystem::create_directories(place);
    const Json manifest{{"manifestVersion", "1.0"},
                        {"id", id},
                        {"version", version},
                        {"displayName", id},
                        {"author", "Tests"},
                        {"license", "MIT"},
                        {"entrypoint", "index.js"},
                        {"capabilities", {sensitive ? "auth" : "custom"}},
                        {"tools", {{{"name", "t"}, {"policyClass", "READ"}}}}};
    must(write_file_atomically(place / "connector.manifest.json", dump_json(manifest), 0644));
    must(write_file_atomically(place / "index.js", "//\n", 0644));
    const UniqueFd file =
        must(create_file(world_.folder / (place.filename().string() + ".tgz"), 0600), "a file");
    const Packed packed = must(pack_connector(place, file.get(), {}), "packing");
    const SignatureFile signature = sign_checksum(
        *world_.key, must(PublisherId::parse("acme"), "a name"), packed.checksum, utc_now());
    RegistryClient registry(settings);
    const auto published = registry.publish(packed.manifest.id(), packed.manifest.version(),
                                            signature, "", file.get(), packed.size, {});
    std::filesystem::remove_all(place);
    if (!published) return exit_status(published.error().code) == ExitStatus::unavailable ? 0 : 400;
    return published->is_new ? 201 : 200;
  }
  static void must(const Status& status) {
    if (!status) fail(status.error().message);
  }
  template <typename T>
  static T must(Result<T> result, const char* what) {
    return mkt::must(std::move(result), what);
  }

  void let_them_work(milliseconds life) {
    stopping_ = false;
    std::vector<std::thread> clients;
    std::vector<std::string> failures;
    std::mutex mutex;
    for (int c = 0; c < kClients; ++c) {
      clients.emplace_back([&, c, seed = random_()] {
        try {
          work(c, Random(seed));
        } catch (const std::exception& e) {
          const std::lock_guard lock(mutex);
          failures.emplace_back(e.what());
        }
      });
    }
    std::this_thread::sleep_for(life);
    kill_something();
    stopping_ = true;
    for (std::thread& client : clients) client.join();
    if (!failures.empty()) fail(failures.front());
  }

  void work(int number, Random random) {
    std::vector<Client> clients;
    for (const std::string& url : urls_) clients.emplace_back(url);
    const auto pick = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
    for (int step = 0; !stopping_; ++step) {
      const int here = pick(static_cast<int>(clients.size()));
      Client& client = clients[static_cast<std::size_t>(here)];
      const int t = pick(kTenants);
      const int kind = pick(100);
      const std::string base = "/v1/tenants/" + tenant(t);
      if (kind < 50) {
        const Json body{{"connectorId", fmt::format("connector-{}", pick(kConnectors))},
                        {"version", fmt::format("1.{}.0", pick(kVersions))}};
        const std::string key = fmt::format("{}-{}-{}", number, step, random());
        const Answer a = client.send("POST", base + "/installs", world_.member[t], &body, key);
        note_install(t, a);
        if (a.status == 0 || a.status == 503) {
          unknown({base + "/installs", world_.member[t], key, body});
          pause();
        }
      } else if (kind < 75) {
        const std::string id = some_request(t, random);
        if (id.empty()) continue;
        const int who = pick(kApprovers);
        const Answer a = client.send("POST", base + "/install-requests/" + id + "/approve",
                                     world_.approver[t][who]);
        if (a.status == 200) {
          tell({"approved", tenant(t), id, fmt::format("approver-{}", who)});
        }
      } else if (kind < 80) {
        const std::string id = some_request(t, random);
        if (id.empty()) continue;
        const bool deny = pick(2) == 0;
        const Json body{{"reason", "no"}};
        const Answer a =
            client.send("POST", base + "/install-requests/" + id + (deny ? "/deny" : "/cancel"),
                        deny ? world_.approver[t][0] : world_.member[t], &body);
        if (a.status == 200) tell({deny ? "denied" : "cancelled", tenant(t), id, ""});
      } else if (kind < 92) {
        const std::string id = fmt::format("connector-{}", pick(kConnectors));
        const Answer a = client.send("DELETE", base + "/installs/" + id, world_.member[t]);
        if (a.status == 200) {
          tell({"uninstalled", tenant(t), *text_member(a.body["uninstalled"], "requestId"), id});
        }
      } else if (kind < 96) {
        const std::string version = fmt::format("2.{}.{}", number, random() % 1'000'000'000);
        Settings settings =
            must(Settings::load({urls_[static_cast<std::size_t>(here)], "", "", "5s"}), "settings");
        settings.token = world_.admin;
        const int status = publish(settings, "connector-0", version, true);
        if (status == 201) tell({"published", "", version, ""});
      } else if (kind < 97) {
        const std::string key = world_.revocable[static_cast<std::size_t>(pick(40))];
        const Json body{{"reasonCode", "superseded"}, {"reason", "test"}};
        const Answer a =
            client.send("POST", "/v1/publishers/acme/keys/" + key + "/revoke", world_.admin, &body);
        if (a.status == 200) tell({"revoked", "", key, ""});
      } else if (kind < 98) {
        revoke_token(clients, client, t);
      } else {
        const Answer a = client.send("GET", base + "/install-requests?limit=50", world_.member[t]);
        if (a.status != 0 && a.status != 200 && a.status != 503)
          fail("a list was refused: " + dump_json(a.body));
      }
    }
  }

  // What is killed is not asked again at once: each time is an answer that nobody knows.
  void pause() const {
    if (is_cluster()) std::this_thread::sleep_for(milliseconds(200));
  }

  // Every daemon remembers it before, and none accepts it after its revocation was answered.
  void revoke_token(std::vector<Client>& clients, Client& client, int t) {
    const Json wanted{{"role", "member"}, {"subject", tenant(t)}, {"name", "short-lived"}};
    const Answer made = client.send("POST", "/v1/tokens", world_.admin, &wanted);
    if (made.status != 201) return;
    const std::string token = *text_member(made.body, "token");
    const std::string path = "/v1/tenants/" + tenant(t) + "/install-requests?limit=1";
    for (Client& c : clients) c.send("GET", path, token);
    const std::string id = *text_member(made.body, "id");
    if (client.send("DELETE", "/v1/tokens/" + id, world_.admin).status / 100 != 2) return;
    for (Client& c : clients) {
      if (c.send("GET", path, token).status == 200) fail("a revoked token was accepted: " + id);
    }
    tell({"token revoked", "", id, ""});
  }

  void note_install(int t, const Answer& a) {
    if (a.status >= 500 && a.status != 503) fail("an install failed: " + dump_json(a.body));
    if (a.status != 200 && a.status != 201 && a.status != 202) return;
    const std::string id = *text_member(a.body, "requestId");
    tell({a.status == 202 ? "pending" : "installed", tenant(t), id, ""});
    const std::lock_guard lock(mutex_);
    known_[tenant(t)].push_back(id);
  }

  // One of the newest that somebody was told of.
  std::string some_request(int t, Random& random) {
    const std::lock_guard lock(mutex_);
    const auto& ids = known_[tenant(t)];
    if (ids.empty()) return {};
    const std::size_t newest = std::min<std::size_t>(ids.size(), 30);
    return ids[ids.size() - 1 - random() % newest];
  }

  void tell(Told told) {
    const std::lock_guard lock(mutex_);
    told_.push_back(std::move(told));
  }
  void unknown(Unknown u) {
    const std::lock_guard lock(mutex_);
    unknown_.push_back(std::move(u));
  }

  // As a client would after a connection that broke.
  void send_again() {
    std::size_t next = 0;
    for (const Unknown& u : unknown_) {
      const Answer a =
          send_patiently(urls_[next++ % urls_.size()], "POST", u.path, u.token, &u.body, u.key);
      if (a.status == 0 || a.status >= 500) fail("a retry failed: " + dump_json(a.body));
      const Answer again =
          send_patiently(urls_[next++ % urls_.size()], "POST", u.path, u.token, &u.body, u.key);
      if (a.status / 100 == 2 && dump_json(again.body) != dump_json(a.body)) {
        fail("two retries were answered differently: " + dump_json(again.body));
      }
      ++resent_;
    }
    unknown_.clear();
  }

  struct Requests {
    std::map<std::string, Json> by_id;
    std::map<std::string, int> installed;  // events in the history, by request
  };

  Requests read_all(const std::string& url, int t) {
    Requests all;
    const std::string base = "/v1/tenants/" + tenant(t);
    for (std::int64_t before = 0;;) {
      const Answer a = send_patiently(
          url, "GET",
          fmt::format("{}/install-requests?limit=500{}", base,
                      before > 0 ? fmt::format("&before={}", before) : std::string()),
          world_.member[t]);
      if (a.status != 200) fail("the requests cannot be listed");
      for (const Json& r : a.body["requests"]) all.by_id[*text_member(r, "id")] = r;
      const auto next = number_member(a.body, "next");
      if (!next) break;
      before = *next;
    }
    for (const auto& [id, seq] : history(t)) all.installed[id] += 1;
    return all;
  }

  // The installing entries of the audit log: installation_events are shown a hundred at a time.
  std::vector<std::pair<std::string, std::int64_t>> history(int t) {
    std::vector<std::pair<std::string, std::int64_t>> events;
    for (const Json& e : log_) {
      const std::string action = *text_member(e, "action");
      if (action != "installation.add" && action != "installation.update") continue;
      if (!text_member(e, "subject")->starts_with(tenant(t) + "/")) continue;
      const std::string detail = *text_member(e, "detail");
      events.emplace_back(detail.substr(detail.rfind(' ') + 1), *number_member(e, "sequence"));
    }
    return events;
  }

  // Only what is new since the last round.
  void read_log(const std::string& url) {
    for (bool more = true; more;) {
      const Answer a = send_patiently(
          url, "GET", fmt::format("/v1/log?after={}&limit=1000", log_seen_), world_.admin);
      if (a.status != 200) fail("the log cannot be read: " + dump_json(a.body));
      for (const Json& e : a.body["entries"]) {
        const std::int64_t sequence = *number_member(e, "sequence");
        if (sequence != log_seen_ + 1) fail(fmt::format("the log has no entry {}", log_seen_ + 1));
        log_seen_ = sequence;
        log_.push_back(e);
      }
      more = !a.body["entries"].empty();
    }
  }

  void verify() {
    const std::string& url = urls_[random_() % urls_.size()];
    read_log(url);
    std::map<std::string, Requests> all;
    for (int t = 0; t < kTenants; ++t) {
      all[tenant(t)] = read_all(url, t);
      could_have_come_about(all[tenant(t)]);
    }
    std::set<std::string> revoked, published, uninstalled, tokens;
    for (const Json& e : log_) {
      const std::string action = *text_member(e, "action");
      if (action == "key.revoke") revoked.insert(*text_member(e, "subject"));
      if (action == "version.publish") published.insert(*text_member(e, "subject"));
      if (action == "token.revoke") tokens.insert(*text_member(e, "subject"));
      if (action == "installation.remove") uninstalled.insert(*text_member(e, "subject"));
    }
    for (const Told& t : told_) {
      if (t.what == "token revoked") {
        if (tokens.count(t.id) == 0) fail("lost: the revocation of the token " + t.id);
      } else {
        still_true(t, all, revoked, published, uninstalled);
      }
    }
  }

  static void could_have_come_about(const Requests& all) {
    std::set<std::string> pending;
    for (const auto& [id, r] : all.by_id) {
      const std::string status = *text_member(r, "status");
      const auto events = all.installed.find(id);
      const int installed = events == all.installed.end() ? 0 : events->second;
      if (status == "pending" && !pending.insert(*text_member(r, "idempotencyKey")).second) {
        fail("two requests are pending for the same version: " + id);
      }
      if (installed != (status == "approved" ? 1 : 0)) {
        fail(fmt::format("{} is {} and installed {} times", id, status, installed));
      }
      std::set<std::string> approvers;
      for (const Json& approval : r["approvals"])
        approvers.insert(*text_member(approval, "approver"));
      if (approvers.count(*text_member(r, "requestedBy")) > 0)
        fail(id + " was approved by its asker");
      const bool by_policy = text_member(r, "decidedBy") == "policy";
      const auto needed = static_cast<std::size_t>(*number_member(r, "minApprovals"));
      if (status == "approved" && !by_policy && approvers.size() < needed) {
        fail(id + " was installed without its approvals");
      }
    }
    for (const auto& [id, count] : all.installed) {
      if (all.by_id.find(id) == all.by_id.end()) fail("something was installed without a request");
    }
  }

  static void still_true(const Told& t, std::map<std::string, Requests>& all,
                         const std::set<std::string>& revoked,
                         const std::set<std::string>& published,
                         const std::set<std::string>& uninstalled) {
    const auto lost = [&] {
      fail(fmt::format("lost: {} {} {} {}", t.what, t.tenant, t.id, t.who));
    };
    if (t.what == "revoked") {
      if (revoked.count(t.id) == 0) lost();
    } else if (t.what == "published") {
      if (published.count("connector-0@" + t.id) == 0) lost();
    } else if (t.what == "uninstalled") {
      if (uninstalled.count(t.tenant + "/" + t.who) == 0) lost();
    } else {
      const auto& by_id = all[t.tenant].by_id;
      const auto found = by_id.find(t.id);
      if (found == by_id.end()) lost();
      const Json& r = found->second;
      const std::string status = *text_member(r, "status");
      const bool right = t.what == "pending"     ? true
                         : t.what == "installed" ? status == "approved"
                         : t.what == "denied"    ? status == "denied"
                         : t.what == "cancelled" ? status == "cancelled"
                                                 : has_approval(r, t.who);
      if (!right) lost();
    }
  }

  static bool has_approval(const Json& r, const std::string& who) {
    for (const Json& a : r["approvals"]) {
      if (text_member(a, "approver") == who) return true;
    }
    return false;
  }

  TemporaryFolder folder_;
  std::vector<std::unique_ptr<DaemonProcess>> daemons_;
  const std::string hook_;
  std::vector<std::string> urls_;  // of the daemons; changes between the rounds only
  Random random_;
  World world_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::vector<Told> told_;                                 // guarded by mutex_
  std::vector<Unknown> unknown_;                           // guarded by mutex_
  std::map<std::string, std::vector<std::string>> known_;  // guarded by mutex_; by tenant
  std::vector<Json> log_;
  std::int64_t log_seen_ = 0;
  int resent_ = 0;
  int kills_ = 0;
  milliseconds slowest_start_{0};
};

}  // namespace
}  // namespace mkt

int main(int argc, char** argv) {
  if (argc < 2 || !mkt::init_crypto()) {
    std::cerr << "usage: mkt-crash-test MKTD [ROUNDS [SEED [DAEMONS HOOK]]]\n";
    return 2;
  }
  const int rounds = argc > 2 ? std::stoi(argv[2]) : 20;
  const std::uint64_t seed = argc > 3 ? std::stoull(argv[3]) : std::random_device{}();
  const int daemons = argc > 4 ? std::stoi(argv[4]) : 1;
  std::cout << "seed " << seed << "\n";
  try {
    mkt::CrashTest(argv[1], seed, daemons, argc > 5 ? argv[5] : "").run(rounds);
  } catch (const std::exception& e) {
    std::cerr << "FAILED: " << e.what() << "\n";
    return 1;
  }
  return 0;
}
