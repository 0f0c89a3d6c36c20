// SPDX-License-Identifier: Apache-2.0
// The kinds of call that parametrised tests run: which, and how a test's name tells them.
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <vector>

#include "configuration.hpp"

namespace layernorm_fused_rm::arithmetic {

// In GoogleTest's messages and in CTest's names.
inline void PrintTo(const Configuration* kind, std::ostream* stream) { *stream << kind->name; }

// All of which a predicate holds.
template <typename Predicate>
[[nodiscard]] std::vector<const Configuration*> kinds_that(Predicate holds) {
    std::vector<const Configuration*> kinds = all_kinds();
    std::erase_if(kinds, [&](const Configuration* kind) { return !holds(*kind); });
    return kinds;
}

}  // namespace layernorm_fused_rm::arithmetic
