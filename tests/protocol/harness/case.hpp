// SPDX-License-Identifier: Apache-2.0
// One case: a call on a device, and the seed of everything that is left to chance when it runs. Its text is the command
// line that replays it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checker/random.hpp"
#include "layernorm_fused_rm/plan.hpp"
#include "layernorm_fused_rm/problem.hpp"

namespace protocol {

// Of rows that chips share: what each tells of its part, and y by what all have told.
inline constexpr char kBefore = 'B';
inline constexpr char kAfter = 'A';

struct Case {
    std::string chip = "wormhole";  // or "blackhole"
    std::int64_t rows = 1;
    std::int64_t width = 32;  // elements
    std::int32_t grid_x = 1;
    std::int32_t grid_y = 1;
    std::int64_t dram_banks = 1;
    std::int64_t l1_banks = 1;
    // Of input, residual, gamma, beta, outputs: D(RAM) or L(1), interleaved; but for gamma and beta also sharded in L1,
    // by H(EIGHT), W(IDTH) or B(LOCK) over all cores (harness/shards.hpp). Statistics are interleaved always.
    std::string memories = "DDDDD";
    std::string dtypes = "BBBBBB";  // of input, residual, gamma, beta, output, sum: B(float16) or F(loat32)
    std::string layouts = "RRRR";   // of input, residual, output, sum: R(OW_MAJOR) or T(ILE)
    std::int64_t matrix_rows = 0;   // of each of several matrices, if that divides the rows; else they are one
    std::string vectors = "WW";     // gamma and beta: [W], R(ow-major [W / 32, 32]), T(iles), - for none
    // r(esidual), s(um returned), t: statistics returned, m: RMSNorm, z(ero-centred gamma), p: rows of input, residual
    // and a given output stored with padding, but those in tiles, o: some rows overflow and are redone, i: the output is
    // written over the input, if they have the same memory, dtype and layout, - for nothing.
    std::string options = "-";
    char activation = '-';   // R(ELU), S(iLU), G(ELU), A(pproximate GELU, by tanh), - for none
    char stage = '-';        // B(efore) an all_gather, A(fter) it, - for rows that this chip has whole
    std::int64_t chips = 1;  // of which stats are taken
    std::int64_t l1_bytes = 1'400'000;
    std::int64_t dram_alignment = 32;  // bytes
    bool knows_places = true;          // the device says where its cores and banks are
    std::uint64_t seed = 1;

    bool operator==(const Case&) const = default;
    [[nodiscard]] bool asks(char option) const { return options.find(option) != std::string::npos; }
    [[nodiscard]] bool has_parts() const { return stage != '-'; }
    // As asked for, where input and output are alike enough.
    [[nodiscard]] bool is_written_over() const {
        return asks('i') && stage != kBefore && memories.at(0) == memories.at(4) && dtypes.at(0) == dtypes.at(4) &&
               layouts.at(0) == layouts.at(2);
    }
    [[nodiscard]] std::int64_t rows_per_matrix() const {
        return matrix_rows > 0 && rows % matrix_rows == 0 ? matrix_rows : rows;
    }
    // Some tensor of the call has its rows in tiles.
    [[nodiscard]] bool has_strips() const {
        return layouts.at(0) == 'T' || (layouts.at(2) == 'T' && stage != kBefore) ||
               (asks('r') && layouts.at(1) == 'T') || (asks('s') && layouts.at(3) == 'T');
    }
};

// Elements of a padded row, its padding included: more than a chunk or less, and no multiple of anything.
[[nodiscard]] std::int64_t padded_width(std::int64_t width);

// As command-line options, and back; throws std::invalid_argument for an option that there is none of.
[[nodiscard]] std::string to_options(const Case& value);
void set_option(Case& value, const std::string& name, const std::string& text);

[[nodiscard]] layernorm_fused_rm::Problem to_problem(const Case& value);
// The plan, or nothing where the planner refuses the problem.
[[nodiscard]] std::optional<layernorm_fused_rm::Plan> to_plan(const Case& value);

[[nodiscard]] Case random_case(Random& random);
// Another case with the same compile-time arguments, most of the time: other rows, grid, L1 and addresses.
[[nodiscard]] Case random_variation(const Case& value, Random& random);

// Cases that are simpler than this one in one respect, the boldest first.
[[nodiscard]] std::vector<Case> simpler_cases(const Case& value);

// Virtual coordinates of workers begin here on Wormhole.
inline constexpr std::int32_t kFirstCorePlace = 18;

}  // namespace protocol
