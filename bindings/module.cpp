// layernorm_fused_rm._core: the planner in Python, conversions only; and the way of a call that is like an earlier one
// (calls.hpp, launch.hpp).
#include <nanobind/nanobind.h>
#include <nanobind/operators.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "built_from.hpp"
#include "calls.hpp"
#include "contract.hpp"
#include "coordinate_caster.hpp"
#include "launch.hpp"
#include "layernorm_fused_rm/plan.hpp"
#include "layernorm_fused_rm/problem.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace layernorm_fused_rm {
namespace {

void bind_enums(nb::module_& module) {
    nb::enum_<DataType>(module, "DataType")
        .value("BFLOAT16", DataType::kBfloat16)
        .value("FLOAT32", DataType::kFloat32)
        .value("OTHER", DataType::kOther);
    nb::enum_<Layout>(module, "Layout").value("ROW_MAJOR", Layout::kRowMajor).value("TILE", Layout::kTile);
    nb::enum_<BufferType>(module, "BufferType").value("DRAM", BufferType::kDram).value("L1", BufferType::kL1);
    nb::enum_<MemoryLayout>(module, "MemoryLayout")
        .value("INTERLEAVED", MemoryLayout::kInterleaved)
        .value("SHARDED", MemoryLayout::kSharded);
    nb::enum_<Arch>(module, "Arch").value("WORMHOLE", Arch::kWormhole).value("OTHER", Arch::kOther);
    nb::enum_<Norm>(module, "Norm").value("LAYER", Norm::kLayer).value("RMS", Norm::kRms);
    nb::enum_<Storage>(module, "Storage")
        .value("DEVICE", Storage::kDevice)
        .value("HOST", Storage::kHost)
        .value("DEALLOCATED", Storage::kDeallocated);
}

// Integers in Python: they are indices of buffers and arguments.
void bind_contract(nb::module_& module) {
    nb::enum_<contract::Buffer>(module, "Buffer", nb::is_arithmetic())
        .value("INPUT", contract::Buffer::kInput)
        .value("GAMMA", contract::Buffer::kGamma)
        .value("BETA", contract::Buffer::kBeta)
        .value("RESIDUAL", contract::Buffer::kResidual)
        .value("OUTPUT", contract::Buffer::kOutput)
        .value("SUM", contract::Buffer::kSum)
        .value("STATISTICS", contract::Buffer::kStatistics);
    nb::enum_<contract::Tensor>(module, "Tensor", nb::is_arithmetic())
        .value("INPUT", contract::Tensor::kInput)
        .value("RESIDUAL", contract::Tensor::kResidual)
        .value("GAMMA", contract::Tensor::kGamma)
        .value("BETA", contract::Tensor::kBeta)
        .value("OUTPUT", contract::Tensor::kOutput)
        .value("SUM", contract::Tensor::kSum)
        .value("MEAN", contract::Tensor::kMean)
        .value("RSTD", contract::Tensor::kRstd)
        .value("COUNT", contract::Tensor::kCount);
    nb::enum_<contract::CoreArgument>(module, "CoreArgument", nb::is_arithmetic())
        .value("IS_AFFINE_SOURCE", contract::CoreArgument::kIsAffineSource)
        .value("RUNS", contract::CoreArgument::kRuns)
        .value("FIRST_RUN", contract::CoreArgument::kFirstRun);
    nb::enum_<contract::RunArgument>(module, "RunArgument", nb::is_arithmetic())
        .value("BANK", contract::RunArgument::kBank)
        .value("FIRST_PAGE", contract::RunArgument::kFirstPage)
        .value("ROWS", contract::RunArgument::kRows)
        .value("COUNT", contract::RunArgument::kCount);
    nb::enum_<contract::ComputeArgument>(module, "ComputeArgument", nb::is_arithmetic())
        .value("NEGATIVE_EPSILON_BITS", contract::ComputeArgument::kNegativeEpsilonBits)
        .value("COUNT", contract::ComputeArgument::kCount);
    nb::enum_<contract::ReaderArgument>(module, "ReaderArgument", nb::is_arithmetic())
        .value("COUNT", contract::ReaderArgument::kCount);
    nb::enum_<contract::WriterArgument>(module, "WriterArgument", nb::is_arithmetic())
        .value("SOURCE_X", contract::WriterArgument::kSourceX)
        .value("SOURCE_Y", contract::WriterArgument::kSourceY)
        .value("FIRST_X", contract::WriterArgument::kFirstX)
        .value("FIRST_Y", contract::WriterArgument::kFirstY)
        .value("LAST_X", contract::WriterArgument::kLastX)
        .value("LAST_Y", contract::WriterArgument::kLastY)
        .value("RECEIVERS", contract::WriterArgument::kReceivers)
        .value("COUNT", contract::WriterArgument::kCount);
    nb::enum_<contract::Semaphore>(module, "Semaphore", nb::is_arithmetic())
        .value("RECEIVERS_READY", contract::Semaphore::kReceiversReady)
        .value("AFFINE_ARRIVED", contract::Semaphore::kAffineArrived)
        .value("COUNT", contract::Semaphore::kCount);
}

void bind_tensor_spec(nb::module_& module) {
    const TensorSpec standard;
    nb::class_<Tile>(module, "Tile", "A tile's rows and columns of elements, and whether it holds columns for rows.")
        .def(
            "__init__",
            [](Tile* self, std::int64_t height, std::int64_t width, bool is_transposed) {
                new (self) Tile{height, width, is_transposed};
            },
            nb::kw_only(), "height"_a = standard.tile.height, "width"_a = standard.tile.width,
            "is_transposed"_a = standard.tile.is_transposed)
        .def_ro("height", &Tile::height)
        .def_ro("width", &Tile::width)
        .def_ro("is_transposed", &Tile::is_transposed)
        .def(nb::self == nb::self);
    nb::class_<TensorSpec>(module, "TensorSpec", "Shape (elements), type and place of one tensor.")
        .def(
            "__init__",
            [](TensorSpec* self, std::vector<std::int64_t> shape, DataType dtype, Layout layout, BufferType buffer_type,
               MemoryLayout memory_layout, Storage storage, std::vector<std::int64_t> padded_shape, Tile tile) {
                new (self) TensorSpec{std::move(shape),        dtype, layout, buffer_type, memory_layout, storage,
                                      std::move(padded_shape), tile};
            },
            nb::kw_only(), "shape"_a, "dtype"_a = standard.dtype, "layout"_a = standard.layout,
            "buffer_type"_a = standard.buffer_type, "memory_layout"_a = standard.memory_layout,
            "storage"_a = standard.storage, "padded_shape"_a = standard.padded_shape, "tile"_a = standard.tile)
        .def_ro("shape", &TensorSpec::shape)
        .def_ro("dtype", &TensorSpec::dtype)
        .def_ro("layout", &TensorSpec::layout)
        .def_ro("buffer_type", &TensorSpec::buffer_type)
        .def_ro("memory_layout", &TensorSpec::memory_layout)
        .def_ro("storage", &TensorSpec::storage)
        .def_ro("padded_shape", &TensorSpec::padded_shape)
        .def_ro("tile", &TensorSpec::tile)
        .def(nb::self == nb::self);
}

void bind_device(nb::module_& module) {
    const Device standard;
    nb::class_<Device>(module, "Device", "The device as the planner sees it. Coordinates are (x, y).")
        .def(
            "__init__",
            [](Device* self, Arch arch, Coordinate grid, std::vector<Coordinate> workers,
               std::vector<Coordinate> dram_banks, Coordinate noc_size, std::int64_t l1_banks,
               std::vector<Coordinate> l1_bank_places, std::int64_t l1_bytes, std::int64_t dram_alignment_bytes,
               std::int64_t l1_alignment_bytes) {
                new (self) Device{arch,
                                  grid,
                                  std::move(workers),
                                  std::move(dram_banks),
                                  noc_size,
                                  l1_banks,
                                  std::move(l1_bank_places),
                                  l1_bytes,
                                  dram_alignment_bytes,
                                  l1_alignment_bytes};
            },
            nb::kw_only(), "arch"_a = standard.arch, "grid"_a, "workers"_a = standard.workers,
            "dram_banks"_a = standard.dram_banks, "noc_size"_a = standard.noc_size, "l1_banks"_a = standard.l1_banks,
            "l1_bank_places"_a = standard.l1_bank_places, "l1_bytes"_a,
            "dram_alignment_bytes"_a = standard.dram_alignment_bytes,
            "l1_alignment_bytes"_a = standard.l1_alignment_bytes)
        .def(
            "with_places", &with_places, "l1_bank_cores"_a,
            "With what is known of its kind of chip: places on the NoC of its workers and of the cores in whose L1 its "
            "banks are, and the alignment of DRAM.")
        .def_ro("arch", &Device::arch)
        .def_ro("grid", &Device::grid)
        .def_ro("workers", &Device::workers)
        .def_ro("dram_banks", &Device::dram_banks)
        .def_ro("noc_size", &Device::noc_size)
        .def_ro("l1_banks", &Device::l1_banks)
        .def_ro("l1_bank_places", &Device::l1_bank_places)
        .def_ro("l1_bytes", &Device::l1_bytes)
        .def_ro("dram_alignment_bytes", &Device::dram_alignment_bytes)
        .def_ro("l1_alignment_bytes", &Device::l1_alignment_bytes)
        .def(nb::self == nb::self);
}

void bind_options(nb::module_& module) {
    const Options standard;
    nb::class_<MemoryConfig>(module, "MemoryConfig", "Where outputs are to lie.")
        .def(
            "__init__",
            [](MemoryConfig* self, BufferType buffer_type, MemoryLayout memory_layout) {
                new (self) MemoryConfig{buffer_type, memory_layout};
            },
            "buffer_type"_a, "memory_layout"_a = MemoryLayout::kInterleaved)
        .def_ro("buffer_type", &MemoryConfig::buffer_type)
        .def_ro("memory_layout", &MemoryConfig::memory_layout)
        .def(nb::self == nb::self);
    nb::class_<Options>(module, "Options", "A call's options; None: the default.")
        .def(
            "__init__",
            [](Options* self, Norm norm, double epsilon, bool zero_centered_gamma, bool return_sum,
               std::optional<DataType> sum_dtype, bool return_statistics, std::optional<DataType> dtype,
               std::optional<MemoryConfig> memory_config) {
                new (self) Options{norm,  epsilon,      zero_centered_gamma, return_sum, sum_dtype, return_statistics,
                                   dtype, memory_config};
            },
            nb::kw_only(), "norm"_a = standard.norm, "epsilon"_a = standard.epsilon,
            "zero_centered_gamma"_a = standard.zero_centered_gamma, "return_sum"_a = standard.return_sum,
            "sum_dtype"_a = nb::none(), "return_statistics"_a = standard.return_statistics, "dtype"_a = nb::none(),
            "memory_config"_a = nb::none())
        .def_ro("norm", &Options::norm)
        .def_ro("epsilon", &Options::epsilon)
        .def_ro("zero_centered_gamma", &Options::zero_centered_gamma)
        .def_ro("return_sum", &Options::return_sum)
        .def_ro("sum_dtype", &Options::sum_dtype)
        .def_ro("return_statistics", &Options::return_statistics)
        .def_ro("dtype", &Options::dtype)
        .def_ro("memory_config", &Options::memory_config)
        .def(nb::self == nb::self);
}

void bind_problem(nb::module_& module) {
    nb::class_<Problem>(module, "Problem", "What a call asks for.")
        .def(
            "__init__",
            [](Problem* self, TensorSpec input, std::optional<TensorSpec> residual, std::optional<TensorSpec> gamma,
               std::optional<TensorSpec> beta, std::optional<TensorSpec> output_tensor, Options options,
               Device device) {
                new (self) Problem{std::move(input),         std::move(residual), std::move(gamma), std::move(beta),
                                   std::move(output_tensor), std::move(options),  std::move(device)};
            },
            nb::kw_only(), "input"_a, "residual"_a = nb::none(), "gamma"_a = nb::none(), "beta"_a = nb::none(),
            "output_tensor"_a = nb::none(), "options"_a = Options{}, "device"_a)
        .def_ro("input", &Problem::input)
        .def_ro("residual", &Problem::residual)
        .def_ro("gamma", &Problem::gamma)
        .def_ro("beta", &Problem::beta)
        .def_ro("output_tensor", &Problem::output_tensor)
        .def_ro("options", &Problem::options)
        .def_ro("device", &Problem::device)
        .def(
            "on",
            [](Problem problem, Device device) {
                problem.device = std::move(device);
                return problem;
            },
            "device"_a, "The same problem on another device.")
        .def(
            "with_l1_bytes",
            [](Problem problem, std::int64_t l1_bytes) {
                problem.device.l1_bytes = l1_bytes;
                return problem;
            },
            "l1_bytes"_a, "The same problem with that much L1 for circular buffers on each core.")
        .def(nb::self == nb::self);
}

void bind_plan_parts(nb::module_& module) {
    nb::class_<Run>(module, "Run", "Pages of one bank, side by side.")
        .def_ro("bank", &Run::bank)
        .def_ro("first_page", &Run::first_page)
        .def_ro("count", &Run::count)
        .def(nb::self == nb::self);
    nb::class_<CoreWork>(module, "CoreWork", "What one core does.")
        .def_ro("core", &CoreWork::core)
        .def_ro("runs", &CoreWork::runs)
        .def_prop_ro("rows", &CoreWork::rows)
        .def(nb::self == nb::self);
    nb::class_<AffineSharing>(module, "AffineSharing", "Who reads gamma and beta for which rectangle of cores.")
        .def_ro("source", &AffineSharing::source)
        .def_ro("first", &AffineSharing::first)
        .def_ro("last", &AffineSharing::last)
        .def_prop_ro("receivers", &AffineSharing::receivers)
        .def(nb::self == nb::self);
    nb::class_<CircularBuffer>(module, "CircularBuffer", "One circular buffer, the same on every core.")
        .def_ro("index", &CircularBuffer::index)
        .def_ro("purpose", &CircularBuffer::purpose)
        .def_ro("page_bytes", &CircularBuffer::page_bytes)
        .def_ro("pages", &CircularBuffer::pages)
        .def_ro("producer", &CircularBuffer::producer)
        .def_ro("consumer", &CircularBuffer::consumer)
        .def_ro("dtype", &CircularBuffer::dtype)
        .def_prop_ro("bytes", &CircularBuffer::bytes);
}

void bind_plan(nb::module_& module) {
    nb::class_<Plan>(module, "Plan", "Everything a program needs.")
        .def_ro("chip", &Plan::chip)
        .def_ro("tensors", &Plan::tensors, "In the order of Tensor.")
        .def_ro("rows", &Plan::rows)
        .def_ro("width", &Plan::width)
        .def_ro("reads_again", &Plan::reads_again)
        .def_ro("cores", &Plan::cores)
        .def_ro("sharing", &Plan::sharing)
        .def_ro("buffers", &Plan::buffers)
        .def_prop_ro("compile_time_arguments", &Plan::compile_time_arguments)
        .def_ro("compute_arguments", &Plan::compute_arguments)
        .def_ro("core_arguments", &Plan::core_arguments)
        .def_ro("l1_bytes_used", &Plan::l1_bytes_used)
        .def_ro("l1_bytes_budget", &Plan::l1_bytes_budget)
        .def("describe", &Plan::describe)
        .def("__str__", &Plan::describe);
    // nanobind turns std::invalid_argument into ValueError.
    module.def("check", &check, "problem"_a, "Raises ValueError as plan() does, without planning.");
    module.def("plan", &plan, "problem"_a, "Plans one call. Raises ValueError: what was given, needed, and to do.");
}

void bind_origin(nb::module_& module) {
    nb::list kernel_files;
    for (const char* const name : built_from::kKernelFiles) {
        kernel_files.append(name);
    }
    module.attr("__version__") = built_from::kVersion;
    module.attr("CONTRACT_SHA256") = built_from::kContractSha256;
    module.attr("KERNEL_FILES") = kernel_files;
}

}  // namespace
}  // namespace layernorm_fused_rm

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-cstyle-cast): nanobind's macro
NB_MODULE(_core, module) {
    using namespace layernorm_fused_rm;
    module.doc() =
        "The planner of layernorm_fused_rm: which core takes which rows, circular buffers, arguments; and kept calls.";
    bind_enums(module);
    bind_contract(module);
    bind_tensor_spec(module);
    bind_device(module);
    bind_options(module);
    bind_problem(module);
    bind_plan_parts(module);
    bind_plan(module);
    bind_launch(module);
    bind_calls(module);
    bind_origin(module);
}
