// SPDX-License-Identifier: Apache-2.0
#include "harness/program.hpp"

#include <algorithm>
#include <array>

#include "checker/schedules.hpp"
#include "contract.hpp"
#include "harness/scenario.hpp"
#include "harness/tensors.hpp"

namespace protocol {
namespace {

namespace contract = layernorm_fused_rm::contract;
using layernorm_fused_rm::CircularBuffer;
using layernorm_fused_rm::Plan;

constexpr std::size_t kMostEvents = 4'000'000;  // of one thread; more means that it does not end
constexpr std::uint32_t kFirstBufferAddress = 0x1a000;
constexpr std::uint32_t kBufferAlignment = 64;
constexpr std::int64_t kPageMultiple = 32;  // of buffers
constexpr std::uint32_t kTensorSpacing = 0x08000000;
constexpr std::array kInOrderOfRecording = {Thread::kWriter, Thread::kReader, Thread::kUnpack, Thread::kMath,
                                            Thread::kPack};  // see scenario.hpp

[[nodiscard]] Layout make_layout(const Case& value, const Plan& plan, Random& random) {
    Layout layout{.buffer_addresses = {}, .tensors = make_tensors(value)};
    auto address = kFirstBufferAddress + kBufferAlignment * static_cast<std::uint32_t>(random.below(64));
    for (const CircularBuffer& buffer : plan.buffers) {
        layout.buffer_addresses.push_back(address);
        address += static_cast<std::uint32_t>(buffer.bytes());
    }
    for (std::size_t i = 0; i < layout.tensors.size(); ++i) {
        Tensor& tensor = layout.tensors[i];
        tensor.address = kTensorSpacing * static_cast<std::uint32_t>(i + 1) +
                         tensor.alignment_bytes * static_cast<std::uint32_t>(random.below(256));
    }
    if (value.is_written_over()) {
        layout.tensor(Layout::Index::kOutput).address = layout.tensor(Layout::Index::kInput).address;
    }
    return layout;
}

void check_layout(const Plan& plan, const Layout& layout) {
    std::int64_t bytes = 0;
    for (std::size_t i = 0; i < plan.buffers.size(); ++i) {
        const std::int64_t first = layout.buffer_addresses[i];
        bytes += plan.buffers[i].bytes();
        require(plan.buffers[i].bytes() > 0 && plan.buffers[i].page_bytes % kPageMultiple == 0, Rule::kLayout,
                "a circular buffer is empty, or its pages are no multiple of 32 bytes");
        for (std::size_t j = 0; j < i; ++j) {
            const std::int64_t other = layout.buffer_addresses[j];
            require(first >= other + plan.buffers[j].bytes() || other >= first + plan.buffers[i].bytes(), Rule::kLayout,
                    "two circular buffers overlap");
        }
    }
    require(bytes <= plan.l1_bytes_budget, Rule::kLayout, "the circular buffers need more L1 than there is");
    require(bytes == plan.l1_bytes_used, Rule::kLayout, "the plan counts other bytes of L1 than its buffers have");
}

// A core as it is before the program starts.
[[nodiscard]] Core make_core(const Case& value, const Plan& plan, const Layout& layout, std::size_t index) {
    Core core;
    core.tensix.call = to_call(value);
    core.tensix.chip = rules_of(plan.chip);
    core.x = static_cast<std::uint32_t>(kFirstCorePlace + plan.cores[index].core.x);
    core.y = static_cast<std::uint32_t>(kFirstCorePlace + plan.cores[index].core.y);
    core.l1_address = *std::ranges::min_element(layout.buffer_addresses);
    std::uint32_t end = 0;
    for (std::size_t i = 0; i < plan.buffers.size(); ++i) {
        core.buffers.emplace_back(plan.buffers[i], layout.buffer_addresses[i]);
        end = std::max(end, layout.buffer_addresses[i] + core.buffers.back().bytes());
    }
    core.l1.resize((end - core.l1_address) / kUnitBytes);
    return core;
}

[[nodiscard]] std::vector<std::uint32_t> common_arguments(const Plan& plan, const Layout& layout, Thread thread) {
    using contract::DataMovementArgument;
    if (is_compute(thread)) {
        return plan.compute_arguments;
    }
    std::vector<std::uint32_t> words;
    for (const Tensor& tensor : layout.tensors) {
        words.push_back(tensor.address);
    }
    words.resize(static_cast<std::size_t>(DataMovementArgument::kCount), 0);
    const auto set = [&](DataMovementArgument argument, std::int64_t word) {
        words.at(static_cast<std::size_t>(argument)) = static_cast<std::uint32_t>(word);
    };
    const auto packed = [](layernorm_fused_rm::Coordinate core) {
        return std::int64_t{kFirstCorePlace + core.x} + (std::int64_t{kFirstCorePlace + core.y} << 16);
    };
    set(DataMovementArgument::kRowsPerMatrix, plan.rows_per_matrix);
    if (plan.sharing) {
        set(DataMovementArgument::kFirstX, kFirstCorePlace + plan.sharing->first.x);
        set(DataMovementArgument::kFirstY, kFirstCorePlace + plan.sharing->first.y);
        set(DataMovementArgument::kLastX, kFirstCorePlace + plan.sharing->last.x);
        set(DataMovementArgument::kLastY, kFirstCorePlace + plan.sharing->last.y);
        set(DataMovementArgument::kReceivers, plan.sharing->receivers());
        set(DataMovementArgument::kGammaSource, packed(plan.sharing->gamma_source));
        set(DataMovementArgument::kBetaSource, packed(plan.sharing->beta_source));
    }
    for (const layernorm_fused_rm::Coordinate core : plan.shards) {
        words.push_back(static_cast<std::uint32_t>(packed(core)));
    }
    return words;
}

struct Arguments {
    std::vector<std::uint32_t> own;     // of the core
    std::vector<std::uint32_t> common;  // of the kernel
};

[[nodiscard]] Arguments arguments_of(const Plan& plan, const Layout& layout, std::size_t core, Thread thread) {
    Arguments arguments{plan.core_arguments[core], common_arguments(plan, layout, thread)};
    for (const layernorm_fused_rm::Coordinate member : plan.cores[core].team) {
        arguments.own.push_back(static_cast<std::uint32_t>(kFirstCorePlace + member.x));
        arguments.own.push_back(static_cast<std::uint32_t>(kFirstCorePlace + member.y));
    }
    if (plan.call.one_core != 0) {  // behind the common ones
        arguments.common.insert(arguments.common.end(), arguments.own.begin(), arguments.own.end());
        arguments.own.clear();
    }
    return arguments;
}

// Buffers as the thread sees them: bytes on the data movement threads, 16-byte words on the others.
void set_buffers(Recorder& recorder, const Core& core) {
    const bool is_data_thread = recorder.thread == Thread::kReader || recorder.thread == Thread::kWriter;
    const std::uint32_t unit = is_data_thread ? 1 : 16;
    for (const Buffer& buffer : core.buffers) {
        recorder.buffers[buffer.index()] = {.fifo_rd_ptr = buffer.address() / unit,
                                            .fifo_wr_ptr = buffer.address() / unit,
                                            .fifo_limit = (buffer.address() + buffer.bytes()) / unit,
                                            .fifo_size = buffer.bytes() / unit,
                                            .fifo_page_size = buffer.page_bytes() / unit,
                                            .fifo_num_pages = buffer.pages()};
    }
}

// Events grow in place: `next` and `end` point into this, which make_room lengthens.
thread_local std::vector<Event> growing_events;

void make_room(Recorder& recorder) {
    const std::size_t used = growing_events.size();
    if (used >= kMostEvents) {
        throw Finding(Rule::kEndless, "a thread goes on for ever");
    }
    growing_events.resize(std::max<std::size_t>(4096, used * 2));
    recorder.first = growing_events.data();
    recorder.next = growing_events.data() + used;
    recorder.end = growing_events.data() + growing_events.size();
}

[[nodiscard]] Recorder make_recorder(const Core& core, Thread thread, const Arguments& arguments) {
    Recorder recorder{};
    recorder.make_room = make_room;
    recorder.thread = thread;
    recorder.core_x = static_cast<std::uint8_t>(core.x);
    recorder.core_y = static_cast<std::uint8_t>(core.y);
    recorder.semaphore_address = kFirstSemaphoreAddress;
    recorder.arguments = arguments.own.data();
    recorder.argument_count = static_cast<std::uint32_t>(arguments.own.size());
    recorder.common_arguments = arguments.common.data();
    recorder.common_argument_count = static_cast<std::uint32_t>(arguments.common.size());
    set_buffers(recorder, core);
    return recorder;
}

[[nodiscard]] std::vector<Event> record_thread(const Core& core, Thread thread, Units::Run run,
                                               const Arguments& arguments, Scenario& scenario) {
    Recorder recorder = make_recorder(core, thread, arguments);
    scenario.enter(recorder);
    recorder.first = growing_events.data();
    recorder.next = growing_events.data();
    recorder.end = growing_events.data() + growing_events.size();
    run(&recorder);
    require(recorder.noc_state.read_transaction == 0 && recorder.noc_state.write_transaction == 0, Rule::kNocOrder,
            "a thread ends with a transaction id set, which the next kernel does not expect");
    require(recorder.noc_state.uncounted_reads == 0 && recorder.noc_state.uncounted_writes == 0 &&
                recorder.noc_state.unconfirmed_writes == 0,
            Rule::kNocOrder, "a thread ends with NoC commands uncounted, or counted too often");
    return {growing_events.data(), recorder.next};
}

}  // namespace

Program make_program(const Case& value, const Plan& plan, const Units& units,
                     const std::function<void(Layout&)>& change) {
    Random random(value.seed);
    Layout layout = make_layout(value, plan, random);
    if (change) {
        change(layout);
    }
    check_layout(plan, layout);
    Program program{.cores = {}, .memory = Memory(layout.tensors, value.is_written_over()), .recordings = {}};
    for (std::size_t i = 0; i < plan.cores.size(); ++i) {
        Core core = make_core(value, plan, layout, i);
        const auto& work = plan.cores[i];
        const auto first = work.team.empty() ? work.core : work.team.front();
        const auto output = plan.call.tells_stats() ? contract::Buffer::kStatistics : contract::Buffer::kOutput;
        const auto shows_overflow = work.team.empty() || plan.call.has_parts() ? output : contract::Buffer::kStatistics;
        Scenario scenario(value, core.buffer(static_cast<std::uint32_t>(output)),
                          core.buffer(static_cast<std::uint32_t>(shows_overflow)),
                          value.seed + static_cast<std::uint64_t>(64 * first.y + first.x));
        for (const Thread thread : kInOrderOfRecording) {
            auto events =
                record_thread(core, thread, units.run(thread), arguments_of(plan, layout, i, thread), scenario);
            scenario.leave(thread, events);
            program.recordings.push_back(std::make_shared<const std::vector<Event>>(std::move(events)));
            core.threads[static_cast<std::size_t>(thread)].events = *program.recordings.back();
        }
        for (const Event& event : core.threads[static_cast<std::size_t>(Thread::kReader)].events) {
            core.pushed_by_reader |= event.kind == EventKind::kPushBack ? 1U << event.index : 0U;
        }
        program.cores.push_back(std::move(core));
    }
    return program;
}

void run_case(const Case& value, const Plan& plan, const Units& units, const std::function<void(Layout&)>& change) {
    if (plan.cores.empty()) {
        require(plan.rows == 0, Rule::kCoverage, "no core has work, but there are rows");
        return;
    }
    Program program = make_program(value, plan, units, change);
    run_drawn_schedule(program, ~value.seed);  // not the numbers that the layout is drawn from
}

}  // namespace protocol
