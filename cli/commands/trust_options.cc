#include "cli/commands/trust_options.h"

namespace mkt {

void add_trust_options(CLI::App* command, TrustOptions& options) {
  command->add_flag("--offline", options.offline, "Ask no registry; use the keys stored here");
  command->add_flag("--accept-stale", options.accept_stale,
                    "Use the stored keys even if they are older than 30 days");
  command->add_flag("--require-trusted", options.require_trusted,
                    "Refuse publishers that `mkt key trust` did not pin");
}

Result<Trust> open_trust(const Session& session, const Settings& settings, RegistryClient& registry,
                         const TrustOptions& options) {
  const UtcTime now = utc_now();
  MKT_TRY(KeyBook book,
          KeyBook::open(registry, key_book_folder(), settings.registry, options.offline, now));
  if (!options.accept_stale) MKT_CHECK(book.check_age(now));
  const std::string remark = book.remark(now);
  if (now - book.checked_at() > kWarnAge) {
    session.out.warn(remark);
  } else if (!remark.empty()) {
    session.out.note(remark);
  }
  MKT_TRY(Pins pins, Pins::read(pins_file(), settings.registry));
  return Trust(std::move(book), std::move(pins),
               options.require_trusted || settings.require_trusted);
}

TarballCache own_cache(const Session& session, const Settings& settings) {
  return TarballCache::of_user(settings,
                               [&session](const std::string& text) { session.out.warn(text); });
}

Result<Settings> settings_of_receipt(const Session& session, const Settings& settings,
                                     const Receipt& receipt) {
  if (!session.flags.registry.empty()) return settings;
  auto origin = registry_origin(receipt.registry);
  if (!origin) return origin.error().context("the receipt of " + receipt.id);
  return *origin == settings.registry ? settings : settings.at(*origin);
}

}  // namespace mkt
