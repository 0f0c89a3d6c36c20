// SPDX-License-Identifier: Apache-2.0
#include "harness/collection.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "contract.hpp"

namespace protocol {
namespace {

using layernorm_fused_rm::CircularBuffer;
using layernorm_fused_rm::Plan;
using layernorm_fused_rm::contract::Buffer;

constexpr int kSecondsBetweenReports = 15;

[[nodiscard]] double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

[[nodiscard]] bool is(const CircularBuffer& buffer, Buffer index) {
    return buffer.index == static_cast<std::uint32_t>(index);
}

[[nodiscard]] unsigned has(const Plan& plan, Buffer index) {
    return std::ranges::any_of(plan.buffers, [=](const CircularBuffer& buffer) { return is(buffer, index); }) ? 1 : 0;
}

[[nodiscard]] bool is_float32_operand(const CircularBuffer& buffer) {
    return buffer.dtype == layernorm_fused_rm::DataType::kFloat32 && !is(buffer, Buffer::kStatistics);
}

}  // namespace

void Counts::add(const Plan& plan) {
    ++plans;
    cores += plan.cores.size();
    rows += static_cast<unsigned long long>(plan.rows);
    multicast += plan.sharing ? 1 : 0;
    streamed += plan.call.segments > 1 ? 1 : 0;
    strips += plan.call.rows_per_vector == layernorm_fused_rm::contract::kRowsPerStrip ? 1 : 0;
    several_runs += std::ranges::any_of(plan.cores, [](const auto& core) { return core.runs.size() > 1; }) ? 1 : 0;
    read_again += plan.call.reads_again != 0 ? 1 : 0;
    float32 += std::ranges::any_of(plan.buffers, is_float32_operand) ? 1 : 0;
    residual += has(plan, Buffer::kResidual);
    statistics += has(plan, Buffer::kStatistics);
    activated += plan.call.activation != layernorm_fused_rm::contract::Activation::kNone ? 1 : 0;
}

void Counts::add(const Counts& other) {
    plans += other.plans;
    configurations += other.configurations;
    cores += other.cores;
    rows += other.rows;
    multicast += other.multicast;
    streamed += other.streamed;
    strips += other.strips;
    several_runs += other.several_runs;
    read_again += other.read_again;
    float32 += other.float32;
    residual += other.residual;
    statistics += other.statistics;
    activated += other.activated;
    failures += other.failures;
}

void send(int descriptor, const Report& message) {
    if (write(descriptor, &message, sizeof message) != sizeof message) {
        _exit(1);  // whoever asked is gone
    }
}

Collection::Collection(unsigned long long plans, const std::vector<int>& descriptors)
    : plans_(plans), descriptors_(descriptors), last_(descriptors.size()) {}

Counts Collection::run() {
    std::vector<pollfd> open;
    for (const int descriptor : descriptors_) {
        open.push_back({.fd = descriptor, .events = POLLIN, .revents = 0});
    }
    while (std::ranges::any_of(open, [](const pollfd& one) { return one.fd >= 0; })) {
        poll(open.data(), open.size(), kSecondsBetweenReports * 1000);
        for (std::size_t worker = 0; worker < open.size(); ++worker) {
            receive(open[worker], last_[worker]);
        }
        report_now_and_then();
    }
    return total();
}

void Collection::print(const Counts& total) const {
    const double seconds = seconds_since(start_);
    rusage usage{};  // compilers and workers
    getrusage(RUSAGE_CHILDREN, &usage);
    std::printf(
        "%llu plans of %llu configurations: %llu with multicast, %llu with strips, %llu streamed, %llu read again, "
        "%llu "
        "with several runs a core, %llu with float32, %llu with a residual, %llu with statistics, %llu activated; "
        "%llu cores, %llu rows\n",
        total.plans, total.configurations, total.multicast, total.strips, total.streamed, total.read_again,
        total.several_runs, total.float32, total.residual, total.statistics, total.activated, total.cores, total.rows);
    std::printf("%llu failures, %.0f s (CPU %ld s), %.0f plans/s\n", total.failures, seconds,
                static_cast<long>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec),
                static_cast<double>(total.plans) / seconds);
}

bool Collection::has_lost_worker() const {
    return !std::ranges::all_of(last_, [](const Report& message) { return message.is_last; });
}

Counts Collection::total() const {
    Counts sum;
    for (const Report& message : last_) {
        sum.add(message.counts);
    }
    return sum;
}

// Messages are shorter than PIPE_BUF, so they come whole.
void Collection::receive(pollfd& from, Report& last) {
    Report message;
    if (from.fd < 0 || from.revents == 0) {
        return;
    }
    if (read(from.fd, &message, sizeof message) == sizeof message) {
        last = message;
        return;
    }
    close(from.fd);
    from.fd = -1;  // poll() passes it over
}

void Collection::report_now_and_then() {
    if (seconds_since(reported_) < kSecondsBetweenReports) {
        return;
    }
    const Counts counts = total();
    std::printf("%llu of %llu plans, %llu failures, %.0f s\n", counts.plans, plans_, counts.failures,
                seconds_since(start_));
    std::fflush(stdout);
    reported_ = Clock::now();
}

}  // namespace protocol
