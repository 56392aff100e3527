// `mktd init`: the first set-up of a registry that has its data in a folder.
//
// It makes the data folder with the first admin's token, and writes mktd.conf(5). What is there
// stays: a second run changes nothing and tells the same. A file of settings is only written where
// there is none, or where it sets nothing, as the one that the package installs.
#pragma once

#include "common/base/result.h"
#include "daemon/ops/questions.h"
#include "daemon/ops/set_up.h"

namespace mkt {

// Without `ask` there is nobody to ask. Run by root, it makes what is in the data folder as the
// user who owns the folder. usage_error for wishes and files that are wrong, target_exists where
// the file of settings says something else than the wishes; both before anything is changed.
Result<SetUp> set_up(const SetUpWishes& wishes, const Ask& ask);

}  // namespace mkt
