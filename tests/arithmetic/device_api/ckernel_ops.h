// SPDX-License-Identifier: Apache-2.0
// Stands in for the header of ttnn by this name.
#pragma once

#include "core_api.hpp"
