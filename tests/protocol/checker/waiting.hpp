// SPDX-License-Identifier: Apache-2.0
// What a thread that cannot go on waits for, in words.
#pragma once

#include <string>

#include "checker/core.hpp"

namespace protocol {

[[nodiscard]] std::string describe_wait(const Core& core, const Event& event);

}  // namespace protocol
