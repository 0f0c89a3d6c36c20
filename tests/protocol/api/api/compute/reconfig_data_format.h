// SPDX-License-Identifier: Apache-2.0
// reconfig_data_format_srca comes with common.h.
#pragma once

#include "api/compute/common.h"
