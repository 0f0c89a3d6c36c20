// SPDX-License-Identifier: Apache-2.0
// The checker of latency hazards: every sequence passes, alone, behind itself and in the kernel's order; each rule of
// the documents is caught when broken.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include "configuration.hpp"
#include "contract.hpp"
#include "distributions.hpp"
#include "norm/activation.hpp"
#include "norm/pieces.hpp"
#include "norm/statistics.hpp"
#include "norm/strips.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

using namespace sfpu;

constexpr RowConstants kConstants = {0xbb000000, 0x3f400000, 0xbb2aaaab, 0x3faaaaab};
constexpr std::uint32_t kBetaDistance = 64;  // DEST rows
constexpr std::uint32_t kResidualDistance = 64;
constexpr std::uint32_t kElementsPerPair = 64;  // of vectors

// What decides which sequences the kernel issues (kernels/norm/normalise.hpp).
struct Variant {
    std::uint32_t rows;
    std::uint32_t side_by_side;
    bool resident;
    contract::Centring centring;
    bool residual;
    bool sum;
    Affine affine;

    [[nodiscard]] constexpr bool is_pair() const { return side_by_side == 2; }
    [[nodiscard]] constexpr bool is_strip() const { return side_by_side == 4; }
    [[nodiscard]] constexpr bool normalises_groups() const {
        return is_strip() && (affine.has_gamma || affine.has_beta);
    }
    [[nodiscard]] constexpr bool keeps_shift() const { return shifts() && (!resident || is_strip()); }
    [[nodiscard]] constexpr bool centres() const { return centring != contract::Centring::kNone; }
    [[nodiscard]] constexpr bool shifts() const { return centring == contract::Centring::kShifted; }
    [[nodiscard]] constexpr Batch first_pass() const {
        const std::uint32_t residual_distance = residual ? kResidualDistance : 0;
        return {rows, 24, residual_distance, shifts(), keeps_shift(), rows == 1 ? 2U : 1U, side_by_side};
    }
    [[nodiscard]] constexpr Batch later_pass() const {
        return resident ? Batch{rows, 24, 0, false, keeps_shift(), rows == 1 ? 2U : 1U, side_by_side} : first_pass();
    }
    [[nodiscard]] constexpr Stores first_stores() const {
        return {resident && (residual || shifts()), resident && sum};
    }
};

// What the kernel issues for a batch, by name.
struct NamedSequence {
    std::string name;
    Sequence sequence;
};

// A pass over a batch: its step, which repeats, and the steps for a tail's two vectors.
struct Pass {
    std::string name;
    Sequence step;
    Sequence tails[2];
    Sequence first_step{};  // with which a piece of a sum begins
};

template <typename Make>
[[nodiscard]] Pass make_pass(const std::string& name, const Batch& batch, Make make) {
    const Batch even = batch.with_vector(0);
    const Batch odd = batch.with_vector(1);
    const auto tail = static_cast<std::int32_t>(kElementsPerPair / batch.side_by_side / 2);
    return {name, make(batch).advance(), {masked(even, make(even), tail), masked(odd, make(odd), tail - 1)}};
}

// Of one that sums: `make` is also asked for a step that begins.
template <typename Make>
[[nodiscard]] Pass make_summing_pass(const std::string& name, const Batch& batch, Make make) {
    Pass pass = make_pass(name, batch, [=](const Batch& some) { return make(some, Sums::kGoOn); });
    pass.first_step = make(batch, Sums::kBegin).advance();
    return pass;
}

// Of paired rows: shifted and centred in passes of their own, of which only the first joins residuals and stores sums.
[[nodiscard]] std::vector<Pass> statistics_passes_of_pairs(const Variant& variant) {
    std::vector<Pass> all;
    const Stores first = variant.first_stores();
    if (variant.shifts()) {
        all.push_back(make_pass("shift", variant.first_pass(),
                                [=](const Batch& batch) { return adjust_step(batch, false, first); }));
    }
    if (variant.centres()) {
        const Batch batch_of_sum = variant.shifts() ? variant.later_pass() : variant.first_pass();
        const Stores stores = variant.shifts() ? Stores{} : first;
        all.push_back(make_pass("sum", batch_of_sum, [=](const Batch& batch) { return sum_step(batch, stores); }));
        all.push_back(
            make_pass("centre", variant.later_pass(), [](const Batch& batch) { return adjust_step(batch, true, {}); }));
    }
    const Batch batch_of_square = variant.centres() ? variant.later_pass() : variant.first_pass();
    const Stores stores = variant.centres() ? Stores{} : first;
    all.push_back(
        make_pass("square", batch_of_square, [=](const Batch& batch) { return square_step(batch, false, stores); }));
    return all;
}

[[nodiscard]] std::vector<Pass> statistics_passes(const Variant& variant) {
    if (variant.is_pair()) {
        return statistics_passes_of_pairs(variant);
    }
    std::vector<Pass> all;
    if (variant.centres()) {
        all.push_back(make_summing_pass("sum", variant.first_pass(), [&](const Batch& batch, Sums sums) {
            return sum_step(batch, variant.first_stores(), sums);
        }));
        all.push_back(make_summing_pass("square", variant.later_pass(), [&](const Batch& batch, Sums sums) {
            return square_step(batch, true, {variant.resident, false}, sums);
        }));
    } else {
        all.push_back(make_summing_pass("square", variant.first_pass(), [&](const Batch& batch, Sums sums) {
            return square_step(batch, false, variant.first_stores(), sums);
        }));
    }
    return all;
}

// What makes y of rows; of a strip's groups, from and to either layout, the even columns and then the odd ones.
[[nodiscard]] std::vector<Pass> last_passes(const Variant& variant) {
    const bool centres = variant.centres() && !variant.resident;
    if (!variant.normalises_groups()) {
        return {make_pass("normalise", variant.later_pass(), [&](const Batch& batch) {
            return normalise_step(batch, centres, variant.affine, !variant.resident && variant.sum);
        })};
    }
    std::vector<Pass> all;
    if (!variant.resident && (variant.shifts() || variant.residual)) {
        const Stores sum = {false, variant.sum};
        all.push_back(Pass{"join", adjust_step(variant.first_pass(), false, sum).advance(), {}, {}});
    }
    for (const Turns turns : {Turns{false, false}, {true, false}, {false, true}, {true, true}}) {
        for (const std::uint32_t parity : {0U, 1U}) {
            const Sequence step = normalise_group_step(parity, centres, variant.affine, turns);
            all.push_back(Pass{"normalise group", step, {}, {}});
        }
    }
    return all;
}

void append_summing(std::vector<NamedSequence>& program, const Pass& pass) {
    if (pass.first_step.size != 0) {
        program.push_back({pass.name + " step that begins", pass.first_step});
    }
    program.push_back({pass.name + " step", pass.step});
    program.push_back({pass.name + " step, tail's even elements", pass.tails[0]});
    program.push_back({pass.name + " step, tail's odd elements", pass.tails[1]});
}

// Rows that are to be strips, or strips that are to be rows.
void append_turn(std::vector<NamedSequence>& program, const Variant& variant) {
    if (variant.is_strip()) {
        program.push_back({"turn step", turn_step()});
    }
}

// Of a strip's padding: columns of its last vectors, the vectors behind them, rows.
void append_clearing(std::vector<NamedSequence>& program) {
    const NamedSequence step = {"clear step", clear_step().advance()};
    program.push_back({"clear columns", clear_columns(7)});
    program.push_back({"set zeros", Sequence{}.then(move(kZero, kFirstValue))});
    program.push_back(step);
    program.push_back({"begin clearing rows", begin_clearing_rows()});
    program.push_back(step);
    program.push_back({"end clearing rows", Sequence{}.then(conditions_off())});
}

// Of rows, or strips, that several cores share; of one a batch.
void append_joining(std::vector<NamedSequence>& program, const Variant& variant) {
    if (!variant.resident && variant.rows == 1) {
        program.push_back({"store level", store_level(variant.rows)});
        program.push_back({"join slices", join_slices(variant.rows, contract::kMaxSlices)});
    }
}
void append_exchange_of_shifts(std::vector<NamedSequence>& program, const Variant& variant) {
    if (!variant.resident && variant.rows == 1) {
        program.push_back({"give shift", give_shift(variant.later_pass())});
        program.push_back({"give no shift", give_no_shift()});
        append_joining(program, variant);
        program.push_back({"take shift", take_shift(variant.later_pass())});
    }
}

// In the kernel's order for rows with a tail and statistics, without the instructions of other units that the kernel
// puts between.
[[nodiscard]] std::vector<NamedSequence> batch_program(const Variant& variant) {
    const Batch later = variant.later_pass();
    const NamedSequence clear = {"clear sums", clear_sums(later)};
    const NamedSequence means = {"store means", store_means(later, variant.shifts(), kConstants)};
    std::vector<NamedSequence> program = {{"set constants", set_constants(later, kConstants)}, clear};
    append_turn(program, variant);
    if (variant.shifts()) {
        program.push_back({"shifts", shifts_from_first_elements(variant.first_pass())});
        if (!variant.keeps_shift()) {
            program.push_back({"store shifts", store_shifts(later)});
        }
        append_exchange_of_shifts(program, variant);
    }
    for (const Pass& pass : statistics_passes(variant)) {
        if (!variant.resident) {
            append_turn(program, variant);
        }
        if (pass.name == "sum" || pass.name == "square") {
            append_summing(program, pass);
            if (!variant.resident) {
                program.push_back({"join level", join_level(variant.rows)});
                program.push_back({"store level", store_level(variant.rows)});
                append_joining(program, variant);
            }
        } else {
            program.push_back({pass.name + " step", pass.step});
        }
        if (pass.name == "sum") {
            program.push_back({"centres from sums", centres_from_sums(later, kConstants)});
            if (variant.is_pair()) {
                program.push_back(means);
            }
        }
        if (pass.name == "shift" || pass.name == "centre") {
            program.push_back(clear);
        }
    }
    program.push_back({"rstd from squares", rstd_from_squares(later, kConstants)});
    if (variant.centres() && !variant.is_pair()) {
        program.push_back(means);
    }
    program.push_back({"store rstds", store_rstds(later, kConstants)});
    if (variant.normalises_groups()) {
        program.push_back({"place affine", place_affine(variant.affine)});
        program.push_back({"store factors", store_factors(later, variant.centres() && !variant.resident)});
        program.push_back({"keep shifts", keep_shifts()});
        program.push_back({"place affine", place_affine(variant.affine)});
        append_turn(program, variant);
        program.push_back({"fetch shifts", fetch_shifts()});
    }
    for (const Pass& pass : last_passes(variant)) {
        program.push_back({pass.name + " step", pass.step});
    }
    if (variant.is_strip()) {
        append_clearing(program);
        append_turn(program, variant);
        program.push_back({"round to even step", round_to_even_step(later.vectors).advance()});
    }
    return program;
}

// Every variant that the planner can ask for: streamed rows are one a batch if shifted or beside a residual, else two
// at most, and never paired; strips are one a batch; a sum needs a residual, a zero-centered gamma a gamma.
template <typename Visit>
void for_each_variant(Visit visit) {
    using contract::Centring;
    for (std::uint32_t bits = 0; bits < 64; ++bits) {
        const auto bit = [bits](std::uint32_t i) { return (bits >> i & 1U) != 0; };
        const Affine affine{bit(3), bit(4), bit(5), kBetaDistance};
        if ((bit(2) && !bit(1)) || (affine.zero_centered_gamma && !affine.has_gamma)) {
            continue;
        }
        for (const std::uint32_t side_by_side : {1U, 2U, 4U}) {
            for (const Centring centring : {Centring::kNone, Centring::kScaled, Centring::kShifted}) {
                const std::uint32_t most_streamed = bit(1) || centring == Centring::kShifted ? 1 : 2;
                const std::uint32_t most_in_rows = bit(0) ? 4 : side_by_side == 1 ? most_streamed : 0;
                const std::uint32_t most = side_by_side == 4 ? 1 : most_in_rows;
                for (std::uint32_t rows = 1; rows <= most; ++rows) {
                    SCOPED_TRACE(std::to_string(rows) + " rows, " + std::to_string(side_by_side) +
                                 " side by side, centring " + std::to_string(static_cast<std::uint32_t>(centring)) +
                                 ", bits " + std::to_string(bits));
                    visit(Variant{rows, side_by_side, bit(0), centring, bit(1), bit(2), affine});
                }
            }
        }
    }
}

TEST(Hazards, NoSequenceHasOne) {
    for_each_variant([](const Variant& variant) {
        for (const auto& [name, sequence] : batch_program(variant)) {
            EXPECT_FALSE(has_hazard(sequence)) << name;
            EXPECT_LE(sequence.size, kMaxSequence) << name;
        }
    });
}

// What lies between two of them: the RISC-V, that sets where the SFPU stands.
TEST(Hazards, NoActivationHasOne) {
    using contract::Activation;
    for (const Activation activation :
         {Activation::kRelu, Activation::kSilu, Activation::kGelu, Activation::kGeluApprox}) {
        const Sequence step = activation_step(activation);
        for (const Sequence& sequence :
             {set_activation_constants(activation), step, save_registers(), restore_registers()}) {
            EXPECT_FALSE(has_hazard(sequence));
            EXPECT_LT(sequence.size, kMaxSequence);
        }
        EXPECT_TRUE(may_follow(step, step));
        EXPECT_TRUE(may_follow(set_activation_constants(activation), step));
        EXPECT_TRUE(may_follow(step, restore_registers()));
        EXPECT_TRUE(may_follow(save_registers(), set_activation_constants(activation)));
    }
}

TEST(Hazards, EveryStepMayFollowItself) {
    for_each_variant([](const Variant& variant) {
        std::vector<Pass> passes = statistics_passes(variant);
        std::ranges::copy(last_passes(variant), std::back_inserter(passes));
        for (const Pass& pass : passes) {
            EXPECT_TRUE(may_follow(pass.step, pass.step)) << pass.name;
            EXPECT_LE(pass.step.size, 32U) << pass.name;  // the replay buffer
        }
    });
}

// Only reductions begin with a read of what the step before wrote last; the kernel rewinds the row counter between
// them.
TEST(Hazards, EverySequenceMayFollowTheOneBeforeItOrARewind) {
    for_each_variant([](const Variant& variant) {
        const std::vector<NamedSequence> program = batch_program(variant);
        for (std::size_t i = 1; i < program.size(); ++i) {
            const bool is_behind_rewind = program[i].name == "centres from sums" ||
                                          program[i].name == "rstd from squares" || program[i].name.ends_with(" level");
            EXPECT_TRUE(is_behind_rewind || may_follow(program[i - 1].sequence, program[i].sequence))
                << program[i - 1].name << " -> " << program[i].name;
        }
    });
}

// The core checks each instruction against the one before it, as they come from the kernel.
TEST(Hazards, TheKernelsOwnStreamHasNoneInAnyConfiguration) {
    for (const Configuration* configuration : configurations()) {
        SCOPED_TRACE(configuration->name);
        const std::size_t rows = 2 * configuration->shape.rows_per_block + 1;
        const Rows drawn = draw_rows(distributions().front(), *configuration, rows, run_seed());
        constexpr Bits kOne = 0x3f800000;
        const std::vector<Bits> stats(
            configuration->shape.takes_stats() ? rows * configuration->shape.stats_numbers : 0, kOne);
        Operands operands = drawn.operands();
        operands.stats = stats;
        EXPECT_NO_THROW(static_cast<void>(normalise(*configuration, operands)));
    }
}

[[nodiscard]] bool needs_every_nop(const Sequence& sequence) {
    for (std::uint32_t i = 1; i + 1 < sequence.size; ++i) {
        const bool is_nop = sequence.instructions[i].opcode() == Opcode::kNop;
        if (is_nop && !is_too_early(sequence.instructions[i - 1], sequence.instructions[i + 1])) {
            return false;
        }
    }
    return true;
}

TEST(Hazards, NoSequenceHasANopTooMany) {
    for_each_variant([](const Variant& variant) {
        for (const auto& [name, sequence] : batch_program(variant)) {
            EXPECT_TRUE(needs_every_nop(sequence)) << name;
        }
    });
}

struct Pair {
    const char* what;
    Instruction previous;
    Instruction next;
};

std::ostream& operator<<(std::ostream& output, const Pair& pair) { return output << pair.what; }

class TooEarly : public testing::TestWithParam<Pair> {};

TEST_P(TooEarly, IsFound) {
    EXPECT_TRUE(is_too_early(GetParam().previous, GetParam().next));
    Sequence alone;
    alone.instructions[0] = GetParam().previous;
    alone.instructions[1] = GetParam().next;
    alone.size = 2;
    EXPECT_TRUE(has_hazard(alone));
    const Sequence mended = Sequence{}.then(GetParam().previous).then(GetParam().next);
    EXPECT_EQ(mended.size, 3U);
    EXPECT_EQ(mended.instructions[1].opcode(), Opcode::kNop);
    EXPECT_FALSE(has_hazard(mended));
}

INSTANTIATE_TEST_SUITE_P(
    Rules, TooEarly,
    testing::Values(Pair{"SFPMAD's result as a factor of SFPMAD", mad(1, 2, 3, 4), mad(4, 0, 0, 5)},
                    Pair{"SFPMAD's result as the other factor", mad(1, 2, 3, 4), mad(0, 4, 0, 5)},
                    Pair{"SFPMAD's result as the summand", mad(1, 2, 3, 4), mad(0, 0, 4, 5)},
                    Pair{"SFPMAD's result accumulated", mad(1, 2, 3, 3), mad(1, 2, 3, 3)},
                    Pair{"SFPADD's result in SFPMUL", add(1, 2, 3), multiply(3, 0, 4)},
                    Pair{"SFPMUL's result in SFPADD", multiply(1, 2, 3), add(0, 3, 4)},
                    Pair{"SFPMAD's result stored", mad(1, 2, 3, 4), store(4, 0)},
                    Pair{"SFPMAD's result moved", mad(1, 2, 3, 4), move(4, 5)},
                    Pair{"SFPMAD's result negated", mad(1, 2, 3, 4), negate(4, 5)},
                    Pair{"SFPMAD's result shifted in place", mad(1, 2, 3, 4), shift(4, -1)},
                    Pair{"SFPMAD's result subtracted", mad(1, 2, 3, 4), integer_subtract_from(5, 4)},
                    Pair{"SFPMAD's result subtracted from", mad(1, 2, 3, 4), integer_subtract_from(4, 5)},
                    Pair{"SFPMAD's result rotated", mad(1, 2, 3, 4), rotate(4, 5)},
                    Pair{"SFPMAD's result transposed, low half", add(1, 2, 3), transpose()},
                    Pair{"SFPMAD's result transposed, high half", add(1, 2, 7), transpose()},
                    Pair{"SFPMAD's result configured", multiply(1, 2, 0), configure(11)},
                    Pair{"half of SFPMAD's result replaced, upper", mad(1, 2, 3, 4), load_half(4, kUpperHalf, 1)},
                    Pair{"half of SFPMAD's result replaced, lower", mad(1, 2, 3, 4), load_half(4, kLowerHalf, 1)},
                    Pair{"SFPMAD's result overwritten by SFPLOAD", mad(1, 2, 3, 4), load(4, 0)},
                    Pair{"SFPMAD's result overwritten by SFPMOV", mad(1, 2, 3, 4), move(kZero, 4)},
                    Pair{"SFPMAD's result overwritten by SFPMAD", mad(1, 2, 3, 4), mad(1, 2, 3, 4)},
                    Pair{"SFPMAD's result overwritten by the mask's scratch", mad(1, 2, 3, 4),
                         enable_lanes_below(kTwiceLane, 32, 4)},
                    Pair{"a rotated register read", rotate(1, 2), add(0, 2, 0)},
                    Pair{"a rotated register rotated", rotate(1, 2), rotate(2, 3)},
                    Pair{"a rotated register overwritten", rotate(1, 2), load(2, 0)},
                    Pair{"SFPMOV behind a rotation", rotate(1, 2), move(3, 4)},
                    Pair{"SFPEXEXP behind a rotation", rotate(1, 2), exponent(3, 4)},
                    Pair{"SFPMAD's result's exponent", mad(1, 2, 3, 4), exponent(4, 5)},
                    Pair{"SFPIADD behind a rotation", rotate(1, 2), integer_subtract_from(3, 4)},
                    Pair{"a limit that SFPMAD has just made", mad(1, 2, 3, 4), enable_lanes_from_register(5, 4)},
                    Pair{"SFPMAD's result overwritten by a mask's scratch", mad(1, 2, 3, 4),
                         enable_lanes_from(kTwiceLane, 16, 4)},
                    Pair{"SFPSHFT behind a rotation", rotate(1, 2), shift(3, -1)},
                    Pair{"SFPENCC behind a rotation", rotate(1, 2), conditions_off()},
                    Pair{"anything behind SFPCONFIG of the lane configuration", configure(15), load(0, 0)}));

class EarlyEnough : public testing::TestWithParam<Pair> {};

TEST_P(EarlyEnough, GetsNoNop) {
    EXPECT_FALSE(is_too_early(GetParam().previous, GetParam().next));
    EXPECT_EQ(Sequence{}.then(GetParam().previous).then(GetParam().next).size, 2U);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, EarlyEnough,
    testing::Values(Pair{"SFPMAD of other registers", mad(1, 2, 3, 4), mad(1, 2, 3, 5)},
                    Pair{"SFPMAD may overwrite what the one before reads", mad(1, 2, 3, 4), mad(0, 0, 0, 1)},
                    Pair{"SFPLOAD takes one cycle", load(4, 0), add(0, 4, 0)},
                    Pair{"SFPMOV takes one cycle", move(1, 2), transpose()},
                    Pair{"SFPLOADI takes one cycle", load_half(4, kLowerHalf, 1), multiply(0, 4, 1)},
                    Pair{"SFPTRANSP takes one cycle", transpose(), add(0, 1, 0)},
                    Pair{"SFPCONFIG of L11 takes one cycle", configure(11), mad(4, 11, 12, 4)},
                    Pair{"SFPENCC takes one cycle", conditions_on(), enable_lanes_below(kTwiceLane, 32, 4)},
                    Pair{"SFPIADD's flags take one cycle", enable_lanes_below(kTwiceLane, 32, 4), load(4, 0)},
                    Pair{"a limit in halves takes one cycle each", load_half(4, kLowerHalf, 1),
                         enable_lanes_from_register(kTwiceLane, 4)},
                    Pair{"a mask's flags, its inverse, take one cycle", enable_lanes_from(kTwiceLane, 16, 4),
                         store(5, 0)},
                    Pair{"rotations of different registers", rotate(1, 2), rotate(1, 3)}));

TEST(Hazards, StepsOfStripsMayFollowThemselves) {
    for (const Sequence& step : {turn_step(), clear_step().advance()}) {
        EXPECT_TRUE(may_follow(step, step));
        EXPECT_LE(step.size, 32U);  // the replay buffer
    }
}

TEST(Hazards, SumsOfPairsAndRoundingHaveNone) {
    for (const std::uint32_t vectors : {1U, 2U}) {
        const Sequence rounding = round_to_even_step(vectors).advance();
        EXPECT_FALSE(has_hazard(rounding));
        EXPECT_TRUE(may_follow(rounding, rounding));
        const Sequence first = sum_row_step(2, 8, vectors, Sums::kBegin).advance();
        const Sequence step = sum_row_step(2, 8, vectors, Sums::kGoOn).advance();
        EXPECT_FALSE(has_hazard(first) || has_hazard(step));
        EXPECT_TRUE(may_follow(first, step) && may_follow(step, step));
    }
}

TEST(Hazards, ImmediatesComeEarlyIfTheyMay) {
    const Sequence slow = Sequence{}.then(rotate(0, 1)).then(rotate(1, 2)).then(add(0, 2, 0)).then(add(0, 3, 0));
    ASSERT_EQ(slow.size, 7U);
    const Sequence free = Sequence(slow).then_early(Sequence{}.then(load_half(4, kUpperHalf, 1)));
    EXPECT_EQ(free.size, 7U);
    EXPECT_EQ(free.instructions[1].opcode(), Opcode::kLoadImmediate);
    EXPECT_FALSE(has_hazard(free));
    const Sequence read = Sequence(slow).then_early(Sequence{}.then(load_half(3, kUpperHalf, 1)));
    EXPECT_EQ(read.size, 8U) << "ahead of what reads the register";
    const Sequence written = Sequence(slow).then_early(Sequence{}.then(load_half(2, kUpperHalf, 1)));
    EXPECT_EQ(written.size, 7U);
    EXPECT_EQ(written.instructions[5].opcode(), Opcode::kLoadImmediate) << "behind what writes the register";
    const Sequence others = Sequence(slow).then_early(Sequence{}.then(move(5, 4)));
    EXPECT_EQ(others.size, 8U) << "only loads of immediates come early";
}

TEST(Hazards, ASettledSequenceMayBeFollowedByAnything) {
    const Sequence open = Sequence{}.then(mad(1, 2, 3, 4));
    const Sequence reader = Sequence{}.then(store(4, 0));
    EXPECT_FALSE(may_follow(open, reader));
    EXPECT_TRUE(may_follow(Sequence(open).settle(), reader));
}

}  // namespace
}  // namespace layernorm_fused_rm::arithmetic
