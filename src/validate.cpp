#include "validate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>

#include "contract.hpp"
#include "device.hpp"
#include "error.hpp"
#include "numbers.hpp"

namespace layernorm_fused_rm {
namespace {

// With it a row is a whole number of 64-byte pieces, so its page has no gap behind it at any alignment up to that.
constexpr std::int64_t kWidthMultiple = 32;
constexpr std::int64_t kPageMultipleBytes = kWidthMultiple * contract::kBytesPerBfloat16;

// Kernels hold row indices and addresses within a bank in 32 bits.
constexpr std::int64_t kMax32Bits = std::numeric_limits<std::uint32_t>::max();

// NoC coordinates have six bits (noc_parameters.h, NOC_ADDR_NODE_ID_BITS): no NoC, and no grid on it, is larger.
constexpr std::int32_t kMaxNocSide = 64;

// Well above any Tensix chip; they keep a nonsense device from asking for a huge plan. This much L1 is 32,768 pages of
// the smallest kind, which the 16 bits that count a circular buffer's pages tell apart.
constexpr std::int64_t kMaxBanks = 65536;
constexpr std::int64_t kMaxL1Bytes = std::int64_t{64} * 1024 * 1024;

void check_storage(const std::string& name, const TensorSpec& spec) {
    if (spec.storage != Storage::kDevice) {
        refuse(name + " must be allocated on device, but is in host memory; move it with ttnn.to_device(" + name +
               ", device)");
    }
    if (spec.layout != Layout::kRowMajor) {
        refuse(name + " must be in ROW_MAJOR layout, but is in TILE layout; convert it with ttnn.to_layout(" + name +
               ", ttnn.ROW_MAJOR_LAYOUT)");
    }
    if (spec.placement != Placement::kInterleaved) {
        refuse(name + " must be in INTERLEAVED memory, but is sharded; convert it with ttnn.to_memory_config(" + name +
               ", ttnn.DRAM_MEMORY_CONFIG)");
    }
}

void check_dtype(const std::string& name, const TensorSpec& spec) {
    if (spec.dtype != DataType::kBfloat16) {
        const std::string given = spec.dtype == DataType::kFloat32 ? "is FLOAT32" : "has another data type";
        refuse(name + " must be BFLOAT16, but " + given + "; convert it with ttnn.typecast(" + name +
               ", ttnn.bfloat16)");
    }
}

void check_dimensions(const std::string& name, const TensorSpec& spec) {
    if (std::ranges::any_of(spec.shape, [](std::int64_t dimension) { return dimension < 0; })) {
        refuse(name + " has shape " + shape_text(spec.shape) +
               ", but no dimension can be negative; pass the shape of an allocated tensor");
    }
}

void check_rank(const TensorSpec& input) {
    if (input.shape.size() < 2) {
        const std::string width = input.shape.empty() ? "W" : std::to_string(input.shape.back());
        refuse("input must have rank >= 2, but has rank " + std::to_string(input.shape.size()) + " with shape " +
               shape_text(input.shape) + "; reshape it with ttnn.reshape(input, [1, " + width + "])");
    }
}

void check_width(const TensorSpec& input) {
    const std::int64_t width = input.shape.back();
    if (width > 0 && width % kWidthMultiple == 0) {
        return;
    }
    // Zeros appended to a row would change its mean, so padding is no advice to give.
    const std::int64_t below = width - width % kWidthMultiple;
    const auto above = static_cast<std::uint64_t>(below) + kWidthMultiple;  // may exceed 63 bits
    const std::string nearest = below == 0 ? "32" : std::to_string(below) + " or " + std::to_string(above);
    refuse("Width must be multiple of 32, but input rows have " + std::to_string(width) + " elements; pass rows of " +
           nearest + " elements");
}

[[nodiscard]] std::int64_t count_rows(const TensorSpec& input) {
    if (std::find(input.shape.begin(), input.shape.end() - 1, 0) != input.shape.end() - 1) {
        return 0;
    }
    std::int64_t rows = 1;
    for (std::size_t i = 0; i + 1 < input.shape.size(); ++i) {
        const auto product = checked_multiply(rows, input.shape[i]);
        if (!product || *product > kMax32Bits) {
            refuse("input of shape " + shape_text(input.shape) + " has more than " + std::to_string(kMax32Bits) +
                   " rows, but a row's index must fit in 32 bits; split the input");
        }
        rows = *product;
    }
    return rows;
}

void check_parameter_shape(const std::string& name, const TensorSpec& spec, std::int64_t width) {
    const std::string remedy = "; pass " + name + " of shape [" + std::to_string(width) + "]";
    if (spec.shape.empty()) {
        refuse(name + " has rank 0 and so no last dimension, but input rows have " + std::to_string(width) +
               " elements" + remedy);
    }
    if (spec.shape.back() != width) {
        refuse(name + " has " + std::to_string(spec.shape.back()) +
               " elements in its last dimension, but input rows have " + std::to_string(width) + remedy);
    }
    if (std::any_of(spec.shape.begin(), spec.shape.end() - 1, [](std::int64_t dimension) { return dimension != 1; })) {
        refuse(name + " has shape " + shape_text(spec.shape) +
               ", but every dimension before the last dimension must be 1" + remedy);
    }
}

void check_input(const TensorSpec& input) {
    check_storage("input", input);
    check_rank(input);
    check_dtype("input", input);
    check_dimensions("input", input);
    check_width(input);
}

void check_parameter(const std::string& name, const TensorSpec& spec, std::int64_t width) {
    check_storage(name, spec);
    check_dtype(name, spec);
    check_dimensions(name, spec);
    check_parameter_shape(name, spec, width);
}

// The device adds epsilon in fp32 and flushes what is not a normal number to zero, which a constant row would divide
// by.
void check_epsilon(double epsilon) {
    if (epsilon >= std::numeric_limits<float>::min() && epsilon <= std::numeric_limits<float>::max()) {
        return;
    }
    std::ostringstream given;
    given << epsilon;
    refuse("epsilon must be positive and finite as a float32, but is " + given.str() +
           "; pass a small positive number such as 1e-5");
}

void check_grid(const Device& device) {
    const auto lies_within = [](Coordinate size, std::int32_t least) {
        return size.x >= least && size.y >= least && size.x <= kMaxNocSide && size.y <= kMaxNocSide;
    };
    const auto text = [](Coordinate size) { return std::to_string(size.x) + " x " + std::to_string(size.y); };
    if (!lies_within(device.grid, 1)) {
        refuse("device has a grid of " + text(device.grid) +
               " cores, but needs 1 to 64 on either side; pass device.compute_with_storage_grid_size()");
    }
    if (!lies_within(device.noc_size, 0)) {
        refuse("device has a NoC of " + text(device.noc_size) +
               " places, but a NoC has at most 64 on either side; pass its size, or 0 x 0 if it is unknown");
    }
    if (device.l1_bytes < 1 || device.l1_bytes > kMaxL1Bytes) {
        refuse("device has " + std::to_string(device.l1_bytes) +
               " bytes of L1 for circular buffers on a core, but needs 1 to " + std::to_string(kMaxL1Bytes) +
               "; pass the free L1 of a core");
    }
}

void check_memory(const Device& device, Memory memory) {
    const bool in_dram = memory == Memory::kDram;
    const std::string name = in_dram ? "DRAM" : "L1";
    const std::int64_t banks = bank_count(device, memory);
    if (banks < 1 || banks > kMaxBanks) {
        refuse("device has " + std::to_string(banks) + " " + name +
               " banks, but a tensor of this call lies there; pass the device's number of " + name + " banks");
    }
    const std::int64_t alignment = in_dram ? device.dram_alignment_bytes : device.l1_alignment_bytes;
    if (alignment < 1 || kPageMultipleBytes % alignment != 0) {
        refuse("device aligns pages in " + name + " to " + std::to_string(alignment) +
               " bytes, but the alignment must divide 64 bytes, so that rows lie without gaps; use another memory");
    }
}

void check_bank_bytes(const std::string& name, const Extent& extent, std::int64_t banks) {
    const std::int64_t row_bytes = extent.width * contract::kBytesPerBfloat16;
    const auto bytes = checked_multiply(divide_up(extent.rows, banks), row_bytes);
    if (!bytes || *bytes > kMax32Bits) {
        refuse(name + " of " + std::to_string(extent.rows) + " rows needs more than " + std::to_string(kMax32Bits) +
               " bytes of each of " + std::to_string(banks) +
               " banks, but an address in a bank must fit in 32 bits; split the input");
    }
}

// A row whose bytes overflow is refused here too; one too wide for L1 when the buffers are laid out.
void check_device(const Problem& problem, const Extent& extent) {
    check_grid(problem.device);
    for (const Memory memory :
         {problem.input.memory, problem.gamma.memory, problem.beta.memory, problem.output_memory}) {
        check_memory(problem.device, memory);
    }
    if (extent.width > kMax32Bits / contract::kBytesPerBfloat16) {
        refuse("input rows have " + std::to_string(extent.width) +
               " elements, but the bytes of a row must fit in 32 bits; pass narrower rows");
    }
    check_bank_bytes("input", extent, bank_count(problem.device, problem.input.memory));
    check_bank_bytes("output", extent, bank_count(problem.device, problem.output_memory));
}

}  // namespace

Extent validate(const Problem& problem) {
    check_input(problem.input);
    const Extent extent{.rows = count_rows(problem.input), .width = problem.input.shape.back()};
    check_parameter("gamma", problem.gamma, extent.width);
    check_parameter("beta", problem.beta, extent.width);
    check_epsilon(problem.epsilon);
    check_device(problem, extent);
    return extent;
}

}  // namespace layernorm_fused_rm
