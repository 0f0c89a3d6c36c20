// SPDX-License-Identifier: Apache-2.0
#include "calls.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace nb = nanobind;
using namespace nb::literals;

namespace layernorm_fused_rm {
namespace {

// Enough for the calls of a model; the latest are kept.
constexpr std::size_t kMostCalls = 1024;

struct Names {
    nb::object input = interned("input");
    nb::object gamma = interned("gamma");
    nb::object beta = interned("beta");
    nb::object residual = interned("residual");
    nb::object output_tensor = interned("output_tensor");
    nb::object stats = interned("stats");
    nb::object device = interned("device");
    nb::object spec = interned("spec");
    nb::object logical_volume = interned("logical_volume");
    nb::object get_tile = interned("get_tile");
    nb::object transpose_within_face = interned("transpose_within_face");
    nb::object transpose_of_faces = interned("transpose_of_faces");
    nb::object compute_kernel_config = interned("compute_kernel_config");
    nb::object fp32_dest_acc_en = interned("fp32_dest_acc_en");
};

const Names& names() {
    static const Names* const all = new Names;  // never freed, as in launch.cpp
    return *all;
}

[[nodiscard]] bool is_true(int answer) {
    if (answer < 0) {
        nb::raise_python_error();
    }
    return answer != 0;
}

[[nodiscard]] bool are_equal(nb::handle a, nb::handle b) {
    return is_true(PyObject_RichCompareBool(a.ptr(), b.ptr(), Py_EQ));
}

// Equal and of one type, since 1 is refused where True is taken.
[[nodiscard]] bool are_same(nb::handle a, nb::handle b) {
    return a.is(b) || (Py_TYPE(a.ptr()) == Py_TYPE(b.ptr()) && are_equal(a, b));
}

[[nodiscard]] bool are_same_options(const nb::tuple& a, const nb::tuple& b) {
    bool same = a.size() == b.size();
    for (std::size_t i = 0; same && i < a.size(); ++i) {
        same = are_same(nb::handle(a[i]), nb::handle(b[i]));
    }
    return same;
}

// What of a compute_kernel_config decides whether it is accepted (options.py): whether it is one.
[[nodiscard]] nb::object essence_of(nb::handle config) {
    return nb::bool_(config.is_none() || nb::hasattr(config, names().fp32_dest_acc_en));
}

// What is no tensor is an option.
[[nodiscard]] Arguments split(const nb::dict& by_name) {
    Arguments arguments;
    nb::list options;
    for (const auto& [name, value] : by_name) {
        if (name.is(names().input)) {
            arguments.input = nb::borrow(value);
        } else if (name.is(names().gamma)) {
            arguments.gamma = nb::borrow(value);
        } else if (name.is(names().beta)) {
            arguments.beta = nb::borrow(value);
        } else if (name.is(names().residual)) {
            arguments.residual = nb::borrow(value);
        } else if (name.is(names().output_tensor)) {
            arguments.output_tensor = nb::borrow(value);
        } else if (name.is(names().stats)) {
            arguments.stats = nb::borrow(value);
        } else {
            options.append(name.is(names().compute_kernel_config) ? essence_of(value) : nb::borrow(value));
        }
    }
    arguments.options = nb::tuple(options);
    return arguments;
}

// A tensor in transposed tiles, which ttnn takes for equal to plain ones when it compares specs. No kept call has one.
[[nodiscard]] bool is_transposed(nb::handle tensor) {
    const nb::object tile = call_method(tensor, names().get_tile);
    return is_true(PyObject_IsTrue(attribute(tile, names().transpose_within_face).ptr())) ||
           is_true(PyObject_IsTrue(attribute(tile, names().transpose_of_faces).ptr()));
}

// None for what is no tensor.
[[nodiscard]] std::optional<std::int64_t> count_elements(nb::handle tensor) {
    const nb::object volume = nb::getattr(tensor, names().logical_volume, nb::none());
    return volume.is_none() ? std::nullopt : std::optional(nb::cast<std::int64_t>(volume()));
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): by keyword from Python
Call::Call(const nb::object& ttnn, nb::object device, nb::tuple specs, nb::object launch, nb::tuple outputs)
    : tensor_type_(ttnn.attr("Tensor")),
      allocate_(function_of(ttnn.attr("allocate_tensor_on_device"))),
      device_(std::move(device)),
      specs_(std::move(specs)),
      launch_(std::move(launch)),
      outputs_(std::move(outputs)) {
    for (const nb::handle spec : specs_) {
        are_tiled_.push_back(!spec.is_none() && spec.attr("layout").equal(ttnn.attr("TILE_LAYOUT")));
    }
}

bool Call::fits(nb::handle tensor, std::size_t index) const {
    const nb::handle spec = specs_[index];
    if (spec.is_none() || tensor.is_none()) {
        return spec.is_none() && tensor.is_none();
    }
    return nb::isinstance(tensor, tensor_type_) && call_method(tensor, names().device).is(device_) &&
           are_equal(attribute(tensor, names().spec), spec) && !(are_tiled_[index] && is_transposed(tensor));
}

bool Call::fits(const Arguments& arguments) const {
    const auto& [input, residual, gamma, beta, output_tensor, stats, options] = arguments;
    return fits(input, 0) && fits(residual, 1) && fits(gamma, 2) && fits(beta, 3) && fits(output_tensor, 4) &&
           fits(stats, 5);
}

nb::object Call::allocate(nb::handle wanted) const {
    if (wanted.is_none()) {
        return nb::none();
    }
    return steal(PyObject_CallObject(allocate_.ptr(), wanted.ptr()));
}

nb::object Call::run(const Arguments& arguments) const {
    const nb::object allocated = allocate(outputs_[0]);
    const nb::object output = allocated.is_none() ? arguments.output_tensor : allocated;
    const nb::object sum = allocate(outputs_[1]);
    const nb::object mean = allocate(outputs_[2]);
    const nb::object rstd = allocate(outputs_[3]);
    const nb::object told = allocate(outputs_[4]);
    const nb::object stats = told.is_none() ? arguments.stats : told;
    nb::cast<const Launch&>(launch_).run(
        {arguments.input, arguments.residual, arguments.gamma, arguments.beta, output, sum, mean, rstd, stats});
    nb::list results;
    for (const nb::object* result : {&output, &sum, &mean, &rstd, &told}) {
        if (!result->is_none()) {
            results.append(*result);
        }
    }
    return results.size() == 1 ? nb::object(results[0]) : nb::object(nb::tuple(results));
}

nb::object CallCache::find(const Arguments& arguments) const {
    const std::shared_ptr<const std::vector<Kept>> kept = kept_;
    if (!kept || kept->empty()) {
        return nb::none();
    }
    const std::optional<std::int64_t> elements = count_elements(arguments.input);
    if (!elements) {
        return nb::none();
    }
    for (const Kept& one : *kept) {
        if (one.input_elements == elements && are_same_options(one.options, arguments.options) &&
            nb::cast<const Call&>(one.call).fits(arguments)) {
            return one.call;
        }
    }
    return nb::none();
}

nb::object CallCache::find(const nb::dict& arguments) const { return find(split(arguments)); }

nb::object CallCache::run(const nb::dict& arguments) const {
    const Arguments given = split(arguments);
    const nb::object call = find(given);
    return call.is_none() ? call : nb::cast<const Call&>(call).run(given);
}

void CallCache::insert(const nb::dict& arguments, nb::object call) {
    const Arguments given = split(arguments);
    if (PyObject_Hash(given.options.ptr()) == -1) {
        PyErr_Clear();
        return;
    }
    auto kept = std::make_shared<std::vector<Kept>>();
    kept->push_back({count_elements(given.input).value(), given.options, std::move(call)});
    if (const std::shared_ptr<const std::vector<Kept>> earlier = kept_) {
        kept->insert(kept->end(), earlier->begin(),
                     earlier->begin() + static_cast<std::ptrdiff_t>(std::min(earlier->size(), kMostCalls - 1)));
    }
    kept_ = std::move(kept);
}

void bind_calls(nb::module_& module) {
    nb::class_<Call>(module, "Call", "What a call needs of its tensors, its program, and what to allocate.")
        .def(nb::init<const nb::object&, nb::object, nb::tuple, nb::object, nb::tuple>(), nb::kw_only(), "ttnn"_a,
             "device"_a.none(), "specs"_a, "launch"_a.none(), "outputs"_a)
        .def(
            "run", [](const Call& call, const nb::dict& arguments) { return call.run(split(arguments)); },
            "arguments"_a, "Allocates the outputs and launches: y, or a tuple of what was asked for.");
    nb::class_<CallCache>(module, "CallCache", "The latest calls, found by their options, specs and device.")
        .def(nb::init<>())
        .def(
            "find", [](const CallCache& cache, const nb::dict& arguments) { return cache.find(arguments); },
            "arguments"_a, "The Call that fits these arguments by name, or None.")
        .def("run", &CallCache::run, "arguments"_a, "The results of that Call, or None.")
        .def("insert", &CallCache::insert, "arguments"_a, "call"_a, "Has find find the call from now on.")
        .def("clear", &CallCache::clear, "Has find find none of them any longer.");
}

}  // namespace layernorm_fused_rm
