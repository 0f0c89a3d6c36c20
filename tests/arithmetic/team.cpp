// SPDX-License-Identifier: Apache-2.0
#include "team.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace layernorm_fused_rm::arithmetic {

void Team::give(std::uint32_t slice, std::vector<Bits> sums) {
    const std::scoped_lock lock(mutex_);
    members_.at(slice).given.push_back(std::move(sums));
    changed_.notify_all();
}

std::vector<Bits> Team::take(std::uint32_t slice) {
    std::unique_lock lock(mutex_);
    const std::size_t exchange = members_.at(slice).taken++;
    changed_.wait(lock, [&] {
        return has_failed_ ||
               std::ranges::all_of(members_, [=](const Member& member) { return member.given.size() > exchange; });
    });
    if (has_failed_) {
        throw std::logic_error("another core of the team has failed");
    }
    std::vector<Bits> all;
    for (const Member& member : members_) {
        all.insert(all.end(), member.given[exchange].begin(), member.given[exchange].end());
    }
    return all;
}

void Team::fail() {
    const std::scoped_lock lock(mutex_);
    has_failed_ = true;
    changed_.notify_all();
}

}  // namespace layernorm_fused_rm::arithmetic
