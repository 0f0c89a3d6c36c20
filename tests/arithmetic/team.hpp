// SPDX-License-Identifier: Apache-2.0
// The sums that cores which share rows send each other (kernels/dataflow/exchange.hpp). Each core runs on a thread of its
// own.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "formats.hpp"

namespace layernorm_fused_rm::arithmetic {

class Team {
public:
    explicit Team(std::uint32_t slices) : members_(slices) {}

    // What a slice has of its rows, for its next exchange.
    void give(std::uint32_t slice, std::vector<Bits> sums);
    // Those of all slices, in their order, of the slice's next exchange. Waits; throws std::logic_error if a core has
    // failed meanwhile.
    [[nodiscard]] std::vector<Bits> take(std::uint32_t slice);
    // Nobody waits for this core any longer.
    void fail();

private:
    struct Member {
        std::vector<std::vector<Bits>> given{};  // by exchange
        std::size_t taken = 0;                   // exchanges
    };

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Member> members_;
    bool has_failed_ = false;
};

// A core's place in a team; of none without one.
struct Place {
    Team* team = nullptr;
    std::uint32_t slice = 0;
};

}  // namespace layernorm_fused_rm::arithmetic
