// SPDX-License-Identifier: Apache-2.0
// The SFPU as a mover of tags: which elements a register holds and what has been done to them, or of which row it holds
// a statistic, made of what. No arithmetic: tests/arithmetic interprets that.
#include "checker/tensix_units.hpp"
#include "checker/vector_tags.hpp"
#include "sfpu/instruction.hpp"
#include "tensix_constants.hpp"

namespace protocol {
namespace {

namespace sfpu = layernorm_fused_rm::sfpu;

constexpr std::uint32_t kRowsPerVector = 4;  // DEST rows of which a vector covers the even or odd columns
constexpr std::uint32_t kOddColumns = 2;     // bit of the address
// Between an FPU instruction and an SFPLOAD of what it writes, where nothing else orders them ("SFPLOAD", scheduling).
constexpr std::int64_t kInstructionsBetween = 3;

[[nodiscard]] std::uint32_t field(std::uint32_t word, std::uint32_t shift) { return (word >> shift) & 0xfU; }

struct Access {
    std::uint32_t lreg;
    std::uint32_t first_row;
    std::uint32_t half;  // 0: even columns, 1: odd ones
};

// Address of an SFPLOAD or SFPSTORE, after which the row counter moves as the address mode says ("SFPLOAD", "RWCs").
[[nodiscard]] Access access_dest(Tensix& tensix, std::uint32_t word) {
    const std::uint32_t address = word % kDestAddresses + tensix.dest_offset + tensix.dest_row;
    const AddressMode& mode = tensix.modes[(word >> tensix.chip.address_mode_shift) % tensix.chip.address_modes];
    tensix.dest_row = (mode.clears & kClearDest) != 0 ? 0 : tensix.dest_row + mode.dest_increment;
    const std::uint32_t first_row = address & ~(kRowsPerVector - 1);
    require(first_row + kRowsPerVector <= kDestRows, Rule::kZones, "the SFPU goes beyond the end of DEST");
    for (std::uint32_t i = 0; i < kRowsPerVector; ++i) {
        DestRow& row = tensix.dest[first_row + i];
        require(row.fpu_stamp < tensix.sfpu_waits || tensix.turns - row.fpu_turn > kInstructionsBetween,
                Rule::kVectorOrder, "the SFPU uses a DEST row that the FPU may not have written yet");
        use_dest_row(tensix, row);
        row.sfpu_stamp = tensix.fpu_waits;
    }
    return {.lreg = field(word, 20), .first_row = first_row, .half = (address & kOddColumns) != 0 ? 1U : 0U};
}

// Elements of a DEST row `distance` rows behind that of `first`, with which they share a row of the tensor. Behind its
// end there may be anything, which counts as padding.
[[nodiscard]] LaneRow load_elements(const Tag& first, const Tag& own, std::uint32_t distance, std::uint32_t half,
                                    std::uint32_t width) {
    Tag wanted = first.from(distance * kDestRowElements);
    require(first.content == Content::kNothing || wanted.element >= width ||
                (own.is_same_place(wanted) && own.done[half] == first.done[half]),
            Rule::kIdentity, "a vector is loaded from DEST rows that do not belong together");
    wanted.done = {first.done[half], 0};
    return {.tag = wanted, .half = half, .statistic = {}};
}

// A statistic; where an activation takes the registers, whatever was kept of one.
[[nodiscard]] LaneRow load_kept(const DestRow& own, std::uint32_t half, const Call& call) {
    const LaneRow kept = half_of(own, half);
    require(call.activates || (half == 0 && is_statistic(kept)), Rule::kIdentity,
            "loads a statistic from columns that have none");
    return kept;
}

// The elements, or the statistics, of four DEST rows. The first that a row of the tensor has there says which: behind a
// row's end an old statistic may lie, as padding.
void load(Tensix& tensix, std::uint32_t word) {
    const Access access = access_dest(tensix, word);
    for (std::uint32_t i = 0; i < kRowsPerVector; ++i) {
        LaneRow& to = tensix.lregs[access.lreg][i];
        const std::uint32_t distance = i % tensix.call.lane_rows_per_row();
        const DestRow& own = tensix.dest[access.first_row + i];
        const DestRow& first = tensix.dest[access.first_row + i - distance];
        if (tensix.call.has_strips) {
            to = load_of_strip(own, access.half);
        } else if (!first.is_split && first.tag.content == Content::kStatistic) {  // that has come through L1
            to = half_of(own, access.half);
        } else {
            to = first.is_split
                     ? load_kept(own, access.half, tensix.call)
                     : load_elements(first.tag, own.tag, distance, access.half, tensix.call.width_of(first.tag));
        }
        to.lanes = enabled_lanes(tensix, i);
    }
}

// Elements go back to where they are from, or as a sum to the residual's.
void store_elements(DestRow& row, const LaneRow& value, std::uint32_t half, const Call& call) {
    if (row.is_split || is_constant(value) || (is_row(value) && value.tag.element >= call.width)) {
        row.hold({});  // a statistic's place, of a row that there is not, or padding; never what a tensor gets
        return;
    }
    if (row.tag.content == Content::kNothing) {
        return;  // a row that there is not
    }
    require(value.tag.content == Content::kRow && row.tag.is_same_place(value.tag) && value.half == half,
            Rule::kIdentity, "the SFPU stores something else over the elements of a row, gamma or beta");
    require((row.tag.done[half] & kResidual) == 0 || value.tag.done[0] == kJoined, Rule::kIdentity,
            "the SFPU stores something else than the sum over the residual");
    row.tag.done[half] = done_when_stored(call, value, half_of(row, half));
}

// A statistic, or a register.
void keep(DestRow& row, const LaneRow& value, std::uint32_t half) {
    LaneRow kept = value;
    kept.tag.zeros = 0;
    hold_halves(row, half == 0 ? kept : half_of(row, 0), half == 1 ? kept : half_of(row, 1), 0);
}

void store(Tensix& tensix, std::uint32_t word) {
    const Access access = access_dest(tensix, word);
    for (std::uint32_t i = 0; i < kRowsPerVector; ++i) {
        own_dest_row(tensix, access.first_row + i);
        DestRow& row = tensix.dest[access.first_row + i];
        const LaneRow& value = tensix.lregs[access.lreg][i];
        require(value.statistic.sources == 0 || !value.statistic.is_mixed, Rule::kIdentity,
                "stores a statistic of several rows");
        if (tells_stats(tensix.call, value)) {
            store_stats(row, value, {access.half, enabled_lanes(tensix, i)}, tensix.call);
        } else if (tensix.call.has_strips) {
            store_of_strip(row, value, {access.half, enabled_lanes(tensix, i)}, tensix.call);
        } else if (is_statistic(value) || keeps_registers(tensix.call, row)) {
            require(access.half == 0 || tensix.call.activates, Rule::kIdentity,
                    "stores a statistic where none is looked for");
            keep(row, value, access.half);
        } else {
            store_elements(row, value, access.half, tensix.call);
        }
    }
}

// What leaves the flags alone and adds is rounding: elements stay what they are. Anything else makes integers of them.
[[nodiscard]] LaneRow add_integers(const Call& call, const LaneRow& from, const LaneRow& to, std::uint32_t mode) {
    constexpr std::uint32_t kAddRegister = 4, kAddValue = 5;
    if (mode == kAddValue) {
        return from;
    }
    if (mode != kAddRegister || is_of_activation(call, from) || is_of_activation(call, to)) {
        return activating(call, from, to);
    }
    require(from == LaneRow{}, Rule::kIdentity, "adds bits of elements to others");
    return to;
}
void add_integers(Tensix& tensix, std::uint32_t word) {
    const Register from = tensix.lregs[field(word, 8)];
    Register& to = tensix.lregs[field(word, 4)];
    for (std::uint32_t i = 0; i < kLaneRows; ++i) {
        to[i] = add_integers(tensix.call, from[i], to[i], field(word, 0));
    }
}

// Of elements on the way to their activation, or of what counts no more.
void make_integer(Tensix& tensix, std::uint32_t from, std::uint32_t to) {
    for (std::uint32_t i = 0; i < kLaneRows; ++i) {
        tensix.lregs[to][i] = activating(tensix.call, tensix.lregs[from][i]);
    }
}

// Of stats in some lanes, these alone.
void move(Tensix& tensix, std::uint32_t from, std::uint32_t to) {
    const Register moved = tensix.lregs[from];
    for (std::uint32_t i = 0; i < kLaneRows; ++i) {
        LaneRow& lanes = tensix.lregs[to][i];
        lanes = is_stats(moved[i]) ? put_variances(tensix, moved[i], lanes, i) : moved[i];
    }
}

void load_immediate(Tensix& tensix, std::uint32_t lreg) {
    const Integers& integers = tensix.integers[lreg];
    for (std::uint32_t i = 0; i < kLaneRows; ++i) {
        tensix.lregs[lreg][i] = {.constant = integers.lanes[i * kLanesPerRow]};
    }
}

}  // namespace

void execute_vector(Tensix& tensix, std::uint32_t word) {
    using sfpu::Opcode;
    ++tensix.turns;
    follow_lanes(tensix, word);
    switch (static_cast<Opcode>(word >> 24)) {
        case Opcode::kLoad: load(tensix, word); return;
        case Opcode::kStore: store(tensix, word); return;
        case Opcode::kMad:
        case Opcode::kAdd:
        case Opcode::kMultiply:
            multiply_add(tensix, {field(word, 16), field(word, 12), field(word, 8), field(word, 4)});
            return;
        case Opcode::kMove: move(tensix, field(word, 8), field(word, 4)); return;
        case Opcode::kRotate: rotate(tensix, field(word, 8), field(word, 4)); return;
        case Opcode::kTranspose: transpose(tensix); return;
        case Opcode::kConfigure: configure(tensix, word); return;
        case Opcode::kLoadImmediate: load_immediate(tensix, field(word, 20)); return;
        case Opcode::kIntegerAdd: add_integers(tensix, word); return;
        case Opcode::kAbsolute: absolute(tensix, field(word, 8), field(word, 4)); return;
        case Opcode::kSwap: order(tensix, field(word, 8), field(word, 4)); return;
        case Opcode::kExponent: make_integer(tensix, field(word, 8), field(word, 4)); return;
        case Opcode::kShift: make_integer(tensix, field(word, 4), field(word, 4)); return;
        case Opcode::kConditions:
        case Opcode::kNop: return;
    }
    throw Finding(Rule::kUnknown, "an SFPU instruction that the checker does not know");
}

}  // namespace protocol
