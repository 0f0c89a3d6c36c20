// SPDX-License-Identifier: Apache-2.0
// A circular buffer: the counters that its two sides share, and what each side may rely on.
//
// A side may only use what it has itself waited for, not what happens to be there. That makes the verdict independent
// of the schedule: a missing wait is found even where the other side was early.
#pragma once

#include <cstdint>
#include <string>

#include "checker/finding.hpp"
#include "layernorm_fused_rm/plan.hpp"

namespace protocol {

enum class Side { kProducer, kConsumer };

class Buffer {
public:
    Buffer() = default;
    Buffer(const layernorm_fused_rm::CircularBuffer& planned, std::uint32_t address)
        : name_(planned.purpose),
          producer_(planned.producer),
          consumer_(planned.consumer),
          index_(planned.index),
          element_bytes_(planned.dtype == layernorm_fused_rm::DataType::kFloat32 ? 4 : 2),
          address_(address),
          page_bytes_(static_cast<std::uint32_t>(planned.page_bytes)),
          pages_(static_cast<std::uint32_t>(planned.pages)) {}

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& producer() const { return producer_; }
    [[nodiscard]] const std::string& consumer() const { return consumer_; }
    [[nodiscard]] std::uint32_t index() const { return index_; }
    [[nodiscard]] std::uint32_t element_bytes() const { return element_bytes_; }
    [[nodiscard]] std::uint32_t address() const { return address_; }
    [[nodiscard]] std::uint32_t page_bytes() const { return page_bytes_; }
    [[nodiscard]] std::uint32_t pages() const { return pages_; }
    [[nodiscard]] std::uint32_t bytes() const { return page_bytes_ * pages_; }
    [[nodiscard]] std::uint32_t bytes_from(std::uint32_t address) const { return address_ + bytes() - address; }
    [[nodiscard]] bool contains(std::uint32_t address) const {
        return address >= address_ && address - address_ < bytes();
    }

    // As the side that asks sees them: what it has issued itself counts at once.
    [[nodiscard]] std::uint64_t free_pages() const { return pages_ - (pushes_issued_ - popped_); }
    [[nodiscard]] std::uint64_t waiting_pages() const { return pushed_ - pops_issued_; }
    // Of the page `behind` pages behind the next to be popped.
    [[nodiscard]] std::uint32_t front_address(std::uint64_t behind) const {
        return address_ + static_cast<std::uint32_t>((popped_ + behind) % pages_) * page_bytes_;
    }
    [[nodiscard]] std::uint64_t pushed() const { return pushed_; }
    [[nodiscard]] std::uint64_t popped() const { return popped_; }
    [[nodiscard]] bool is_empty() const { return pushed_ == popped_; }

    // The RISC-V's part of a push or pop; the counters follow with apply_*, which on a compute thread is later.
    void issue_push(std::uint64_t pages) { pushes_issued_ += pages; }
    void issue_pop(std::uint64_t pages) { pops_issued_ += pages; }
    void note_reserved(std::uint64_t pages);
    void note_waited(std::uint64_t pages);
    void apply_push(std::uint64_t pages);
    void apply_pop(std::uint64_t pages);

    // The range must lie in pages that this side has reserved or waited for and not yet pushed or popped.
    void check_access(Side side, std::uint32_t address, std::uint32_t bytes) const;
    [[nodiscard]] bool is_reserved(std::uint32_t address, std::uint32_t bytes) const;
    // The same, or in pages that nobody has used yet.
    [[nodiscard]] bool has_room(std::uint32_t address, std::uint32_t bytes) const;
    // The next `pages` pages to be pushed (producer) or popped (consumer) touch the range.
    [[nodiscard]] bool next_pages_touch(Side side, std::uint64_t pages, std::uint32_t address,
                                        std::uint32_t bytes) const;
    [[nodiscard]] std::string describe() const;

private:
    [[nodiscard]] bool is_entitled(Side side, std::uint32_t address, std::uint32_t bytes) const;
    // The range lies in the `count` pages from page `front` on, counted without end.
    [[nodiscard]] bool is_within(std::uint64_t front, std::uint64_t count, std::uint32_t address,
                                 std::uint32_t bytes) const;

    std::string name_;
    std::string producer_;  // "reader", "compute" or "writer"
    std::string consumer_;
    std::uint32_t index_ = 0;
    std::uint32_t element_bytes_ = 2;
    std::uint32_t address_ = 0;
    std::uint32_t page_bytes_ = 0;
    std::uint32_t pages_ = 0;
    std::uint64_t pushed_ = 0;
    std::uint64_t popped_ = 0;
    std::uint64_t pushes_issued_ = 0;
    std::uint64_t pops_issued_ = 0;
    std::uint64_t reserved_ = 0;  // pages the producer has reserved and not pushed
    std::uint64_t waited_ = 0;    // pages the consumer has waited for and not popped
};

}  // namespace protocol
