// ConnectorDraft: the manifest that an import makes of what a package says about itself, and what
// its user must know about that.
//
// A manifest of ours requires more than other formats do (connector.manifest(5)). Where a package
// does not say it, or says it in a way that is not valid here, the draft has a careful value, and a
// note says so: a tool of an unknown kind is DESTRUCTIVE, a license nobody named is
// LicenseRef-none. The functions below read one field each; all take what strangers wrote. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"

namespace mkt {

// Something that could not be carried over as it was, in one sentence.
struct ImportNote {
  std::string about;  // a field of the manifest, or: scripts, dependencies, files, programs
  std::string message;
};

struct ConnectorDraft {
  Json manifest;
  std::string name;           // as the package has it; empty where it has none
  std::string version;        // the same
  bool own_manifest = false;  // the package brought the manifest
  std::vector<ImportNote> notes;

  void note(std::string about, std::string message) {
    notes.push_back({std::move(about), std::move(message)});
  }
};

// Paths of files, as in the folder that is made.
using PackageFiles = std::set<std::string, std::less<>>;

// A draft with the fields that every manifest has: of that name and version, with these values
// where nothing else is known.
ConnectorDraft start_draft(std::string name, std::string version);

// The text on one line, of at most so many characters.
std::string fitting_text(std::string_view text, std::size_t most);
// The same of a member; empty where there is none.
std::string fitting_member(const Json& object, const char* name, std::size_t most);

// Each takes the value that the package has, which may be null, and sets the field of that name.
void set_display_name(ConnectorDraft& draft, std::string_view name);
void set_description(ConnectorDraft& draft, std::string_view text);
// A text "NAME <MAIL> (URL)" or an object with name; else `otherwise`.
void set_author(ConnectorDraft& draft, const Json& person, std::string_view otherwise);
// An SPDX expression, or one of npm's other forms.
void set_license(ConnectorDraft& draft, const Json& license);
// A list of words; others are left out.
void set_keywords(ConnectorDraft& draft, const Json& words);
// A URL, or an object with url; of git's forms the https:// one.
void set_link(ConnectorDraft& draft, const char* field, const Json& link);
struct EntryPaths {
  std::vector<std::string> named;    // by the package, which may name what it does not have
  std::vector<std::string> usual{};  // what is started where none is named
  std::string otherwise;             // a file that it has
};
// The first of these paths that is a file, as it stands or with what Node.js would add; else
// `otherwise`, with a note.
void set_entrypoint(ConnectorDraft& draft, const EntryPaths& paths, const PackageFiles& files);
// Objects with name and description; where there are none, one tool that stands for all.
void set_tools(ConnectorDraft& draft, const Json& tools);

// Takes a manifest of ours that the package brings instead: it says more than can be read out of
// the other format. But it is the package that says so, so there are notes on what an approval
// would go by: classes milder than DESTRUCTIVE, and an author or version that the package itself
// has not. manifest_invalid where it is no object.
Status adopt_manifest(ConnectorDraft& draft, Json own);

// "a, b, c and 4 more"
std::string list_some(const std::vector<std::string>& words);

}  // namespace mkt
