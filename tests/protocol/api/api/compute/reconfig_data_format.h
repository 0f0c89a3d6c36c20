// reconfig_data_format_srca comes with common.h.
#pragma once

#include "api/compute/common.h"
