// Names of parametrised tests: the configuration that they run.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "configuration.hpp"

namespace layernorm_fused_rm::arithmetic {

inline std::string name_of_kind(const testing::TestParamInfo<const Configuration*>& info) {
    std::string name(info.param->name);
    std::ranges::replace_if(
        name, [](char c) { return c == ':' || c == '-' || c == '.' || c == '='; }, '_');
    return "of_" + name;
}

}  // namespace layernorm_fused_rm::arithmetic
