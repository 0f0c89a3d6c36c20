// SPDX-License-Identifier: Apache-2.0
// The norm as its passes over rows, the same on every way through them.
//
//     LayerNorm   sum x -> mean;  sum (x - mean)^2 -> rstd;  y = (x - mean) rstd gamma + beta
//     RMSNorm                     sum x^2 -> rstd;           y = x rstd gamma + beta
//     and with an activation f, f(y) for y
//
// A way says when a pass sees which elements: those of a batch that stays in DEST (compute/resident.hpp), or a segment
// after the other, brought anew for each pass (compute/streamed.hpp). It has
//     sum<Pass>()            over all elements of the batch's rows; the first pass takes shifts out of them, if any
//     find<Find, Store>(..)  a statistic from the sums; stored where it is returned
//     adjust<Pass>()         takes it out of rows that can not do so as they are summed
// What passes are made of is in norm/normalise.hpp; only the math thread knows it.
#pragma once

#include <stdint.h>

#include "norm/normalise.hpp"

namespace layernorm_fused_rm {

#ifndef TRISC_MATH
struct Sum;
struct Centre;
struct Square;
struct Normalise;
struct FindCentres;
struct FindRstd;
struct StoreMeans;
struct StoreRstds;
#endif

// Sums of squares of c (x - mean) of a batch's rows, or of x.
template <typename Way>
inline void sum_rows(const Way& way) {
    if constexpr (kCentres) {
        way.template sum<Sum>();
        way.template find<FindCentres, StoreMeans>();
        way.template adjust<Centre>();
    }
    way.template sum<Square>();
}

// c (x - mean) and rstd / c, or x and rstd.
template <typename Way>
inline void find_statistics(const Way& way) {
    sum_rows(way);
    way.template find<FindRstd, StoreRstds>(negative_epsilon_bits());
}

// What makes y of that, each in place, but for the activation, which takes all registers (norm/activation_pass.hpp).
using LastPasses = PassList<Normalise>;

}  // namespace layernorm_fused_rm
