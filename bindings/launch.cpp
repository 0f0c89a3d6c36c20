// SPDX-License-Identifier: Apache-2.0
#include "launch.hpp"

#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

namespace nb = nanobind;
using namespace nb::literals;

namespace layernorm_fused_rm {
namespace {

// Of the attributes that every launch uses. Never freed: Python may be gone before static objects are.
struct Names {
    nb::object buffer_address = interned("buffer_address");
    nb::object common_runtime_args = interned("common_runtime_args");
    nb::object generic_op = interned("generic_op");
    nb::object function = interned("function");
};

const Names& names() {
    static const Names* const all = new Names;
    return *all;
}

void set_arguments(const nb::object& kernel, const nb::list& arguments) {
    if (PyObject_SetAttr(kernel.ptr(), names().common_runtime_args.ptr(), arguments.ptr()) != 0) {
        nb::raise_python_error();
    }
}

[[nodiscard]] nb::dict by_name(const LaunchTensors& tensors) {
    nb::dict all;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        all[contract::kTensorNames[i]] = tensors[i];
    }
    return all;
}

using Addresses = std::array<nb::object, contract::kTensors>;

[[nodiscard]] Addresses addresses_of(const LaunchTensors& tensors) {
    Addresses addresses;
    std::ranges::transform(tensors, addresses.begin(), [](const nb::object& tensor) {
        return tensor.is_none() ? nb::int_(0) : call_method(tensor, names().buffer_address);
    });
    return addresses;
}

// What a kernel is given: the tensors' addresses, then `rest`.
[[nodiscard]] nb::list common_arguments(const Addresses& addresses, const std::vector<std::uint32_t>& rest) {
    nb::list arguments;
    for (const nb::object& address : addresses) {
        arguments.append(address);
    }
    for (const std::uint32_t word : rest) {
        arguments.append(word);
    }
    return arguments;
}

// Those that there are. ttnn takes the last for the output, y or else stats; the others keep their buffers alive until
// the program has run.
[[nodiscard]] nb::list output_last(const LaunchTensors& tensors) {
    constexpr auto kOutput = static_cast<std::size_t>(contract::Tensor::kOutput);
    constexpr auto kStats = static_cast<std::size_t>(contract::Tensor::kStats);
    const std::size_t output = tensors[kOutput].is_none() ? kStats : kOutput;
    nb::list all;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        if (i != output && !tensors[i].is_none()) {
            all.append(tensors[i]);
        }
    }
    all.append(tensors[output]);
    return all;
}

// Waits for its turn without the interpreter's lock, which the thread whose turn it is may need.
[[nodiscard]] std::unique_lock<std::mutex> take_turn() {
    static std::mutex launching;
    std::unique_lock<std::mutex> turn(launching, std::try_to_lock);
    if (!turn.owns_lock()) {
        const nb::gil_scoped_release released;
        turn.lock();
    }
    return turn;
}

}  // namespace

nb::object steal(PyObject* object) {
    if (object == nullptr) {
        nb::raise_python_error();
    }
    return nb::steal(object);
}

nb::object interned(const char* name) { return steal(PyUnicode_InternFromString(name)); }

nb::object call_method(nb::handle object, nb::handle name) {
    // PyObject_CallMethodNoArgs, which the stable ABI leaves out, is this.
    const std::array<PyObject*, 1> arguments{object.ptr()};
    return steal(PyObject_VectorcallMethod(name.ptr(), arguments.data(),
                                           arguments.size() | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr));
}

nb::object attribute(nb::handle object, nb::handle name) { return steal(PyObject_GetAttr(object.ptr(), name.ptr())); }

nb::object function_of(const nb::object& operation) { return nb::getattr(operation, names().function, operation); }

Launch::Launch(nb::object ttnn, nb::object descriptor, std::vector<std::uint32_t> rest, LaunchHooks hooks)
    : ttnn_(std::move(ttnn)),
      descriptor_(std::move(descriptor)),
      reader_(nb::none()),
      writer_(nb::none()),
      rest_(std::move(rest)),
      hooks_(std::move(hooks)) {
    if (!descriptor_.is_none()) {
        const nb::object kernels = descriptor_.attr("kernels");
        reader_ = kernels[0];
        writer_ = kernels[1];
    }
}

void Launch::run(const LaunchTensors& tensors) const {
    if (descriptor_.is_none()) {
        return;
    }
    // The turn is over before `recover` may launch something else.
    const nb::object error = error_of_start(tensors);
    if (!error.is_none()) {
        hooks_.recover(error, by_name(tensors));
    }
}

// None if there is none.
nb::object Launch::error_of_start(const LaunchTensors& tensors) const {
    const std::unique_lock<std::mutex> turn = take_turn();
    try {
        start(tensors);
    } catch (nb::python_error& error) {
        if (!error.matches(PyExc_Exception)) {
            throw;  // such as KeyboardInterrupt
        }
        return nb::borrow(error.value());
    }
    return nb::none();
}

void Launch::start(const LaunchTensors& tensors) const {
    if (!hooks_.before.is_none()) {
        hooks_.before();
    }
    const Addresses addresses = addresses_of(tensors);
    const auto arguments = common_arguments(addresses, rest_);
    set_arguments(reader_, arguments);
    set_arguments(writer_, arguments);
    function_of(attribute(ttnn_, names().generic_op))(output_last(tensors), descriptor_);
}

void bind_launch(nb::module_& module) {
    nb::class_<Launch>(module, "Launch", "A prepared program's launch; any number of threads may share one.")
        .def(
            "__init__",
            [](Launch* self, nb::object ttnn, nb::object descriptor, std::vector<std::uint32_t> rest, nb::object before,
               nb::object recover) {
                new (self) Launch(std::move(ttnn), std::move(descriptor), std::move(rest),
                                  {std::move(before), std::move(recover)});
            },
            nb::kw_only(), "ttnn"_a, "descriptor"_a.none(), "rest"_a, "before"_a.none(), "recover"_a)
        .def(
            "run",
            [](const Launch& launch, nb::object input, nb::object residual, nb::object gamma, nb::object beta,
               nb::object output, nb::object sum, nb::object mean, nb::object rstd, nb::object stats) {
                launch.run({std::move(input), std::move(residual), std::move(gamma), std::move(beta), std::move(output),
                            std::move(sum), std::move(mean), std::move(rstd), std::move(stats)});
            },
            nb::kw_only(), "input"_a, "residual"_a.none() = nb::none(), "gamma"_a.none() = nb::none(),
            "beta"_a.none() = nb::none(), "output"_a.none() = nb::none(), "sum"_a.none() = nb::none(),
            "mean"_a.none() = nb::none(), "rstd"_a.none() = nb::none(), "stats"_a.none() = nb::none(),
            "Normalises input into output, tensors on the device. Raises RuntimeError where ttnn cannot start it, "
            "ValueError "
            "where nothing fits in L1.");
}

}  // namespace layernorm_fused_rm
