// SPDX-License-Identifier: Apache-2.0
// A prepared program's launch: its addresses patched into the kernels' arguments, then ttnn.generic_op.
#pragma once

#include <nanobind/nanobind.h>

#include <array>
#include <cstdint>
#include <vector>

#include "contract.hpp"

namespace layernorm_fused_rm {

// Makes the names of attributes once: a call looks up a dozen, and making a string costs more than using it.
[[nodiscard]] nanobind::object interned(const char* name);

// What the C API gives, or its error thrown.
[[nodiscard]] nanobind::object steal(PyObject* object);

// object.name(), or object.name, with an interned name.
[[nodiscard]] nanobind::object call_method(nanobind::handle object, nanobind::handle name);
[[nodiscard]] nanobind::object attribute(nanobind::handle object, nanobind::handle name);

// The C++ function of one of ttnn's operations, without ttnn's Python around it: what that records, it has recorded of
// our own operation.
[[nodiscard]] nanobind::object function_of(const nanobind::object& operation);

// A call's tensors, all on the device, in the order of contract::Tensor; None for those that it does not have.
using LaunchTensors = std::array<nanobind::object, contract::kTensors>;

// What Python has to say at a launch: `before` is called before each unless None; `recover` is given the error that a
// launch ended in and its tensors by name, and launches another program or raises an error.
struct LaunchHooks {
    nanobind::object before, recover;
};

// One Problem's descriptor. Threads may share it: launches of all programs take turns, so that nothing comes between
// writing a call's addresses and ttnn's reading them.
class Launch {
public:
    // `descriptor` is None where there are no rows. `rest` follows the tensors' addresses in the common arguments of
    // reader and writer.
    Launch(nanobind::object ttnn, nanobind::object descriptor, std::vector<std::uint32_t> rest, LaunchHooks hooks);

    void run(const LaunchTensors& tensors) const;

private:
    void start(const LaunchTensors& tensors) const;
    [[nodiscard]] nanobind::object error_of_start(const LaunchTensors& tensors) const;

    nanobind::object ttnn_;
    nanobind::object descriptor_;
    nanobind::object reader_;  // views of the descriptor's kernels
    nanobind::object writer_;
    std::vector<std::uint32_t> rest_;
    LaunchHooks hooks_;
};

void bind_launch(nanobind::module_& module);

}  // namespace layernorm_fused_rm
