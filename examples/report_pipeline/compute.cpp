// SPDX-License-Identifier: Apache-2.0
// Compute: LayerNorm of 32 sticks a block. Each step takes tiles from a circular buffer through DEST to another one.
#include <cstdint>

// Kernels are C++17, and the stand-in for LLK's rsqrt (simulator/sfpi) wants C++20's bit_cast.
#if __cplusplus < 202002L
namespace std {
template <typename To, typename From>
constexpr To bit_cast(const From& from) {
    return __builtin_bit_cast(To, from);
}
}  // namespace std
#endif

#include "api/compute/bcast.h"
#include "api/compute/compute_kernel_hw_startup.h"
#include "api/compute/eltwise_binary.h"
#include "api/compute/eltwise_unary/rsqrt.h"
#include "api/compute/pack_untilize.h"
#include "api/compute/reduce.h"
#include "api/compute/tilize.h"
#include "buffers.hpp"

using namespace report;

namespace {

// Sticks -> tiles. The unpacker takes 32 sticks from where the first page lies, however many have been pushed.
void tilize(uint32_t from, uint32_t sticks, uint32_t to) {
    tilize_init(from, kTilesPerBlock, to);
    cb_wait_front(from, sticks);
    cb_reserve_back(to, kTilesPerBlock);
    tilize_block(from, kTilesPerBlock, to);
    cb_push_back(to, kTilesPerBlock);
    cb_pop_front(from, sticks);
    tilize_uninit(from, to);
}

// Packs, for each of so many tiles, what operation(tile) has left in DEST 0.
template <typename Operation>
void pack_each(uint32_t to, uint32_t tiles, Operation operation) {
    cb_reserve_back(to, tiles);
    for (uint32_t tile = 0; tile < tiles; ++tile) {
        tile_regs_acquire();
        operation(tile);
        tile_regs_commit();
        tile_regs_wait();
        pack_tile(0, to);
        tile_regs_release();
    }
    cb_push_back(to, tiles);
}

// kTiles -> the mean of each row, in the first column of one tile.
void reduce_rows(uint32_t to) {
    reduce_init<PoolType::SUM, ReduceDim::REDUCE_ROW>(kTiles, kScaler, to);
    cb_wait_front(kTiles, kTilesPerBlock);
    pack_each(to, 1, [](uint32_t) {
        for (uint32_t tile = 0; tile < kTilesPerBlock; ++tile) {
            reduce_tile<PoolType::SUM, ReduceDim::REDUCE_ROW>(kTiles, kScaler, tile, 0, 0);
        }
    });
    reduce_uninit(kTiles);
}

void centre() {
    sub_bcast_cols_init(kTiles, kMean);
    cb_wait_front(kMean, 1);
    pack_each(kCentred, kTilesPerBlock, [](uint32_t tile) { sub_tiles_bcast_cols(kTiles, kMean, tile, 0, 0); });
    cb_pop_front(kTiles, kTilesPerBlock);
    cb_pop_front(kMean, 1);
}

void square() {
    mul_init(kCentred, kCentred);
    cb_wait_front(kCentred, kTilesPerBlock);
    pack_each(kTiles, kTilesPerBlock, [](uint32_t tile) { mul_tiles(kCentred, kCentred, tile, tile, 0); });
}

void invert_std() {
    add_bcast_scalar_init(kVariance, kEpsilon);
    rsqrt_tile_init();
    cb_wait_front(kVariance, 1);
    pack_each(kInvStd, 1, [](uint32_t) {
        add_tiles_bcast_scalar(kVariance, kEpsilon, 0, 0, 0);
        rsqrt_tile(0);
    });
    cb_pop_front(kVariance, 1);
}

void multiply_by_inv_std() {
    mul_bcast_cols_init(kCentred, kInvStd);
    cb_wait_front(kInvStd, 1);
    pack_each(kTiles, kTilesPerBlock, [](uint32_t tile) { mul_tiles_bcast_cols(kCentred, kInvStd, tile, 0, 0); });
    cb_pop_front(kCentred, kTilesPerBlock);
    cb_pop_front(kInvStd, 1);
}

void multiply_by_gamma() {
    mul_bcast_rows_init(kTiles, kGamma);
    cb_wait_front(kTiles, kTilesPerBlock);
    pack_each(kCentred, kTilesPerBlock, [](uint32_t tile) { mul_tiles_bcast_rows(kTiles, kGamma, tile, tile, 0); });
    cb_pop_front(kTiles, kTilesPerBlock);
}

void add_beta() {
    add_bcast_rows_init(kCentred, kBeta);
    cb_wait_front(kCentred, kTilesPerBlock);
    pack_each(kTiles, kTilesPerBlock, [](uint32_t tile) { add_tiles_bcast_rows(kCentred, kBeta, tile, tile, 0); });
    cb_pop_front(kCentred, kTilesPerBlock);
}

// Tiles -> sticks, in calls of as many tiles as half of DEST holds. Pages are counted in tiles, whatever their size.
void untilize() {
    constexpr uint32_t kTilesPerCall = get_compile_time_arg_val(kOwnArguments);
    pack_untilize_init<kTilesPerCall, kTilesPerBlock>(kTiles, kOutputSticks);
    cb_wait_front(kTiles, kTilesPerBlock);
    cb_reserve_back(kOutputSticks, kTilesPerBlock);
    for (uint32_t call = 0; call < kTilesPerBlock / kTilesPerCall; ++call) {
        pack_untilize_block<kTilesPerCall, kTilesPerBlock>(kTiles, 1, kOutputSticks, call);
        cb_pop_front(kTiles, kTilesPerCall);
    }
    cb_push_back(kOutputSticks, kTilesPerBlock);
    pack_untilize_uninit(kOutputSticks);
}

}  // namespace

void kernel_main() {
    compute_kernel_hw_startup(kTiles, kScaler, kMean);
    cb_wait_front(kScaler, 1);
    cb_wait_front(kEpsilon, 1);
    tilize(kGammaStick, 1, kGamma);
    tilize(kBetaStick, 1, kBeta);
    cb_wait_front(kGamma, kTilesPerBlock);
    cb_wait_front(kBeta, kTilesPerBlock);
    for (uint32_t block = 0; block < kBlocks; ++block) {
        tilize(kInputSticks, kSticksPerBlock, kTiles);
        reduce_rows(kMean);
        centre();
        square();
        reduce_rows(kVariance);
        cb_pop_front(kTiles, kTilesPerBlock);
        invert_std();
        multiply_by_inv_std();
        multiply_by_gamma();
        add_beta();
        untilize();
    }
    cb_pop_front(kScaler, 1);
    cb_pop_front(kEpsilon, 1);
    cb_pop_front(kGamma, kTilesPerBlock);
    cb_pop_front(kBeta, kTilesPerBlock);
}
