// SPDX-License-Identifier: Apache-2.0
#include "checker/core.hpp"

#include <algorithm>
#include <span>

namespace protocol {

Buffer& Core::buffer(std::uint32_t index) {
    const auto found = std::ranges::find(buffers, index, &Buffer::index);
    require(found != buffers.end(), Rule::kBufferProtocol, "uses a circular buffer that the plan does not have");
    return *found;
}

Buffer& Core::buffer_at(std::uint32_t address) {
    const auto found = std::ranges::find_if(buffers, [=](const Buffer& buffer) { return buffer.contains(address); });
    require(found != buffers.end(), Rule::kBufferAccess, "uses L1 outside all circular buffers");
    return *found;
}

bool Core::is_producer(const Buffer& buffer, Thread thread) const {
    const std::string& planned = buffer.producer();
    if (planned == "compute") {
        return thread == Thread::kPack;
    }
    if (planned == "writer") {
        const bool is_pushed_by_reader = (pushed_by_reader >> buffer.index() & 1U) != 0;
        return thread == (is_pushed_by_reader ? Thread::kReader : Thread::kWriter);
    }
    if (thread == Thread::kWriter) {
        const ThreadState& reader = threads[static_cast<std::size_t>(Thread::kReader)];
        const std::span left = std::span(reader.events).subspan(reader.position);
        return std::ranges::none_of(left, [&](const Event& event) {
            return event.kind == EventKind::kPushBack && event.index == buffer.index();
        });
    }
    return thread == Thread::kReader;
}

void Core::pop(Buffer& buffer, std::uint64_t pages) {
    std::vector<std::uint32_t> popped(pages);
    for (std::uint64_t i = 0; i < pages; ++i) {
        popped[i] = buffer.front_address(i);
    }
    buffer.apply_pop(pages);
    for (const std::uint32_t address : popped) {
        std::fill_n(tags_at(address), buffer.page_bytes() / kUnitBytes, Tag{});
    }
}

}  // namespace protocol
