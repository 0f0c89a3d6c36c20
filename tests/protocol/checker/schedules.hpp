// SPDX-License-Identifier: Apache-2.0
// Who goes next on a machine: drawn, or all that cores can tell apart.
#pragma once

#include <cstddef>
#include <cstdint>

#include "checker/machine.hpp"

namespace protocol {

// Runs the program under one schedule of `seed`; throws a Finding.
//
// Per core, agents have an order of precedence drawn from the seed, now and then drawn anew: one of them as far ahead
// as it can get, another as late as possible, which is where missing synchronisation shows.
void run_drawn_schedule(Program& program, std::uint64_t seed);

// Runs the program under every order in which what comes from other cores can meet a core's own steps: when each packet
// arrives, between which uses of semaphores and of the pages that it goes to or comes from. Throws the first Finding;
// gives the number of states, each of which is looked at once. Throws std::length_error where a group of cores that send
// to each other has more than `most_states`; groups know nothing of each other, and run one after the other.
//
// All other steps commute with those of other cores, and a core's own threads meet in counters that only grow, so that it
// does not matter when they are taken: they are, as soon as they can be.
[[nodiscard]] std::size_t run_every_schedule(Program program, std::size_t most_states);

}  // namespace protocol
