#include "cli/commands/help_topics.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "common/base/text.h"

namespace mkt {
namespace {

// Those of common/base/error_code.h, as in mkt(1).
constexpr auto kExitStatuses = std::to_array<std::pair<unsigned, std::string_view>>({
    {0, "Done."},
    {1, "Unexpected failure: a bug."},
    {2, "Wrong usage or invalid input."},
    {3, "Not found."},
    {4, "Refused: signature, trust, policy, permission, denied."},
    {5, "Waiting for approval."},
    {6, "Timed out."},
    {7, "Network or registry unavailable, or the registry failed."},
    {8, "Conflict: exists with other content."},
    {9, "Rate limited."},
    {10, "Local data damaged."},
    {11, "Disk full, or input and output failed."},
    {12, "Stale, rolled-back or forked list of keys."},
});

constexpr auto kTopics = std::to_array<HelpTopic>({
    {"exit-statuses", "What the exit status of mkt means", ""},  // made of the table above
    {"environment", "The variables that mkt reads",
     R"(  MKT_REGISTRY          URL of the registry
  MKT_TOKEN             the token
  MKT_TENANT            for whom to install
  MKT_KEY               id of the key that signs
  MKT_SIGNING_KEY, MKT_SIGNING_KEY_FILE
                        the private key itself, for a CI job, or its file
  SSH_AUTH_SOCK         the ssh-agent that signs with --key agent:FINGERPRINT
  MKT_KEY_PASSPHRASE    its passphrase, instead of a question
  MKT_REQUIRE_TRUSTED   1: refuse publishers whose keys are not pinned
  MKT_MAX_ENTRIES, MKT_MAX_UNPACKED_BYTES
                        the most that a tarball may unpack to
  MKT_CACHE_SIZE        the most that the cache of tarballs holds, e.g. 2GiB; 0: none
  MKT_CA_FILE           PEM file of the authorities that sign the registry's certificate
  MKT_PAGER, PAGER      shows long results on a terminal; cat or nothing: none
  NO_COLOR, CLICOLOR=0  no colours
  CLICOLOR_FORCE, FORCE_COLOR
                        colours where stdout is no terminal, too
  CI                    a job: no colours, no questions, rate limits are waited for
  http_proxy, https_proxy, no_proxy
                        as curl reads them
  XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_CACHE_HOME
                        where the files of `mkt help files` are

An option wins over a variable, a variable over config.toml.
)"},
    {"files", "The files that mkt reads and writes",
     R"(  ~/.config/mkt/config.toml        settings
  ~/.config/mkt/keys/              private keys, one file each
  ~/.config/mkt/credentials.json   tokens, by registry (mkt login)
  ~/.config/mkt/trust.json         pinned keys (mkt key trust)
  ~/.cache/mkt                     tarballs that were verified (mkt cache)
  ~/.local/state/mkt/keys          the registries' lists of keys, as last seen
  ~/.local/state/mkt/folders.json  the folders of mkt install --dir
  connector.manifest.json          what a connector is: connector.manifest(5)
  mkt.lock                         what is installed, exactly
  connectors/ID/install-receipt.json
                                   what was installed there, with every checksum
)"},
    {"json", "What --json prints, and how to use it",
     R"text(With --json a command prints one JSON document on stdout, errors too; notes and
warnings go to stderr. Names are in camelCase, times in RFC 3339 UTC, sizes in
bytes. Members may be added; those that are there keep their names and types.

An error is
  {"error": …, "code": …, "message": …, "details": [{"path": …, "message": …}],
   "exitStatus": …, "retryAfter": …}
where `code` is a stable word, such as version_exists, and retryAfter, in seconds,
is there where the registry says when to come back. mkt-json(7) has every document.

--format prints members of the document instead, by name and in fmt's syntax, a
line for each element where the document is a list:

  mkt list --format '{id}@{version}'
  mkt search slack --format '{id:<30}{downloads:>8}'
  mkt publish --format '{checksum}'

--jq prints what an expression of jq(1) makes of it, text without quotes:

  mkt list --jq '.connectors[] | select(.keyId | startswith("acme:")).id'

  mkt search slack --json | jq -r '.connectors[].id'
  mkt publish --json | jq -r .checksum
  mkt list --json | jq -r '.connectors[] | "\(.id) \(.version)"'
)text"},
    {"trust", "Whom mkt trusts, and why",
     R"(Every tarball is signed by a key of its publisher. mkt checks the checksum, the
signature and the key before anything is unpacked. Which keys there are, and
which were revoked, it learns from the registry; the list that it has seen it
keeps, and a registry that shows an older one is refused.

Who does not want to take the registry's word pins the publishers' keys:
  mkt key trust acme            from now on only acme's pinned keys sign for acme
  MKT_REQUIRE_TRUSTED=1         publishers without a pin are refused
A new key that a pinned one endorses (mkt key rotate) is trusted as that one is.

  mkt verify connectors/slack   is what is installed what was signed?
  mkt audit                     was any of it revoked since?
)"},
    {"ci", "mkt in a CI job, to copy and paste",
     R"(Where the variable CI is set, mkt prints a line a step without colours, asks
nothing, and waits for rate limits. On GitHub errors and warnings become
annotations, and publish and install write a summary of the step and its outputs:
connector-id, version, checksum, size, key-id, new; installed, count. On GitLab
the same outputs, as MKT_CONNECTOR_ID and so on, and links to what was published
go to the files that MKT_GITLAB_DOTENV and MKT_GITLAB_ANNOTATIONS name.

Publishing, in .github/workflows/publish.yml; the secret MKT_SIGNING_KEY is the
text of the file that `mkt key generate` made:

  on:
    push:
      tags: ['v*']
  jobs:
    publish:
      runs-on: self-hosted
      steps:
        - uses: actions/checkout@v4
        - id: mkt
          run: mkt publish
          env:
            MKT_SIGNING_KEY: ${{ secrets.MKT_SIGNING_KEY }}
            MKT_KEY_PASSPHRASE: ${{ secrets.MKT_KEY_PASSPHRASE }}
            MKT_REGISTRY: ${{ vars.MKT_REGISTRY }}
            MKT_TOKEN: ${{ secrets.MKT_TOKEN }}
        - run: echo "it is ${{ steps.mkt.outputs.connector-id }} ${{ steps.mkt.outputs.version }}"

Publishing, and installing what mkt.lock says, in .gitlab-ci.yml, with the same
secrets as variables of the project:

  publish:
    rules:
      - if: $CI_COMMIT_TAG
    script:
      - mkt publish
    variables:
      MKT_GITLAB_DOTENV: mkt.env
      MKT_GITLAB_ANNOTATIONS: mkt-annotations.json
    artifacts:
      reports:
        dotenv: mkt.env
        annotations: mkt-annotations.json
  install:
    script:
      - mkt install --frozen
      - mkt audit
)"},
});

}  // namespace

std::span<const HelpTopic> help_topics() { return kTopics; }

std::string describe_exit_statuses(std::string_view statuses) {
  std::string text;
  while (!statuses.empty()) {
    const std::size_t end = std::min(statuses.find(' '), statuses.size());
    const auto number = parse_whole<unsigned>(statuses.substr(0, end));
    statuses.remove_prefix(std::min(end + 1, statuses.size()));
    for (const auto& [status, meaning] : kExitStatuses) {
      if (number == status) text += fmt::format("  {:<2}  {}\n", status, meaning);
    }
  }
  return text;
}

}  // namespace mkt
