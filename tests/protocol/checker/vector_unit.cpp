// The SFPU as a mover of tags: which elements a register holds, and what has been applied to them. No arithmetic: sums,
// means and 1/sqrt(variance) are untagged; tests/host interprets those.
#include <algorithm>

#include "checker/tensix_units.hpp"
#include "sfpu/instruction.hpp"

namespace protocol {
namespace {

namespace sfpu = layernorm_fused_rm::sfpu;

constexpr std::uint32_t kRowsPerVector = 4;  // DEST rows of which a vector covers the even or odd columns
constexpr std::uint32_t kOddColumns = 2;     // bit of the address
constexpr std::uint32_t kAddressBits = 0x3ff;

[[nodiscard]] std::uint32_t field(std::uint32_t word, std::uint32_t shift) { return (word >> shift) & 0xfU; }

struct Access {
    std::uint32_t lreg;
    std::uint32_t first_row;
    std::uint32_t half;  // 0: even columns, 1: odd ones
};

// Address of an SFPLOAD or SFPSTORE, after which the row counter moves as the address mode says ("SFPLOAD", "RWCs").
[[nodiscard]] Access access_dest(Tensix& tensix, std::uint32_t word) {
    const std::uint32_t address = (word & kAddressBits) + tensix.dest_offset + tensix.dest_row;
    const AddressMode& mode = tensix.modes[(word >> 14) & 3U];
    tensix.dest_row = (mode.clears & kClearDest) != 0 ? 0 : tensix.dest_row + mode.dest_increment;
    const std::uint32_t first_row = address & ~(kRowsPerVector - 1);
    require(first_row + kRowsPerVector <= kDestRows, Rule::kZones, "the SFPU goes beyond the end of DEST");
    for (std::uint32_t i = 0; i < kRowsPerVector; ++i) {
        DestRow& row = tensix.dest[first_row + i];
        require(row.fpu_stamp < tensix.sfpu_waits, Rule::kVectorOrder,
                "the SFPU uses a DEST row that the FPU may not have written yet");
        row.sfpu_stamp = tensix.fpu_waits;
    }
    return {.lreg = field(word, 20), .first_row = first_row, .half = (address & kOddColumns) != 0 ? 1U : 0U};
}

void load(Tensix& tensix, std::uint32_t word) {
    const Access access = access_dest(tensix, word);
    Tag tag = tensix.dest[access.first_row].tag;
    std::uint32_t rows = 0;
    for (std::uint32_t i = 0; i < kRowsPerVector; ++i) {
        const Tag& other = tensix.dest[access.first_row + i].tag;
        rows |= other.content != Content::kNothing ? 1U << i : 0U;
        Tag wanted = tag;
        wanted.unit = static_cast<std::uint16_t>(tag.unit + i);
        require(other.content == Content::kNothing || other.is_same_place(wanted), Rule::kIdentity,
                "a vector is loaded from DEST rows that do not belong together");
    }
    tag.applied = static_cast<std::uint8_t>((tag.applied >> (2 * access.half)) & kOneHalf);
    tensix.lregs[access.lreg] = {.tag = tag, .half = access.half, .rows = rows};
}

void store_row(DestRow& row, const VectorTag& value, std::uint32_t half, std::uint32_t i) {
    if (row.tag.content == Content::kNothing) {
        return;  // padding
    }
    Tag wanted = value.tag;
    wanted.unit = static_cast<std::uint16_t>(value.tag.unit + i);
    const bool is_held = (value.rows >> i & 1U) != 0 && value.half == half;
    require(row.tag.content == Content::kRow && row.tag.is_same_place(wanted) && is_held, Rule::kIdentity,
            "the SFPU stores something else over the elements of a row, gamma or beta");
    const auto kept = static_cast<std::uint8_t>(row.tag.applied & ~(kOneHalf << (2 * half)));
    row.tag.applied = static_cast<std::uint8_t>(kept | (value.tag.applied << (2 * half)));
}

void store(Tensix& tensix, std::uint32_t word) {
    const Access access = access_dest(tensix, word);
    for (std::uint32_t i = 0; i < kRowsPerVector; ++i) {
        own_dest_row(tensix, access.first_row + i);
        store_row(tensix.dest[access.first_row + i], tensix.lregs[access.lreg], access.half, i);
    }
}

[[nodiscard]] bool is_row(const VectorTag& vector) { return vector.tag.content == Content::kRow; }

// Applies gamma (as a factor) or beta (as a term), which must be that of the same elements.
void apply(VectorTag& row, const VectorTag& operand, Content content, std::uint8_t mark) {
    if (operand.tag.content == content) {
        require(operand.tag.unit == row.tag.unit && operand.half == row.half && (row.rows & ~operand.rows) == 0,
                Rule::kIdentity, "gamma or beta of other elements is applied to a row");
        row.tag.applied |= mark;
    }
}

// to = a * b + c. A row's elements stay what they are while one operand holds them; a product of two is a statistic.
void multiply_add(Tensix& tensix, std::uint32_t word) {
    const VectorTag& a = tensix.lregs[field(word, 16)];
    const VectorTag& b = tensix.lregs[field(word, 12)];
    const VectorTag& c = tensix.lregs[field(word, 8)];
    VectorTag result{};
    const int rows = (is_row(a) ? 1 : 0) + (is_row(b) ? 1 : 0) + (is_row(c) ? 1 : 0);
    if (rows == 1) {
        result = is_row(a) ? a : (is_row(b) ? b : c);
        apply(result, is_row(a) ? b : a, Content::kGamma, kHasGamma);
        apply(result, c, Content::kBeta, kHasBeta);
    }
    tensix.lregs[field(word, 4)] = result;
}

}  // namespace

void execute_vector(Tensix& tensix, std::uint32_t word) {
    using sfpu::Opcode;
    switch (static_cast<Opcode>(word >> 24)) {
        case Opcode::kLoad: load(tensix, word); return;
        case Opcode::kStore: store(tensix, word); return;
        case Opcode::kMad:
        case Opcode::kAdd:
        case Opcode::kMultiply: multiply_add(tensix, word); return;
        case Opcode::kMove: tensix.lregs[field(word, 4)] = tensix.lregs[field(word, 8)]; return;
        case Opcode::kTranspose: std::fill_n(tensix.lregs.begin(), 8, VectorTag{}); return;
        case Opcode::kLoadImmediate: tensix.lregs[field(word, 20)] = {}; return;
        case Opcode::kIntegerAdd:
        case Opcode::kShift:
        case Opcode::kConfigure:
        case Opcode::kRotate: tensix.lregs[field(word, 4)] = {}; return;
        case Opcode::kConditions:
        case Opcode::kNop: return;
    }
    throw Finding(Rule::kUnknown, "an SFPU instruction that the checker does not know");
}

}  // namespace protocol
