#include "common/connector/ignore_rules.h"
