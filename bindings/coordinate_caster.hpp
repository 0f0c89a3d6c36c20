// SPDX-License-Identifier: Apache-2.0
// A Coordinate is a tuple (x, y) in Python.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>

#include <cstdint>
#include <utility>

#include "layernorm_fused_rm/problem.hpp"

namespace nanobind::detail {

template <>
struct type_caster<layernorm_fused_rm::Coordinate> {
    using Pair = std::pair<std::int32_t, std::int32_t>;

    NB_TYPE_CASTER(layernorm_fused_rm::Coordinate, const_name("tuple[int, int]"))

    bool from_python(handle source, std::uint8_t flags, cleanup_list* cleanup) noexcept {
        make_caster<Pair> pair;
        if (!pair.from_python(source, flags, cleanup)) {
            return false;
        }
        const auto [x, y] = static_cast<Pair>(pair);
        value = {.x = x, .y = y};
        return true;
    }

    static handle from_cpp(layernorm_fused_rm::Coordinate coordinate, rv_policy policy,
                           cleanup_list* cleanup) noexcept {
        return make_caster<Pair>::from_cpp(Pair{coordinate.x, coordinate.y}, policy, cleanup);
    }
};

}  // namespace nanobind::detail
