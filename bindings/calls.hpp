// SPDX-License-Identifier: Apache-2.0
// Calls that passed their checks, kept so that the next one like it goes straight to the launch.
//
// What is checked, planned and allocated for a call depends on its options and on the specs and the device of its
// tensors, nothing else. In C++ because a host whose caches other work has emptied takes ten times as long for Python.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "launch.hpp"

namespace layernorm_fused_rm {

// What a call is given, by name: its tensors, None for those that it does not have, and the rest.
struct Arguments {
    nanobind::object input, residual, gamma, beta, output_tensor, stats;
    nanobind::tuple options;  // and which operation it is; in the order of the dictionary
};

// Everything but the tensors: what they have to be, the program, and what to allocate.
class Call {
public:
    // `specs` are those of input, residual, gamma, beta, output_tensor and stats, None for what is not given. `outputs` are
    // y, sum, mean, rstd and stats as the arguments of ttnn.allocate_tensor_on_device, None for what is not asked for or
    // is given. `launch` is a Launch.
    Call(const nanobind::object& ttnn, nanobind::object device, nanobind::tuple specs, nanobind::object launch,
         nanobind::tuple outputs);

    // Whether these tensors need the same of everything. A tensor on the host, or deallocated, is on no device.
    [[nodiscard]] bool fits(const Arguments& arguments) const;

    // Allocates the outputs and launches: the output, or a tuple of what was asked for.
    [[nodiscard]] nanobind::object run(const Arguments& arguments) const;

private:
    [[nodiscard]] bool fits(nanobind::handle tensor, std::size_t index) const;
    [[nodiscard]] nanobind::object allocate(nanobind::handle wanted) const;

    nanobind::object tensor_type_;
    nanobind::object allocate_;
    nanobind::object device_;
    nanobind::tuple specs_;
    std::vector<bool> are_tiled_;  // of those
    nanobind::object launch_;
    nanobind::tuple outputs_;
};

// The latest calls. Any number of threads may use it: at worst one of two that are inserted at once is not.
class CallCache {
public:
    // The call of these options that fits these tensors; None if there is none.
    [[nodiscard]] nanobind::object find(const nanobind::dict& arguments) const;

    // Its results; None if there is none.
    [[nodiscard]] nanobind::object run(const nanobind::dict& arguments) const;

    // Has `find` find the call from now on, unless an option has no hash, such as a list, which may change.
    void insert(const nanobind::dict& arguments, nanobind::object call);

    void clear() { kept_.reset(); }

private:
    struct Kept {
        std::int64_t input_elements;
        nanobind::tuple options;
        nanobind::object call;
    };
    [[nodiscard]] nanobind::object find(const Arguments& arguments) const;

    std::shared_ptr<const std::vector<Kept>> kept_;  // replaced as a whole, the latest first
};

void bind_calls(nanobind::module_& module);

}  // namespace layernorm_fused_rm
