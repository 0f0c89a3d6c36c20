// SPDX-License-Identifier: Apache-2.0
// What host and device must agree on, and nothing else: the planner (host C++20) fills it in, every kernel (device
// C++17) reads it. Needs <stdint.h> only. Nothing in it is typed a second time anywhere.
#pragma once

#include "contract/buffers.hpp"
#include "contract/call.hpp"
#include "contract/dest.hpp"
#include "contract/runtime.hpp"
#include "contract/stats.hpp"
#include "contract/tensors.hpp"
#include "contract/tiles.hpp"
