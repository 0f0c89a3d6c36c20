// SPDX-License-Identifier: Apache-2.0
// The broken kernels: a text in the definition of one of their symbols, and what stands there instead.
#pragma once

#include <string>
#include <vector>

#include "harness/program.hpp"

namespace protocol {

// The kind of call (mutation_cases.cpp) that a mutation is tried on first, where most others would miss it.
enum CaseKind : std::size_t {
    kPlain,
    kMulticast,
    kStreamed,
    kIdleCores,
    kSeveralRuns,
    kInL1,
    kRichResident,
    kRichStreamed,
    kReadAgain,
    kSingleRow,
    kPaired,
    kPartOfOptions,
    kSummedWithRest,
    kShortLastSegment,
    kPadded,
    kManyPieces,
    kRedone,
    kRedoneInPlace,
    kRedoneReadAgain,
    kRedoneMany,
    kShortPieces,
    kOnBlackhole,
    kReadByReader,
    kHelped,
    kHelpedUnevenly,
    kStrips,
    kStripsOfRows,
    kStripsWithoutAffine,
    kStripsOfOneGroup,
    kStripsInL1,
    kStripsPadded,
    kStripsStreamed,
    kStripsOfTilesStreamed,
    kStripsOfRowsStreamed,
    kStripsReadAgain,
    kStripsRedone,
    kStripsOfRowsRedone,
    kStripsRedoneInPlace,
    kStripsRedoneMany,
    kStripsOnBlackhole,
    kActivatedRows,
    kActivatedPairs,
    kActivatedStreamed,
    kActivatedWithSum,
    kActivatedStrips,
    kActivatedStripsOfTiles,
    kActivatedStripsWithSum,
    kSliced,
    kSlicedPlain,
    kSlicedShifted,
    kSlicedRedone,
    kSlicedTurns,
    kSlicedRows,
    kInShards,
    kFromShards,
    kToShards,
    kInCutShards,
    kCutRowsTogether,
    kStripsInShards,
    kStripsInCutShards,
    kTold,
    kToldStrips,
    kToldOfSquares,
    kToldAgain,
    kTaken,
    kTakenStrips,
    kTakenOfSquares,
    kTakenOverflowing
};

struct Mutation {
    std::string name;
    std::string symbol{};  // harness/symbols.hpp, of the case's chip; empty: the plan is what is broken
    std::string from{};    // exactly once in the symbol's definition
    std::string to{};
    CaseKind kind = kPlain;
    PlanMutation plan{};
};

// By CaseKind: kinds of plan that differ in how the kernels run.
[[nodiscard]] std::vector<Case> mutation_cases();

[[nodiscard]] std::vector<Mutation> data_movement_mutations();
[[nodiscard]] std::vector<Mutation> compute_mutations();
[[nodiscard]] std::vector<Mutation> reader_mutations();
[[nodiscard]] std::vector<Mutation> redo_mutations();
[[nodiscard]] std::vector<Mutation> fill_mutations();
[[nodiscard]] std::vector<Mutation> streamed_mutations();
[[nodiscard]] std::vector<Mutation> strip_mutations();
[[nodiscard]] std::vector<Mutation> activation_mutations();
[[nodiscard]] std::vector<Mutation> slice_mutations();
[[nodiscard]] std::vector<Mutation> shard_mutations();
[[nodiscard]] std::vector<Mutation> part_mutations();
[[nodiscard]] std::vector<Mutation> plan_mutations();

// What only shows where one core acts between two arrivals from another, which drawn schedules never have.
[[nodiscard]] std::vector<Mutation> order_mutations();

}  // namespace protocol
