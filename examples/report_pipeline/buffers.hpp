// SPDX-License-Identifier: Apache-2.0
// The report's thirteen circular buffers, and what all three kernels are compiled for.
#pragma once

#include <cstdint>

namespace report {

constexpr uint32_t kInputSticks = 0;    // reader -> compute
constexpr uint32_t kTiles = 1;          // of x; then, by turns with kCentred, what each step gives
constexpr uint32_t kScaler = 2;         // 1 / W; reader -> compute
constexpr uint32_t kEpsilon = 3;        // reader -> compute
constexpr uint32_t kGammaStick = 4;     // reader -> compute
constexpr uint32_t kBetaStick = 5;      // reader -> compute
constexpr uint32_t kGamma = 6;          // tiles, kept
constexpr uint32_t kBeta = 7;           // tiles, kept
constexpr uint32_t kOutputSticks = 16;  // compute -> writer
constexpr uint32_t kCentred = 24;       // x - mean
constexpr uint32_t kMean = 25;
constexpr uint32_t kVariance = 26;
constexpr uint32_t kInvStd = 27;

constexpr uint32_t kTileSize = 32;
constexpr uint32_t kSticksPerBlock = kTileSize;

// Compile-time arguments of every kernel; its own begin at kOwnArguments.
constexpr uint32_t kWidth = get_compile_time_arg_val(0);
constexpr uint32_t kBlocks = get_compile_time_arg_val(1);
constexpr uint32_t kOwnArguments = 2;

constexpr uint32_t kTilesPerBlock = kWidth / kTileSize;
constexpr uint32_t kStickBytes = kWidth * sizeof(uint16_t);

}  // namespace report
