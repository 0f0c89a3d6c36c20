// SPDX-License-Identifier: Apache-2.0
// layernorm_fused_rm._core: the planner in Python, conversions only; and the way of a call that is like an earlier one
// (calls.hpp, launch.hpp).
#include <nanobind/nanobind.h>
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
#include "record.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace layernorm_fused_rm {
namespace {

void bind_enums(nb::module_& module) {
    nb::enum_<DataType>(module, "DataType")
        .value("BFLOAT16", DataType::kBfloat16)
        .value("FLOAT32", DataType::kFloat32)
        .value("BFLOAT8_B", DataType::kBfloat8B)
        .value("BFLOAT4_B", DataType::kBfloat4B)
        .value("UINT8", DataType::kUint8)
        .value("UINT16", DataType::kUint16)
        .value("UINT32", DataType::kUint32)
        .value("INT32", DataType::kInt32)
        .value("OTHER", DataType::kOther);
    nb::enum_<Layout>(module, "Layout").value("ROW_MAJOR", Layout::kRowMajor).value("TILE", Layout::kTile);
    nb::enum_<BufferType>(module, "BufferType").value("DRAM", BufferType::kDram).value("L1", BufferType::kL1);
    nb::enum_<MemoryLayout>(module, "MemoryLayout")
        .value("INTERLEAVED", MemoryLayout::kInterleaved)
        .value("SHARDED", MemoryLayout::kSharded)
        .value("OTHER", MemoryLayout::kOther);
    nb::enum_<Arch>(module, "Arch")
        .value("WORMHOLE", Arch::kWormhole)
        .value("BLACKHOLE", Arch::kBlackhole)
        .value("OTHER", Arch::kOther);
    nb::enum_<Norm>(module, "Norm").value("LAYER", Norm::kLayer).value("RMS", Norm::kRms);
    nb::enum_<Stage>(module, "Stage")
        .value("WHOLE", Stage::kWhole)
        .value("PRE_ALL_GATHER", Stage::kPreAllGather)
        .value("POST_ALL_GATHER", Stage::kPostAllGather);
    nb::enum_<Activation>(module, "Activation")
        .value("NONE", Activation::kNone)
        .value("RELU", Activation::kRelu)
        .value("SILU", Activation::kSilu)
        .value("GELU", Activation::kGelu)
        .value("GELU_APPROX", Activation::kGeluApprox);
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
        .value("STATISTICS", contract::Buffer::kStatistics)
        .value("STATS", contract::Buffer::kStats);
    nb::enum_<contract::Tensor>(module, "Tensor", nb::is_arithmetic())
        .value("INPUT", contract::Tensor::kInput)
        .value("RESIDUAL", contract::Tensor::kResidual)
        .value("GAMMA", contract::Tensor::kGamma)
        .value("BETA", contract::Tensor::kBeta)
        .value("OUTPUT", contract::Tensor::kOutput)
        .value("SUM", contract::Tensor::kSum)
        .value("MEAN", contract::Tensor::kMean)
        .value("RSTD", contract::Tensor::kRstd)
        .value("STATS", contract::Tensor::kStats)
        .value("COUNT", contract::Tensor::kCount);
    nb::enum_<contract::CoreArgument>(module, "CoreArgument", nb::is_arithmetic())
        .value("AFFINE_SHARE", contract::CoreArgument::kAffineShare)
        .value("RUNS", contract::CoreArgument::kRuns)
        .value("FIRST_RUN", contract::CoreArgument::kFirstRun);
    nb::enum_<contract::RunArgument>(module, "RunArgument", nb::is_arithmetic())
        .value("BANK", contract::RunArgument::kBank)
        .value("FIRST_PAGE", contract::RunArgument::kFirstPage)
        .value("ROWS", contract::RunArgument::kRows)
        .value("COUNT", contract::RunArgument::kCount);
    nb::enum_<contract::ComputeArgument>(module, "ComputeArgument", nb::is_arithmetic())
        .value("NEGATIVE_EPSILON_BITS", contract::ComputeArgument::kNegativeEpsilonBits)
        .value("ROWS_PER_MATRIX", contract::ComputeArgument::kRowsPerMatrix)
        .value("COUNT", contract::ComputeArgument::kCount);
    nb::enum_<contract::DataMovementArgument>(module, "DataMovementArgument", nb::is_arithmetic())
        .value("FIRST_X", contract::DataMovementArgument::kFirstX)
        .value("FIRST_Y", contract::DataMovementArgument::kFirstY)
        .value("LAST_X", contract::DataMovementArgument::kLastX)
        .value("LAST_Y", contract::DataMovementArgument::kLastY)
        .value("RECEIVERS", contract::DataMovementArgument::kReceivers)
        .value("GAMMA_SOURCE", contract::DataMovementArgument::kGammaSource)
        .value("BETA_SOURCE", contract::DataMovementArgument::kBetaSource)
        .value("ROWS_PER_MATRIX", contract::DataMovementArgument::kRowsPerMatrix)
        .value("COUNT", contract::DataMovementArgument::kCount);
    nb::enum_<contract::Semaphore>(module, "Semaphore", nb::is_arithmetic())
        .value("GAMMA_ARRIVED", contract::Semaphore::kGammaArrived)
        .value("BETA_ARRIVED", contract::Semaphore::kBetaArrived)
        .value("VECTOR_READ", contract::Semaphore::kVectorRead)
        .value("EVEN_PARTIALS", contract::Semaphore::kEvenPartials)
        .value("ODD_PARTIALS", contract::Semaphore::kOddPartials)
        .value("COUNT", contract::Semaphore::kCount);
}

void bind_tensor_spec(nb::module_& module) {
    bind_record<Tile>(module, "Tile", "A tile's rows and columns of elements, and whether it holds columns for rows.",
                      Field{"height", &Tile::height}, Field{"width", &Tile::width},
                      Field{"is_transposed", &Tile::is_transposed});
    bind_record<Shards>(module, "Shards",
                        "Blocks of rows and elements, row by row of blocks, each in the L1 of a logical core.",
                        Field{"height", &Shards::height}, Field{"width", &Shards::width},
                        Field{"cores", &Shards::cores}, Field{"cores_per_row", &Shards::cores_per_row});
    bind_record<TensorSpec>(module, "TensorSpec", "Shape (elements), type and place of one tensor.",
                            Required{"shape", &TensorSpec::shape}, Field{"dtype", &TensorSpec::dtype},
                            Field{"layout", &TensorSpec::layout}, Field{"buffer_type", &TensorSpec::buffer_type},
                            Field{"memory_layout", &TensorSpec::memory_layout}, Field{"storage", &TensorSpec::storage},
                            Field{"padded_shape", &TensorSpec::padded_shape}, Field{"tile", &TensorSpec::tile},
                            Field{"shards", &TensorSpec::shards});
}

void bind_device(nb::module_& module) {
    bind_record<Device>(
        module, "Device", "The device as the planner sees it. Coordinates are (x, y).", Field{"arch", &Device::arch},
        Required{"grid", &Device::grid}, Field{"workers", &Device::workers}, Field{"dram_banks", &Device::dram_banks},
        Field{"dram_read_places", &Device::dram_read_places}, Field{"dram_write_places", &Device::dram_write_places},
        Field{"noc_size", &Device::noc_size}, Field{"l1_banks", &Device::l1_banks},
        Field{"l1_bank_places", &Device::l1_bank_places}, Required{"l1_bytes", &Device::l1_bytes},
        Field{"dram_alignment_bytes", &Device::dram_alignment_bytes},
        Field{"l1_alignment_bytes", &Device::l1_alignment_bytes})
        .def("with_places", &with_places, "l1_bank_cores"_a,
             "With what is known of its kind of chip: places on the NoC of its workers and of the cores in whose L1 "
             "its banks are, and the alignment of DRAM.");
}

void bind_problem(nb::module_& module) {
    bind_record<MemoryConfig>(
        module, "MemoryConfig", "Where outputs are to lie.", Required{"buffer_type", &MemoryConfig::buffer_type},
        Field{"memory_layout", &MemoryConfig::memory_layout}, Field{"shards", &MemoryConfig::shards});
    bind_record<Options>(module, "Options", "A call's options; None: the default.", Field{"norm", &Options::norm},
                         Field{"stage", &Options::stage}, Field{"epsilon", &Options::epsilon},
                         Field{"zero_centered_gamma", &Options::zero_centered_gamma},
                         Field{"activation", &Options::activation}, Field{"return_sum", &Options::return_sum},
                         Field{"sum_dtype", &Options::sum_dtype},
                         Field{"return_statistics", &Options::return_statistics}, Field{"dtype", &Options::dtype},
                         Field{"layout", &Options::layout}, Field{"sum_layout", &Options::sum_layout},
                         Field{"memory_config", &Options::memory_config});
    bind_record<Problem>(module, "Problem", "What a call asks for.", Required{"input", &Problem::input},
                         Field{"residual", &Problem::residual}, Field{"gamma", &Problem::gamma},
                         Field{"beta", &Problem::beta}, Field{"output_tensor", &Problem::output_tensor},
                         Field{"stats", &Problem::stats}, Field{"options", &Problem::options},
                         Required{"device", &Problem::device})
        .def(
            "on",
            [](Problem problem, const Device& device) {
                problem.device = device;
                return problem;
            },
            "device"_a, "The same problem on another device.")
        .def(
            "with_l1_bytes",
            [](Problem problem, std::int64_t l1_bytes) {
                problem.device.l1_bytes = l1_bytes;
                return problem;
            },
            "l1_bytes"_a, "The same problem with that much L1 for circular buffers on each core.");
}

void bind_plan(nb::module_& module) {
    bind_view<Run>(module, "Run", "Pages of one bank, side by side.", Field{"bank", &Run::bank},
                   Field{"first_page", &Run::first_page}, Field{"count", &Run::count});
    bind_view<CoreWork>(module, "CoreWork", "What one core does.", Field{"core", &CoreWork::core},
                        Field{"runs", &CoreWork::runs}, Field{"slice", &CoreWork::slice},
                        Field{"team", &CoreWork::team})
        .def_prop_ro("rows", &CoreWork::rows);
    bind_view<AffineSharing>(
        module, "AffineSharing", "Who reads gamma and beta for which rectangle of cores.",
        Field{"gamma_source", &AffineSharing::gamma_source}, Field{"beta_source", &AffineSharing::beta_source},
        Field{"gamma_helpers", &AffineSharing::gamma_helpers}, Field{"beta_helpers", &AffineSharing::beta_helpers},
        Field{"share_elements", &AffineSharing::share_elements}, Field{"first", &AffineSharing::first},
        Field{"last", &AffineSharing::last}, Field{"is_by_readers", &AffineSharing::is_by_readers})
        .def_prop_ro("receivers", &AffineSharing::receivers);
    bind_view<CircularBuffer>(module, "CircularBuffer", "One circular buffer, the same on every core.",
                              Field{"index", &CircularBuffer::index}, Field{"purpose", &CircularBuffer::purpose},
                              Field{"page_bytes", &CircularBuffer::page_bytes}, Field{"pages", &CircularBuffer::pages},
                              Field{"producer", &CircularBuffer::producer},
                              Field{"consumer", &CircularBuffer::consumer}, Field{"dtype", &CircularBuffer::dtype})
        .def_prop_ro("bytes", &CircularBuffer::bytes);
    bind_view<Plan>(
        module, "Plan", "Everything a program needs; tensors are in the order of Tensor.", Field{"chip", &Plan::chip},
        Field{"circular_buffers", &Plan::circular_buffers}, Field{"tensors", &Plan::tensors},
        Field{"rows", &Plan::rows}, Field{"rows_per_matrix", &Plan::rows_per_matrix}, Field{"cores", &Plan::cores},
        Field{"shards", &Plan::shards}, Field{"sharing", &Plan::sharing}, Field{"buffers", &Plan::buffers},
        Field{"compute_arguments", &Plan::compute_arguments}, Field{"core_arguments", &Plan::core_arguments},
        Field{"l1_bytes_used", &Plan::l1_bytes_used}, Field{"l1_bytes_budget", &Plan::l1_bytes_budget})
        .def_prop_ro("has_semaphores", &Plan::has_semaphores)
        .def_prop_ro("reads_again", [](const Plan& plan) { return plan.call.reads_again != 0; })
        .def_prop_ro("is_on_one_core", [](const Plan& plan) { return plan.call.one_core != 0; })
        .def_prop_ro("compile_time_arguments", &Plan::compile_time_arguments)
        .def("describe", &Plan::describe)
        // In Python, where json is at hand and attributes are found by their names.
        .def(
            "describe_json",
            [](const nb::handle self) {
                return nb::cast<std::string>(
                    nb::module_::import_("layernorm_fused_rm.plan_data").attr("to_json")(self));
            },
            nb::sig("def describe_json(self) -> str"), "All of the plan as JSON: plan_data.as_dict.")
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
    bind_problem(module);
    bind_plan(module);
    bind_launch(module);
    bind_calls(module);
    bind_origin(module);
}
