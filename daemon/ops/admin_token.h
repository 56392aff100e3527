// The admin's token in the data folder: the first one, and the one that replaces it when it is
// lost.
//
// Its file is there, empty, before a token is made, so that no token is made that nobody can read.
#pragma once

#include "common/base/result.h"
#include "daemon/service/marketplace.h"
#include "daemon/store/data_folder.h"

namespace mkt {

// False where the marketplace has tokens already.
Result<bool> write_first_admin_token(const Marketplace& market, const DataFolder& data);

// Makes another one, which the log tells of. target_exists where the one in the file is valid.
Status write_new_admin_token(const Marketplace& market, const DataFolder& data);

}  // namespace mkt
