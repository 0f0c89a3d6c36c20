// SPDX-License-Identifier: Apache-2.0
// copy_init comes with common.h; copying tiles is not known to the checker.
#pragma once

#include "api/compute/common.h"
