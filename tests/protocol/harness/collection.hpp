// SPDX-License-Identifier: Apache-2.0
// What the workers of a sweep have done, collected while they run.
#pragma once

#include <chrono>
#include <vector>

#include "layernorm_fused_rm/plan.hpp"

struct pollfd;

namespace protocol {

// What a worker has done so far; sent home after each configuration.
struct Counts {
    unsigned long long plans = 0;
    unsigned long long configurations = 0;
    unsigned long long cores = 0;
    unsigned long long rows = 0;
    unsigned long long multicast = 0;     // plans that share gamma and beta
    unsigned long long streamed = 0;      // plans whose rows do not stay in DEST
    unsigned long long strips = 0;        // plans that take four rows at a time, as tiles have them
    unsigned long long several_runs = 0;  // plans in which a core has more than one run
    unsigned long long read_again = 0;    // plans that read rows once a pass
    unsigned long long float32 = 0;       // plans with a buffer of float32 beside the statistics
    unsigned long long residual = 0;
    unsigned long long statistics = 0;
    unsigned long long activated = 0;
    unsigned long long failures = 0;

    void add(const layernorm_fused_rm::Plan& plan);
    void add(const Counts& other);
};

struct Report {
    Counts counts;
    bool is_last = false;
};

// From a worker's end of a pipe.
void send(int descriptor, const Report& message);

// The other ends of the pipes: sums what comes, and says now and then how far the workers are.
class Collection {
public:
    Collection(unsigned long long plans, const std::vector<int>& descriptors);

    // Waits until every worker has closed its end; what they have done together.
    [[nodiscard]] Counts run();

    void print(const Counts& total) const;

    // A worker that ended before its last message.
    [[nodiscard]] bool has_lost_worker() const;

private:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] Counts total() const;
    static void receive(pollfd& from, Report& last);
    void report_now_and_then();

    unsigned long long plans_;
    std::vector<int> descriptors_;
    std::vector<Report> last_;
    Clock::time_point start_ = Clock::now();
    Clock::time_point reported_ = start_;
};

}  // namespace protocol
