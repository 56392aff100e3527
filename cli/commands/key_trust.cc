// mkt key trust, mkt key refresh: which keys this user trusts, and the stored list of keys.
#include <fmt/format.h>

#include <algorithm>

#include "cli/client/key_book.h"
#include "cli/client/pins.h"
#include "cli/commands/key_commands.h"
#include "cli/terminal/relative_time.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

struct KeyTrustArguments {
  std::string publisher;
  std::string fingerprint;
  bool remove = false;
  bool forget = false;
};

Status list(const Session& session, const Pins& pins, const std::string& origin) {
  Json all = Json::array();
  Table table({{"PUBLISHER"}, {"FINGERPRINT", Column::Fit::cut_middle}, {"TRUSTED SINCE"}});
  for (const Pin& pin : pins.all()) {
    all.push_back({{"publisherId", pin.publisher.text()},
                   {"fingerprint", pin.key.fingerprint()},
                   {"pinnedAt", pin.pinned_at}});
    table.add({pin.publisher.text(), pin.key.fingerprint(), time_cell(pin.pinned_at, utc_now())});
  }
  session.out.result({{"registry", origin}, {"trusted", all}}, table);
  if (pins.all().empty()) {
    session.out.note(fmt::format("no publisher of {} is trusted by name yet", origin));
  }
  return {};
}

// The key with that fingerprint or, without a fingerprint, the only active key.
Result<PublicKey> choose(const std::vector<wire::KeyInfo>& keys, const PublisherId& publisher,
                         const std::string& fingerprint) {
  std::vector<const wire::KeyInfo*> fitting;
  std::string active;
  for (const wire::KeyInfo& key : keys) {
    if (key.status == "active") {
      active += (active.empty() ? "" : ", ") + printable(key.fingerprint);
      if (fingerprint.empty()) fitting.push_back(&key);
    }
    if (key.fingerprint == fingerprint) fitting.push_back(&key);
  }
  if (fitting.size() == 1) return PublicKey::from_base64(fitting[0]->public_key);
  if (keys.empty()) {
    return Error(ErrorCode::publisher_not_found,
                 fmt::format("the registry knows no keys of {}", publisher.text()));
  }
  if (!fingerprint.empty()) {
    return Error(ErrorCode::key_not_found,
                 fmt::format("{} has no key with the fingerprint {}; it has {}", publisher.text(),
                             printable(fingerprint), active));
  }
  return Error(ErrorCode::usage_error,
               fmt::format("{} has {} keys; name one with --fingerprint: {}", publisher.text(),
                           fitting.empty() ? "no active" : "several", active));
}

Status trust(const Session& session, const KeyTrustArguments& a) {
  MKT_TRY(const Settings settings, session.settings());
  MKT_TRY(Pins pins, Pins::read(pins_file(), settings.registry));
  if (a.publisher.empty()) return list(session, pins, settings.registry);
  MKT_TRY(const PublisherId publisher, PublisherId::parse(a.publisher));
  if (a.remove) {
    MKT_TRY(const bool there, pins.remove(publisher));
    session.out.result(
        {{"publisherId", publisher.text()}, {"removed", there}},
        fmt::format("{} {} trusted by name", publisher.text(), there ? "is no longer" : "was not"));
    return {};
  }
  RegistryClient registry(settings);
  MKT_TRY(const KeyBook book,
          KeyBook::open(registry, key_book_folder(), settings.registry, false, utc_now()));
  MKT_TRY(const auto keys, book.of_publisher(publisher));
  MKT_TRY(const PublicKey key, choose(keys, publisher, a.fingerprint));
  MKT_CHECK(pins.add(publisher, key, utc_now()));
  session.out.result(
      {{"publisherId", publisher.text()}, {"fingerprint", key.fingerprint()}},
      fmt::format("{} is trusted with the key {}", publisher.text(), key.fingerprint()));
  if (a.fingerprint.empty()) {
    session.out.note(
        "compare the fingerprint with one that the publisher gives you in another way");
  }
  return {};
}

Status refresh(const Session& session, bool forget) {
  MKT_TRY(const Settings settings, session.settings());
  if (forget) MKT_CHECK(KeyBook::forget(key_book_folder(), settings.registry));
  RegistryClient registry(settings);
  const UtcTime now = utc_now();
  MKT_TRY(const KeyBook book,
          KeyBook::open(registry, key_book_folder(), settings.registry, false, now));
  if (!book.is_fresh()) {
    return Error(ErrorCode::registry_unavailable,
                 fmt::format("{} cannot be reached; {}", settings.registry, book.remark(now)));
  }
  session.out.result({{"registry", settings.registry},
                      {"sequence", book.sequence()},
                      {"checkedAt", format_utc(book.checked_at())}},
                     fmt::format("stored the keys of {}, up to its change number {}",
                                 settings.registry, book.sequence()));
  return {};
}

}  // namespace

void add_key_trust_commands(CLI::App& key, Session& session) {
  auto a = std::make_shared<KeyTrustArguments>();
  CLI::App* command =
      add_subcommand(key, "trust", "Pin a publisher's key; without a name, show the pins",
                     "  mkt key trust acme --fingerprint 1b2c…\n  mkt key trust\n"
                     "  mkt key trust acme --remove");
  command->add_option("PUBLISHER", a->publisher, "Whose key");
  command->add_option("--fingerprint", a->fingerprint,
                      "All 64 digits (default: the publisher's only active key)");
  command->add_flag("--remove", a->remove, "Remove the publisher's pins");
  on_run(command, session, [&session, a] { return trust(session, *a); });

  command = add_subcommand(key, "refresh", "Fetch the registry's keys for use offline",
                           "  mkt key refresh\n  mkt key refresh --forget");
  command->add_flag("--forget", a->forget,
                    "Forget the keys seen before, as the registry was set up again");
  on_run(command, session, [&session, a] { return refresh(session, a->forget); });
}

}  // namespace mkt
